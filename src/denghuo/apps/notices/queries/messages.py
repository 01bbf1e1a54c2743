"""The outbox as people look at it: what stands where, what it cost, what could not be delivered and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from denghuo.apps.notices.models import Attempt, Gateway, Message, Receipt, State
from denghuo.apps.organization.access import within


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the outbox stands: how many in each state, how many are overdue, and what was spent [fen]."""

    waiting: int
    overdue: int
    on_the_way: int
    delivered: int
    undeliverable: int
    unanswered: int
    spent_fen: Decimal


@dataclass(frozen=True, kw_only=True)
class Performance:
    """How a gateway did: messages that it took, delivered, reported as failed; tries that failed. A share over nothing
    is NaN."""

    gateway: Gateway
    taken: int
    delivered: int
    failed: int
    tries: int
    failed_tries: int
    spent_fen: Decimal
    segments: int

    @property
    def failed_share(self) -> float:
        """Messages that it took and that did not arrive, over all that it took."""
        return self.failed / self.taken if self.taken else float("nan")

    @property
    def failed_tries_share(self) -> float:
        """Tries that it did not take, over all tries."""
        return self.failed_tries / self.tries if self.tries else float("nan")


def messages_within(scope: Iterable[str]) -> QuerySet[Message]:
    """Messages of the units of a scope, the newest first."""
    return Message.objects.filter(within(scope, field="unit__path")).select_related("gateway", "unit")


def message_for(*, scope: Iterable[str], message_id: int) -> Message:
    """One message, if its unit lies in the scope.

    Raises:
        Message.DoesNotExist: there is none, or it is somebody else's.
    """
    return messages_within(scope).get(pk=message_id)


def is_over(row: Message, *, at: datetime) -> bool:
    """Whether what a message tells holds no more, or would come too late."""
    return row.expires_at is not None and row.expires_at <= at


def filtered(rows: QuerySet[Message], **told: str) -> QuerySet[Message]:
    """Those with this state, ring, channel, event, gateway, or about this; what is empty does not narrow."""
    fields = {"state", "ring", "channel", "event", "about", "gateway"}
    return rows.filter(**{name: value for name, value in told.items() if name in fields and value})


def standing(scope: Iterable[str], *, since: datetime, at: datetime) -> Standing:
    """How the outbox of a scope stands; what has ended is counted since an instant."""
    rows = Message.objects.filter(within(scope, field="unit__path")).order_by()
    is_open, recent = Q(ended_at=None), Q(queued_at__gte=since)
    found = rows.filter(is_open | recent).aggregate(
        waiting=Count("pk", filter=Q(state=State.QUEUED)),
        overdue=Count("pk", filter=Q(state=State.QUEUED, due_at__lt=at)),
        on_the_way=Count("pk", filter=Q(state__in=[State.SENDING, State.SENT])),
        delivered=Count("pk", filter=recent & Q(state=State.DELIVERED)),
        undeliverable=Count("pk", filter=recent & Q(state=State.UNDELIVERABLE)),
        unanswered=Count("pk", filter=recent & Q(unanswered_at__isnull=False, answered_at=None)),
        spent_fen=Sum("cost_fen", filter=recent),
    )
    return Standing(**{**found, "spent_fen": found["spent_fen"] or Decimal(0)})


def performance(scope: Sequence[str], *, since: datetime) -> list[Performance]:
    """How each gateway that serves a scope did since an instant, with the messages of that scope."""
    gateways = gateways_serving(scope)
    here = Message.objects.filter(within(scope, field="unit__path"))
    taken = here.filter(gateway__in=gateways, sent_at__gte=since).order_by()
    messages: dict[int, dict[str, Any]] = {
        found["gateway"]: dict(found)
        for found in taken.values("gateway").annotate(
            taken=Count("pk"),
            delivered=Count("pk", filter=Q(state=State.DELIVERED)),
            failed=Count("pk", filter=Q(state=State.UNDELIVERABLE)),
            spent_fen=Sum("cost_fen"),
            segments_sent=Sum("segments"),
        )
    }
    tries: dict[int, dict[str, Any]] = {
        found["gateway"]: dict(found)
        for found in Attempt.objects.filter(within(scope, field="message__unit__path"))
        .filter(gateway__in=gateways, started_at__gte=since)
        .order_by()
        .values("gateway")
        .annotate(tries=Count("pk"), bad=Count("pk", filter=~Q(outcome__in=["taken", ""])))
    }
    return [_performance(row, messages.get(row.pk, {}), tries.get(row.pk, {})) for row in gateways]


def _performance(row: Gateway, messages: dict[str, Any], tries: dict[str, Any]) -> Performance:
    return Performance(
        gateway=row,
        taken=messages.get("taken", 0),
        delivered=messages.get("delivered", 0),
        failed=messages.get("failed", 0),
        tries=tries.get("tries", 0),
        failed_tries=tries.get("bad", 0),
        spent_fen=Decimal(messages.get("spent_fen") or 0),
        segments=messages.get("segments_sent") or 0,
    )


def gateways_serving(scope: Sequence[str]) -> list[Gateway]:
    """The gateways of the units of a scope, and of those above them."""
    rows = Gateway.objects.select_related("unit")
    return [row for row in rows if any(_on_one_line(str(row.unit.path), path) for path in scope)]


def _on_one_line(path: str, other: str) -> bool:
    return path.startswith(other) or other.startswith(path)


def gateway_for(*, scope: Iterable[str], gateway_id: int) -> Gateway:
    """One gateway, if its unit lies in the scope.

    Raises:
        Gateway.DoesNotExist: there is none, or it is somebody else's.
    """
    return Gateway.objects.select_related("unit").get(within(scope, field="unit__path"), pk=gateway_id)


def gateway_of_receipts(blind: int) -> Gateway | None:
    """The gateway whose reports come to an address, by the blind index of its token."""
    return Gateway.objects.filter(receipt_blind=blind).first()


def messages_to(to_ref: str, *, before: datetime, limit: int) -> list[Message]:
    """The newest messages to somebody that were queued before an instant and not called off."""
    rows = Message.objects.filter(to_ref=to_ref, queued_at__lt=before).exclude(state=State.CANCELLED)
    return list(rows.defer("text", "values", "name", "address").order_by("-queued_at", "-pk")[:limit])


def tries_of(message_id: int) -> list[Attempt]:
    """Every try of a message, the first one first."""
    return list(Attempt.objects.filter(message_id=message_id).select_related("gateway").order_by("number"))


def receipts_of(message_id: int) -> list[Receipt]:
    """Everything that a gateway reported of a message, the first first."""
    return list(Receipt.objects.filter(message_id=message_id).order_by("received_at", "pk"))


def undeliverable_reasons(rows: QuerySet[Message]) -> list[tuple[str, str, int]]:
    """Why messages could not be delivered: reason, what the gateway said, how many; the most frequent first."""
    found = rows.filter(state=State.UNDELIVERABLE).order_by().values_list("reason", "code").annotate(count=Count("pk"))
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))


def sends() -> bool:
    """Whether there is any gateway to send by."""
    return Gateway.objects.filter(enabled=True).exists()


def last_sent_at() -> datetime | None:
    """When the last message was taken by a gateway: silence longer than usual wants a look."""
    return Attempt.objects.order_by("-pk").values_list("started_at", flat=True).first()
