"""A list of outages becomes entries of the register: what each was, and why.

When supply was lost and came back, and for whom, follows from the switching log alone; what a list says of it is kept
in the note, to be compared with.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

import numpy as np
from django.utils.translation import gettext as _

from denghuo.adapters.outage_lists import EventList
from denghuo.apps.network import queries as network
from denghuo.apps.outages.actions import OutageEntry
from denghuo.apps.outages.models import Cause
from denghuo.engines.reliability import OutageKind

_NOTE_LENGTH = 500
# Words that registers use, the more particular first.
_CAUSES: tuple[tuple[Cause, str], ...] = (
    (Cause.CUSTOMER_REQUEST, r"用户申请|customer request"),
    (Cause.CONSTRUCTION, r"施工|工程|改造|construction|upgrade"),
    (Cause.MAINTENANCE, r"检修|消缺|试验|planned|scheduled|maintenance|work"),
    (Cause.SHORTAGE, r"限电|缺电|电源不足|rationing|shedding|shortage"),
    (Cause.LIGHTNING, r"雷|lightning"),
    (Cause.ICE, r"冰|雪|\bice\b|snow"),
    (Cause.FLOOD, r"洪|涝|水淹|flood"),
    (Cause.WIND, r"大风|台风|风暴|风灾|wind|storm|weather"),
    (Cause.TREES, r"树|竹|\btrees?\b|vegetation"),
    (Cause.ANIMAL, r"动物|鸟|蛇|鼠|animal|bird"),
    (Cause.FOREIGN_OBJECT, r"异物|飘挂|foreign|object"),
    (Cause.EXTERNAL_DAMAGE, r"外力|车辆|撞|挖|盗|vehicle|dig|damage|vandal"),
    (Cause.CUSTOMER, r"用户|客户|customer"),
    (Cause.OPERATION, r"误操作|运维|运行维护|operation"),
    (Cause.EQUIPMENT, r"设备|老化|绝缘|接头|故障|equipment|failure|defect"),
)
_PATTERNS = tuple((cause, re.compile(words, re.IGNORECASE)) for cause, words in _CAUSES)


def cause_of(text: str) -> Cause:
    """The group of causes that a text speaks of.

    >>> cause_of("10kV线路树障").name, cause_of("").name
    ('TREES', 'UNKNOWN')
    """
    return next((cause for cause, words in _PATTERNS if words.search(text)), Cause.UNKNOWN)


def entries_of(told: EventList) -> Iterator[OutageEntry]:
    """One entry for each event of a list: its rows are steps of one restoration."""
    zone = ZoneInfo(told.timezone)
    order = np.lexsort((told.start, told.event_code))
    for _code, group in groupby(order.tolist(), key=lambda index: told.event_code[index]):
        yield _entry(told, list(group), zone)


def _entry(told: EventList, rows: list[int], zone: ZoneInfo) -> OutageEntry:
    first = rows[0]
    start, end = (network.from_datetime64(at) for at in (told.start[rows].min(), told.end[rows].max()))
    assert start is not None and end is not None  # a row without them is not among the events
    kind, cause = OutageKind(int(told.kind[first])), str(told.cause[first])
    planned = kind.within(OutageKind.PREARRANGED)
    begun, over = start.astimezone(zone), end.astimezone(zone)
    out = {"mv": int(told.mv_users[rows].sum()), "lv": int(told.customers[rows].sum())}
    users = _("%(mv)d MV users, %(lv)d customers") % out
    note = f"{cause} · {begun:%Y-%m-%d %H:%M} – {over:%Y-%m-%d %H:%M} · {users}".removeprefix(" · ")
    return OutageEntry(
        # A row without a number is known again by when it began and where it stands.
        number=str(told.event[first]) or f"{begun:%Y%m%d-%H%M}-{int(told.row[first])}",
        kind=kind,
        cause=cause_of(cause),
        place=str(told.region[first]),
        note=note[:_NOTE_LENGTH],
        planned_start_at=start if planned else None,
        planned_end_at=end if planned else None,
    )
