"""Which certificate work asks for, before anybody has looked: by what has opened."""

import numpy as np

from denghuo.apps.crews import queries as crews
from denghuo.apps.crews.models import Skill
from denghuo.apps.network import queries as network
from denghuo.apps.orders.models import Order, Topic
from denghuo.apps.outages.models import Suspicion
from denghuo.apps.outages.queries.estimates import subject_of

_LOW_BELOW_KV = 1.0
_ASK_NONE = (Topic.CARE_VISIT,)


def needed_skill(about: str) -> str:
    """The certificate that a crew needs for an incident, as far as nobody says otherwise; empty for none.

    A device of 1 kV and more is high-voltage work, all else low-voltage work; a visit to a customer asks for none.
    Where a station keeps no certificates nobody could be sent, and none is asked for.
    """
    subject = subject_of(about)
    if subject is not None:
        unit_path = str(subject.network.unit.path)
        is_part = isinstance(subject, Suspicion) and bool(subject.told.get("part"))
        skill = Skill.LV if is_part or _is_low(subject.network_id, subject.device_code) else Skill.HV
    else:
        thing, _, key = about.partition(":")
        pk = int(key) if thing == "orders.order" and key.isdecimal() else 0
        order = Order.objects.filter(pk=pk).select_related("unit").first()
        if order is None or order.topic in _ASK_NONE:
            return ""
        unit_path, skill = str(order.unit.path), Skill.LV
    return skill.value if crews.keeps_certificates([unit_path]) else ""


def _is_low(network_id: int, device_code: str) -> bool:
    grid = network.network_snapshot(network_id).grid
    branch = grid.branch_position.get(device_code)
    if branch is None:
        return False
    ends = (grid.branches.from_node[branch], grid.branches.to_node[branch])
    kv = max(float(np.nan_to_num(grid.nodes.base_kv[end])) for end in ends)
    return 0.0 < kv < _LOW_BELOW_KV
