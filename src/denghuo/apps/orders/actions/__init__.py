"""Every write to orders."""

from denghuo.apps.orders.actions.correcting import CorrectionRefusedError, correct_order
from denghuo.apps.orders.actions.forgetting import follow_anonymized
from denghuo.apps.orders.actions.hand_overs import (
    accept_hand_over,
    ask_suspension,
    decide_suspension,
    offer_hand_over,
    reassign_order,
    refuse_hand_over,
)
from denghuo.apps.orders.actions.opening import OrderEntry, open_order, open_orders
from denghuo.apps.orders.actions.past import PastOrder, PastStep, import_orders
from denghuo.apps.orders.actions.promises import give_promise, keep_promise, move_promise
from denghuo.apps.orders.actions.reactions import (
    follow_acceptance,
    follow_added,
    follow_arrival,
    follow_assignment,
    follow_finish,
    follow_lit,
    follow_reached,
    follow_release,
    follow_still_out,
    follow_time_answered,
    follow_unreached,
)
from denghuo.apps.orders.actions.responsible import tell_responsible
from denghuo.apps.orders.actions.rounds import (
    learn_routes,
    raise_signs,
    see_sign,
    watch_clocks,
    watch_hand_overs,
    watch_promises,
    watch_signs,
)
from denghuo.apps.orders.actions.rules import (
    LimitEntry,
    StepEntry,
    follow_calendar,
    set_limit_rule,
    set_order_rule,
    set_step_rule,
)
from denghuo.apps.orders.actions.same import follow_same
from denghuo.apps.orders.actions.steps import (
    StepRefusedError,
    escalate_order,
    merge_orders,
    take_step,
    urge_order,
)
from denghuo.apps.orders.actions.talk import (
    Handed,
    decide_appeal,
    export_orders,
    file_appeal,
    hand_out_evidence,
    make_remark,
    save_draft,
    show_caller,
    write_receipt,
)
from denghuo.apps.orders.actions.visits import follow_care_ended, follow_visit_due, follow_visited
from denghuo.apps.orders.queries.receipts import ReceiptEntry

__all__ = [
    "CorrectionRefusedError",
    "Handed",
    "LimitEntry",
    "OrderEntry",
    "PastOrder",
    "PastStep",
    "ReceiptEntry",
    "StepEntry",
    "StepRefusedError",
    "accept_hand_over",
    "ask_suspension",
    "correct_order",
    "decide_appeal",
    "decide_suspension",
    "escalate_order",
    "export_orders",
    "file_appeal",
    "follow_acceptance",
    "follow_added",
    "follow_anonymized",
    "follow_arrival",
    "follow_assignment",
    "follow_calendar",
    "follow_care_ended",
    "follow_finish",
    "follow_lit",
    "follow_reached",
    "follow_release",
    "follow_same",
    "follow_still_out",
    "follow_time_answered",
    "follow_unreached",
    "follow_visit_due",
    "follow_visited",
    "give_promise",
    "hand_out_evidence",
    "import_orders",
    "keep_promise",
    "learn_routes",
    "make_remark",
    "merge_orders",
    "move_promise",
    "offer_hand_over",
    "open_order",
    "open_orders",
    "raise_signs",
    "reassign_order",
    "refuse_hand_over",
    "save_draft",
    "see_sign",
    "set_limit_rule",
    "set_order_rule",
    "set_step_rule",
    "show_caller",
    "take_step",
    "tell_responsible",
    "urge_order",
    "watch_clocks",
    "watch_hand_overs",
    "watch_promises",
    "watch_signs",
    "write_receipt",
]
