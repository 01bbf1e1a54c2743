"""What became of messages: what a try came to, what a gateway reports afterwards, what is tried once more."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q

from denghuo.adapters.messaging import Outcome, Report, ReportKind, Result, segments
from denghuo.apps import rows as bulk
from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions.messages import answer_message
from denghuo.apps.notices.facts import GatewayRested, MessageRetried, MessagesTried, ReceiptsTaken
from denghuo.apps.notices.models import Attempt, Channel, Gateway, Message, Receipt, State
from denghuo.apps.notices.queries.addresses import blind_of, plain
from denghuo.apps.notices.queries.messages import is_over

MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=10)
# A gateway that fails so often in a row rests so long.
FAILURES = 5
REST = timedelta(minutes=1)

# Somebody who writes back answers what they were asked so recently.
ANSWERED_WITHIN = timedelta(days=3)
_ANSWER_CHARACTERS = 40

_SETTLED = (
    "state",
    "reason",
    "due_at",
    "holder",
    "doubt",
    "provider_id",
    "code",
    "segments",
    "cost_fen",
    "sent_at",
    "delivered_at",
    "ended_at",
    "answer_due_at",
)


@dataclass(frozen=True, kw_only=True)
class Try:
    """A message that was handed to a gateway, and what that came to. ``in_doubt``: it may have it from before all the
    same."""

    message_id: int
    number: int
    gateway_id: int
    result: Result
    ended_at: datetime
    in_doubt: bool = False


@transaction.atomic
def settle_messages(*, holder: str, tries: Sequence[Try], at: datetime, actor: str) -> None:
    """Write down what came of tries. A message that its sender has lost by now stays as its new sender has it."""
    theirs = Gateway.objects.filter(pk__in={one.gateway_id for one in tries}).order_by("pk")
    gateways = {row.pk: row for row in theirs.select_for_update(of=("self",))}
    held = Message.objects.select_for_update(of=("self",)).filter(
        pk__in=[one.message_id for one in tries], holder=holder, state=State.SENDING
    )
    rows = {row.pk: row for row in held.order_by("pk")}
    elsewhere = _gateways_by_channel(tries)
    for one in tries:
        row = rows.get(one.message_id)
        if row is not None and row.attempts == one.number:
            _apply(row, one, gateways[one.gateway_id], elsewhere, at)
    bulk.update(Message, _SETTLED, ([getattr(row, name) for name in (*_SETTLED, "pk")] for row in rows.values()))
    _end_tries(tries)
    _adopt(tries, at)
    rested = _count_failures(tries, gateways.values(), at)
    for gateway_id in sorted(gateways):
        counts = Counter(one.result.outcome for one in tries if one.gateway_id == gateway_id)
        told = MessagesTried(
            gateway_id=gateway_id,
            taken_count=counts[Outcome.TAKEN],
            again_count=counts[Outcome.AGAIN] + counts[Outcome.ELSEWHERE],
            refused_count=counts[Outcome.REFUSED],
            unsure_count=counts[Outcome.UNSURE],
        )
        record(told, at=at, actor=actor)
    for rest in rested:
        record(rest, at=at, actor=actor)


def _gateways_by_channel(tries: Sequence[Try]) -> Mapping[str, int]:
    """How many gateways each channel has, where somebody was sent elsewhere."""
    if all(one.result.outcome is not Outcome.ELSEWHERE for one in tries):
        return {}
    return Counter(Gateway.objects.filter(enabled=True).values_list("channel", flat=True))


def _apply(row: Message, one: Try, gateway: Gateway, elsewhere: Mapping[str, int], at: datetime) -> None:
    """Where a message stands after a try. One by a gateway that takes nothing at all says nothing of the message: it is
    given up after so many tries that a gateway made which takes others."""
    result, outcome = one.result, one.result.outcome
    row.code, row.holder = result.code[:80], ""
    row.doubt = outcome is Outcome.UNSURE or (one.in_doubt and outcome in (Outcome.AGAIN, Outcome.ELSEWHERE))
    if outcome is Outcome.TAKEN:
        row.state, row.sent_at, row.ended_at = State.SENT.value, one.ended_at, at
        _wait_for_answer(row, one.ended_at)
        row.provider_id = (result.provider_id or row.provider_id)[:120]
        row.segments = result.segments or _segments(row, gateway)
        row.cost_fen = gateway.price_fen * Decimal(row.segments)
    elif outcome is Outcome.REFUSED:
        _give_up(row, "refused", at)
    elif row.attempts % MAX_ATTEMPTS == 0 and gateway.failures < FAILURES:
        _give_up(row, "unsure" if row.doubt else "tried_often", at)
    else:
        row.state = State.QUEUED.value
        row.due_at = at + _wait(row, result, elsewhere)


def _wait_for_answer(row: Message, since: datetime) -> None:
    """Whoever is to answer has their time from when it was sent, then from when it came to them."""
    waits = row.answer_due_at is not None and row.answered_at is None and row.unanswered_at is None
    if waits and row.answer_within_s is not None:
        row.answer_due_at = since + timedelta(seconds=row.answer_within_s)


def _segments(row: Message, gateway: Gateway) -> int:
    return segments(row.text, signature=gateway.signature) if row.channel == Channel.SMS else 1


def _wait(row: Message, result: Result, elsewhere: Mapping[str, int]) -> timedelta:
    """How long until the next try: as the gateway asked, at once where there is another one, else longer each time."""
    if result.wait_s is not None:
        return timedelta(seconds=result.wait_s)
    if result.outcome is Outcome.ELSEWHERE and row.attempts < elsewhere.get(row.channel, 0):
        return timedelta(0)
    return min(FIRST_RETRY * 2 ** ((row.attempts - 1) % MAX_ATTEMPTS), LONGEST_RETRY)


def _give_up(row: Message, reason: str, at: datetime) -> None:
    """Nobody can deliver a message: whoever waits for its answer waits no longer."""
    row.state, row.reason, row.ended_at = State.UNDELIVERABLE.value, reason, at
    if row.answer_due_at is not None and row.answered_at is None:
        row.answer_due_at = min(row.answer_due_at, at)


def _end_tries(tries: Sequence[Try]) -> None:
    by_number = {(one.message_id, one.number): one for one in tries}
    rows = []
    for row in Attempt.objects.filter(message_id__in=[one.message_id for one in tries], ended_at=None):
        one = by_number.get((row.message_id, row.number))
        if one is not None:
            row.ended_at, row.outcome, row.code = one.ended_at, one.result.outcome.value, one.result.code[:80]
            rows.append(row)
    bulk.update(Attempt, ("ended_at", "outcome", "code"), ([a.ended_at, a.outcome, a.code, a.pk] for a in rows))


def _adopt(tries: Sequence[Try], at: datetime) -> None:
    """Reports that came before we knew by which name the gateway calls a message."""
    names = {one.result.provider_id: one for one in tries if one.result.provider_id}
    early = Receipt.objects.filter(
        gateway_id__in={one.gateway_id for one in tries}, message=None, provider_id__in=names
    ).order_by("pk")
    for receipt in early:
        one = names[receipt.provider_id]
        if one.gateway_id == receipt.gateway_id:
            row = Message.objects.select_for_update(of=("self",)).get(pk=one.message_id)
            receipt.message = row
            receipt.save(update_fields=["message"])
            _reported(row, receipt.kind, receipt.code, receipt.happened_at or at, at)
            row.save(update_fields=_SETTLED)


def _reported(row: Message, kind: str, code: str, happened_at: datetime, at: datetime) -> None:
    """Where a message stands after its gateway reported on it. Once delivered, it stays so."""
    if kind == "delivered" and row.state != State.DELIVERED:
        row.state, row.delivered_at, row.reason, row.doubt = State.DELIVERED.value, happened_at, "", False
        row.sent_at, row.ended_at = row.sent_at or happened_at, row.ended_at or at
        row.code = code[:80] or row.code
        _wait_for_answer(row, happened_at)
    elif kind == "failed" and row.state == State.SENT:
        row.code = code[:80]
        _give_up(row, "not_delivered", at)


def _count_failures(tries: Sequence[Try], gateways: Iterable[Gateway], at: datetime) -> list[GatewayRested]:
    """Count what failed in a row, gateway by gateway; one that only fails is passed over for a while."""
    in_turn: dict[int, list[Try]] = defaultdict(list)
    for one in tries:
        in_turn[one.gateway_id].append(one)
    rested = []
    for row in gateways:
        before = (row.failures, row.resting_until_at)
        for one in in_turn[row.pk]:
            row.failures = row.failures + 1 if _is_its_fault(one.result) else 0
        if row.failures < FAILURES:
            row.resting_until_at = None
        elif row.resting_until_at is None or row.resting_until_at <= at:
            row.resting_until_at = at + REST
            rested.append(GatewayRested(gateway_id=row.pk, failures=row.failures, until_at=row.resting_until_at))
        if before != (row.failures, row.resting_until_at):
            row.save(update_fields=["failures", "resting_until_at"])
    return rested


def _is_its_fault(result: Result) -> bool:
    """Whether a try failed because of the gateway, not of the message or the number it goes to."""
    if result.outcome in (Outcome.ELSEWHERE, Outcome.UNSURE):
        return not result.code.startswith(("no_template", "missing:", "cannot_ask", "waited"))
    return result.outcome is Outcome.AGAIN and result.code.startswith(("not_reached", "smtp:", "http_5"))


def _digest_of(*told: object) -> str:
    """What makes two reports the same."""
    return hashlib.sha256("\0".join(str(one) for one in told).encode()).hexdigest()


@transaction.atomic
def retry_message(*, message_id: int, at: datetime, actor: str) -> bool:
    """Have an undeliverable message tried again from the first try; False if it is not one (any more), or what it tells
    is over."""
    row = Message.objects.select_for_update().filter(pk=message_id, state=State.UNDELIVERABLE).first()
    if row is None or not row.address or is_over(row, at=at):
        return False
    last = Attempt.objects.filter(message=row).order_by("-number").first()
    row.state, row.reason, row.due_at, row.ended_at = State.QUEUED.value, "", at, None
    row.attempts, row.holder = last.number if last else 0, ""
    row.save(update_fields=["state", "reason", "due_at", "ended_at", "attempts", "holder"])
    record(MessageRetried(message_id=row.pk), at=at, actor=actor)
    return True


@transaction.atomic
def take_receipts(*, gateway_id: int, reports: Sequence[Report], at: datetime, actor: str) -> None:
    """Write down what a gateway reports. Told again, nothing happens anew; what is about nothing known is kept."""
    # Gateways are locked before messages, as senders do it.
    gateway = Gateway.objects.select_for_update(of=("self",)).get(pk=gateway_id)
    counts: Counter[str] = Counter()
    fresh = _told_first(gateway, reports, counts)
    found = _messages(gateway, list(fresh.values()))
    made, answers = [], []
    for digest, report in fresh.items():
        row = _message(report, found, at)
        counts[report.kind.value if row else "unknown"] += 1
        made.append(_receipt(gateway, row, report, digest, at))
        if row is not None:
            answers += _follow(row, report, at)
    bulk.insert(made)
    changed = {row.pk: row for row in found.values()}
    bulk.update(Message, _SETTLED, ([getattr(row, name) for name in (*_SETTLED, "pk")] for row in changed.values()))
    for message_id, answer in answers:
        answer_message(message_id=message_id, answer=answer, at=at, actor=actor)
    if counts["unknown"]:
        Gateway.objects.filter(pk=gateway.pk).update(unknown_count=F("unknown_count") + counts["unknown"])
    told = ReceiptsTaken(
        gateway_id=gateway.pk,
        delivered_count=counts[ReportKind.DELIVERED],
        failed_count=counts[ReportKind.FAILED],
        answered_count=counts[ReportKind.ANSWERED] + counts[ReportKind.REPLIED],
        unknown_count=counts["unknown"],
        repeated_count=counts["repeated"],
    )
    record(told, at=at, actor=actor)


def _told_first(gateway: Gateway, reports: Sequence[Report], counts: Counter[str]) -> dict[str, Report]:
    """The reports that nobody told before, by their digests; those that were are counted."""
    times: Counter[str] = Counter()
    first: dict[str, Report] = {}
    for one in reports:
        digest = _digest_of(one.kind, one.token, one.provider_id, one.number, one.code, one.answer, one.happened_at)
        times[digest] += 1
        first.setdefault(digest, one)
    known = set(Receipt.objects.filter(gateway=gateway, digest__in=list(first)).values_list("digest", flat=True))
    for digest, count in times.items():
        counts["repeated"] += count if digest in known else count - 1
        if digest in known:
            Receipt.objects.filter(gateway=gateway, digest=digest).update(times=F("times") + count)
    return {digest: one for digest, one in first.items() if digest not in known}


def _messages(gateway: Gateway, reports: Sequence[Report]) -> dict[str, Message]:
    """The messages that reports are about, by our name and by the gateway's; held until the transaction ends."""
    tokens = [one.token[:32] for one in reports if one.token]
    names = [one.provider_id[:120] for one in reports if one.provider_id and one.kind is not ReportKind.REPLIED]
    about = Q(token__in=tokens) | Q(gateway=gateway, provider_id__in=names)
    rows = Message.objects.select_for_update(of=("self",)).filter(about).order_by("pk") if tokens or names else ()
    found: dict[str, Message] = {}
    for row in rows:
        found[f"token:{row.token}"] = row
        if row.provider_id and row.gateway_id == gateway.pk:
            found[f"name:{row.provider_id}"] = row
    return found


