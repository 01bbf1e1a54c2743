"""What happened to orders within a shift: the clocks, the hand-overs and the promises of a night, to be read after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from denghuo.apps.orders.models import HandOver, Order, Promise, Sign
from denghuo.apps.orders.queries.figures import Kept, became, month_of_limits
from denghuo.apps.orders.queries.readers import Reader, readable
from denghuo.apps.orders.queries.signs import sign_readable, words_of_signs
from denghuo.apps.organization import queries as organization
from denghuo.apps.organization.access import within


@dataclass(frozen=True, kw_only=True)
class PromiseTold:
    """A promise that fell due within the shift, and what became of it: kept, moved, broken or open."""

    promise: Promise
    became: str


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Orders of a scope within a shift. ``names`` are what people are called, by user name."""

    received: int
    closed: int
    still_open: int
    limits: tuple[Kept, ...]
    hand_overs: tuple[HandOver, ...]
    promises: tuple[PromiseTold, ...]
    signs: tuple[Sign, ...]
    sign_words: dict[int, str]
    names: dict[str, str]

    @property
    def late(self) -> tuple[Kept, ...]:
        """The limits that were not kept by each order, those with most late orders first."""
        missed = [one for one in self.limits if one.late and not one.limit.is_mean]
        return tuple(sorted(missed, key=lambda one: -one.late_count))

    @property
    def broken_count(self) -> int:
        """How many promises were broken."""
        return sum(one.became == "broken" for one in self.promises)


def shift_of(
    scope: Iterable[str], *, since: datetime, until: datetime, at: datetime, reader: Reader | None = None
) -> Shift:
    """What happened to the orders of a scope from one instant to another, as it stands now (``at``). What is
    confidential is counted among what came in, and told else to whoever may read it."""
    scope = tuple(scope)
    rows = Order.objects.filter(within(scope, field="unit__path"), received_at__gte=since, received_at__lt=until)
    rows = rows.exclude(merged_into__isnull=False)
    offered = HandOver.objects.filter(
        within(scope, field="order__unit__path") | within(scope, field="to_unit__path"),
        readable(reader, field="order__"),
        Q(offered_at__gte=since, offered_at__lt=until) | Q(accepted_at__gte=since, accepted_at__lt=until),
    )
    hand_overs = tuple(offered.select_related("order", "to_unit").distinct().order_by("offered_at", "pk"))
    due = Promise.objects.filter(within(scope, field="order__unit__path"), readable(reader, field="order__"))
    due = due.filter(due_at__gte=since, due_at__lt=until)
    promises = tuple(
        PromiseTold(promise=one, became=became(one, at))
        for one in due.select_related("order").order_by(F("broken_at").asc(nulls_last=True), "due_at", "pk")
    )
    signs = Sign.objects.filter(within(scope, field="unit__path"), sign_readable(reader))
    signs = signs.filter(raised_at__gte=since, raised_at__lt=until)
    raised = tuple(signs.select_related("order").order_by("raised_at", "pk"))
    people = {one.from_username for one in hand_overs} | {one.to_username for one in hand_overs}
    people |= {one.accepted_by for one in hand_overs} | {one.refused_by for one in hand_overs}
    people |= {one.promise.given_by for one in promises}
    return Shift(
        received=rows.count(),
        closed=rows.filter(closed_at__isnull=False).count(),
        still_open=rows.filter(closed_at=None).count(),
        limits=tuple(month_of_limits(scope, since=since, until=until, at=at, reader=reader)),
        hand_overs=hand_overs,
        promises=promises,
        signs=raised,
        sign_words=words_of_signs(raised),
        names=organization.names_of(people - {""}),
    )
