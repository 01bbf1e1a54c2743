"""Exchanges, queues, and what was read from where."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from denghuo.apps.hotline.models import Call, CallReading, Exchange, Queue, Tally
from denghuo.apps.organization.access import within


def exchanges_within(scope: Iterable[str]) -> list[Exchange]:
    """Exchanges of the units of a scope."""
    return list(Exchange.objects.filter(within(scope, field="unit__path")).select_related("unit"))


def all_exchanges() -> list[Exchange]:
    """Every exchange of the installation."""
    return list(Exchange.objects.select_related("unit"))


def exchange_of_code(code: str) -> Exchange | None:
    """The exchange of a code, if there is one."""
    return Exchange.objects.filter(code=code).select_related("unit").first()


def queues_of(exchange_ids: Sequence[int]) -> list[Queue]:
    """The queues of exchanges."""
    return list(Queue.objects.filter(exchange_id__in=exchange_ids).select_related("exchange"))


def known_elsewhere(exchange_id: int, calls: Sequence[tuple[str, datetime]]) -> tuple[Exchange | None, int]:
    """The other exchange of the same unit that knows most of these calls, given by id and when they came, and how many;
    None and 0: no other knows any."""
    if not calls:
        return None, 0
    unit_id = Exchange.objects.values_list("unit_id", flat=True).get(pk=exchange_id)
    same = Call.objects.filter(exchange__unit_id=unit_id, call_id__in={call_id for call_id, _ in calls})
    rows = same.exclude(exchange_id=exchange_id).values_list("exchange_id", "call_id", "entered_at")
    wanted = set(calls)
    found = Counter(key for key, call_id, entered_at in rows if (call_id, entered_at) in wanted)
    if not found:
        return None, 0
    key, count = found.most_common(1)[0]
    return Exchange.objects.get(pk=key), count


def readings_of(exchange_ids: Sequence[int], *, limit: int = 50) -> list[CallReading]:
    """The last logs and tables read for exchanges."""
    return list(CallReading.objects.filter(exchange_id__in=exchange_ids).select_related("exchange")[:limit])


def unknowable_of(exchange_ids: Sequence[int]) -> tuple[str, ...]:
    """Codes of what no source of these exchanges could tell."""
    told = CallReading.objects.filter(exchange_id__in=exchange_ids).values_list("unknowable", flat=True)[:50]
    sets = [set(codes) for codes in told]
    return tuple(sorted(set.intersection(*sets))) if sets else ()


def first_day(exchange_ids: Sequence[int]) -> date | None:
    """The first local day with a call; of days before, nothing is known."""
    rows = Tally.objects.filter(queue__exchange_id__in=exchange_ids).order_by("day")
    return rows.values_list("day", flat=True).first()