def _message(report: Report, found: dict[str, Message], at: datetime) -> Message | None:
    """The message that a report is about."""
    if report.kind is ReportKind.REPLIED:
        row = _answered(report, at, {one.pk for name, one in found.items() if name.startswith("reply:")})
        if row is not None:
            row = found.setdefault(f"reply:{row.pk}", found.get(f"token:{row.token}", row))
        return row
    return found.get(f"token:{report.token[:32]}") or found.get(f"name:{report.provider_id[:120]}")


def _answered(report: Report, at: datetime, taken: set[int]) -> Message | None:
    """What somebody who wrote back was asked last, and has not answered yet."""
    number = plain(report.number, Channel.SMS)
    if not number:
        return None
    asked = Message.objects.select_for_update(of=("self",)).filter(
        Q(state=State.SENT) | Q(state=State.DELIVERED),
        address_blind=blind_of(number),
        expects_answer=True,
        answered_at=None,
        queued_at__gte=at - ANSWERED_WITHIN,
    )
    return asked.exclude(pk__in=taken).order_by("-queued_at", "-pk").first()


def _receipt(gateway: Gateway, row: Message | None, report: Report, digest: str, at: datetime) -> Receipt:
    return Receipt(
        gateway=gateway,
        message=row,
        provider_id=report.provider_id[:120],
        kind=report.kind.value,
        code=report.code[:80],
        digest=digest,
        happened_at=report.happened_at,
        received_at=at,
    )


def _follow(row: Message, report: Report, at: datetime) -> list[tuple[int, str]]:
    """What a report changes about its message; an answer is handed back."""
    happened_at = min(report.happened_at or at, at)
    if report.kind in (ReportKind.ANSWERED, ReportKind.REPLIED):
        _reported(row, "delivered", "", happened_at, at)
        return [(row.pk, report.answer.strip()[:_ANSWER_CHARACTERS] or "-")]
    _reported(row, report.kind.value, report.code, happened_at, at)
    return []
