"""What crews told from the field stands in the evidence of an order: both clocks, and where the phone was."""

from datetime import timedelta

from django.utils import translation

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.models import ReportKind
from denghuo.apps.orders.queries import exhibits_of
from tests.apps.crews.conftest import Tell, Town, send
from tests.world import AT

MINUTE = timedelta(minutes=1)


def test_an_arrival_with_its_position_is_evidence_until_it_is_forgotten(town: Town, tell: Tell) -> None:
    row = send(town)
    where = {"latitude": 30.123456, "longitude": 120.5, "accuracy_m": 12.0}
    tell(row, ReportKind.ARRIVED, 20, received=40, where=where)
    with translation.override("en"):
        sent, arrived = queries.order_exhibits(town.order.pk)
    assert (sent.at, sent.who, sent.reference) == (AT, "lin", f"assignment {row.pk}")
    assert arrived.reference == f"assignment {row.pk}, report {row.reports.get().pk}", "not its key in a program"
    assert (arrived.at, arrived.recorded_at) == (AT + 20 * MINUTE, AT + 40 * MINUTE)
    assert arrived.position == "30.12346, 120.50000 ±12 m"
    assert [one.who for one in exhibits_of(town.order.pk)] == [str(town.world.lin), str(town.world.ma)]
    (tie,) = queries.order_ties(town.order.pk)
    assert (tie.text, tie.note) == (str(row.crew), str(row.get_state_display()))
    actions.forget_positions(at=AT + timedelta(days=400), actor="rounds")
    assert queries.order_exhibits(town.order.pk)[1].position == ""


def test_an_order_shows_what_was_quoted_and_written(town: Town, tell: Tell) -> None:
    row = send(town)
    tell(row, ReportKind.ARRIVED, 20)
    tell(row, ReportKind.BOUNDARY, 21, side="customer")
    quoted = [{"item": town.cable.pk, "quantity": "2.5", "price_fen": 985}]
    tell(row, ReportKind.QUOTE, 22, lines=quoted, name="张三丰", signature="")
    tell(row, ReportKind.BEGUN, 23)
    tell(row, ReportKind.FINISHED, 40, finding="customer_wiring", receipt="更换室内开关，用户满意")
    (tie,) = queries.order_ties(town.order.pk)
    paid, written = tie.lines
    assert "24.63" in paid and "张*丰" in paid and "张三丰" not in paid
    assert written.endswith("更换室内开关，用户满意")


def test_what_was_doubted_and_why_it_is_right_stands_beside_it(town: Town, tell: Tell) -> None:
    row = send(town)
    tell(row, ReportKind.DEPARTED, 30)
    tell(row, ReportKind.ARRIVED, 20, received=40)
    (doubted,) = [one for one in queries.order_exhibits(town.order.pk) if " · " in one.what]
    asked = row.reports.get(kind=ReportKind.ARRIVED)
    when = (AT + 35 * MINUTE).isoformat()
    tell(row, ReportKind.CORRECTION, 41, of=[str(asked.client_id)], at=when, because="补点出发")
    (put_right,) = [one for one in queries.order_exhibits(town.order.pk) if one.reference == doubted.reference]
    assert (put_right.at, put_right.what.endswith("补点出发")) == (AT + 35 * MINUTE, True)
    assert queries.order_exhibits(town.order.pk + 1) == []
