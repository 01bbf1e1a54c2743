"""Who was signed in when: what a rota is held against."""

from collections.abc import Iterable
from datetime import datetime

from denghuo.adapters.telephony.records import AgentEventKind
from denghuo.apps.hotline.models import AgentEntry

SignedIn = tuple[datetime, datetime | None]


def signed_in(agent_ids: Iterable[int], start: datetime, end: datetime) -> dict[int, list[SignedIn]]:
    """The spans in which agents were signed in, of signing in and out between two instants, in order; without an end
    while they are. What was never told, as with somebody who is not there, has no span."""
    kinds = (AgentEventKind.LOGGED_IN, AgentEventKind.LOGGED_OUT)
    rows = AgentEntry.objects.filter(agent_id__in=set(agent_ids), kind__in=kinds, at__gte=start, at__lte=end)
    found: dict[int, list[SignedIn]] = {}
    for agent_id, at, kind in rows.order_by("at", "pk").values_list("agent_id", "at", "kind"):
        spans = found.setdefault(agent_id, [])
        still_in = bool(spans) and spans[-1][1] is None
        if kind == AgentEventKind.LOGGED_IN and not still_in:
            spans.append((at, None))
        elif kind == AgentEventKind.LOGGED_OUT and still_in:
            spans[-1] = (spans[-1][0], at)
    return found
