"""What the demo's station has told by the time somebody looks: whoever lost supply in the last hour was called or
written to, each at their own time, and answered or not.

Nothing leaves for it: what the demo's gateway would say of each message is written down at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from denghuo.adapters.messaging import Outcome, Report, ReportKind, Result
from denghuo.apps.ledger import deliveries
from denghuo.apps.notices.actions import Try, follow_unanswered, settle_messages, take_receipts
from denghuo.apps.notices.models import Channel, Gateway, Message, Ring
from denghuo.apps.notices.sender import LEASE, Job, claim
from denghuo.apps.orders.actions import take_step
from denghuo.apps.orders.models import Order, State, Topic
from denghuo.apps.outages.actions import tell_of_outages
from denghuo.apps.outages.facts import SupplyChanged
from denghuo.apps.outages.models import Outage
from denghuo.main.demo.gateway import Deed, Got, as_people_do
from denghuo.main.demo.load_gateways import set_up_gateways

ACTOR = "demo"
_TOLD_AFTER = timedelta(minutes=1)
_VISITED_AFTER = (("accept", timedelta(minutes=2)), ("arrive", timedelta(minutes=20)))
_WATCHED_FOR = timedelta(minutes=15)
_MOST_AT_ONCE = 500
_NOT_HEARD, _SAFE = Deed(reports=((30.0, "failed", "NO_ANSWER"),)), Deed(reports=((5.0, "answered", "1"),))


class _Nowhere:
    """Where the demo's gateways lead until `up` starts the one that shows what it is handed: nobody listens there."""

    def url(self, kind: str) -> str:
        return f"http://127.0.0.1:9/{kind}"


def tell_people(*, network_id: int, now: datetime) -> None:
    """Tell everybody behind the outages that last, as the station would have done when they began."""
    set_up_gateways(_Nowhere(), at=now)
    lasting = Outage.objects.filter(network_id=network_id, started_at__isnull=False, restored_at=None)
    calls = 0
    for outage in lasting.order_by("started_at", "pk"):
        assert outage.started_at is not None
        told_at = outage.started_at + _TOLD_AFTER
        if told_at > now:
            continue
        fact = SupplyChanged(network_id=network_id, outage_ids=(outage.pk,))
        with transaction.atomic():
            tell_of_outages(fact, at=told_at, actor=ACTOR, delivery_key="")
        calls = _send(told_at, min(now, told_at + _WATCHED_FOR), calls)
        deliveries.drain()
        _visit(now)


def _send(at: datetime, until: datetime, calls: int) -> int:
    """Hand over what is due from one instant to another, as quickly as gateways take it, and see who is silent; returns
    how many in special care were called by then."""
    while at <= until:
        limits = dict.fromkeys(Channel.values, _MOST_AT_ONCE)
        jobs, gateways = claim(holder=ACTOR, limits=limits, lease=LEASE, at=at)
        if jobs:
            calls = _hand_over(jobs, {one.pk: one for one in gateways}, calls, at)
        follow_unanswered(at=at, actor=ACTOR)
        waiting = Message.objects.filter(ended_at=None, due_at__gt=at).order_by("due_at")
        due_at = waiting.values_list("due_at", flat=True).first()
        unheard = Message.objects.filter(answer_due_at__gt=at, answered_at=None, unanswered_at=None)
        unheard_at = unheard.order_by("answer_due_at").values_list("answer_due_at", flat=True).first()
        again = [one for one in (due_at, unheard_at) if one is not None]
        if not jobs and not again:
            break
        at = at + timedelta(seconds=1) if jobs else min(again)
    return calls


def _hand_over(jobs: Sequence[Job], gateways: dict[int, Gateway], calls: int, at: datetime) -> int:
    """What the gateway and people make of some messages; returns how many in special care were called by now."""
    care = Message.objects.filter(
        pk__in=[one.message_id for one in jobs], ring=Ring.CARE, channel=Channel.VOICE
    ).values_list("pk", flat=True)
    called = set(care)
    tries, reports = [], defaultdict(list)
    for job in jobs:
        kind, token = gateways[job.gateway_id].kind, job.outgoing.token
        if job.message_id in called:  # the first does not hear the telephone, and is visited
            deed = _NOT_HEARD if not calls else _SAFE
            calls += 1
        else:
            got = Got(kind=kind, token=token, number=job.outgoing.address, text=job.outgoing.text, place=0)
            deed = as_people_do(got)
        name = f"{kind}-{token}"
        outcome = Outcome.TAKEN if deed.takes else Outcome.REFUSED
        tries.append(
            Try(
                message_id=job.message_id,
                number=job.number,
                gateway_id=job.gateway_id,
                result=Result(outcome=outcome, code=deed.code, provider_id=name if deed.takes else ""),
                ended_at=at,
            )
        )
        for after_s, report in _reports(deed, token, name, at) if deed.takes else ():
            reports[after_s, job.gateway_id].append(report)
    settle_messages(holder=ACTOR, tries=tries, at=at, actor=ACTOR)
    for (after_s, gateway_id), listed in sorted(reports.items()):
        then = at + timedelta(seconds=after_s)
        take_receipts(gateway_id=gateway_id, reports=listed, at=then, actor=ACTOR)
    return calls


def _reports(deed: Deed, token: str, name: str, at: datetime) -> Iterator[tuple[float, Report]]:
    for after_s, what, code in deed.reports:
        kind = ReportKind(what)
        said = {"answer" if kind is ReportKind.ANSWERED else "code": code}
        happened_at = at + timedelta(seconds=after_s)
        yield after_s, Report(kind=kind, token=token, provider_id=name, happened_at=happened_at, **said)


def _visit(now: datetime) -> None:
    """Whoever does not answer is visited by somebody of the station; crews mend meanwhile."""
    for visit in Order.objects.filter(topic=Topic.CARE_VISIT, state=State.REGISTERED).order_by("pk"):
        for step, after in _VISITED_AFTER:
            if visit.received_at + after <= now:
                take_step(order_id=visit.pk, step=step, at=visit.received_at + after, actor="dispatcher")
