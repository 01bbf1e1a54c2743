"""What one assignment shows the crew, and whoever looks over their shoulder."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.crews.models import Assignment, Check, FieldReport, Quote, ReportKind, Side, Skill, State
from denghuo.apps.crews.queries.assignments import order_ids_of, quotes_of, reports_of
from denghuo.apps.crews.queries.supply import Supply, supply_of
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.models import SupplyPoint
from denghuo.apps.orders.models import Order
from denghuo.apps.orders.models import State as OrderState
from denghuo.apps.orders.queries import SaysOut, still_out
from denghuo.apps.orders.queries.callers import callers_of
from denghuo.apps.sealed import masked_name, masked_phone

_NEXT = {
    State.SENT: ReportKind.ACCEPTED,
    State.DELIVERED: ReportKind.ACCEPTED,
    State.READ: ReportKind.ACCEPTED,
    State.ACCEPTED: ReportKind.DEPARTED,
    State.DEPARTED: ReportKind.ARRIVED,
    State.ARRIVED: ReportKind.FINISHED,
}
_ALWAYS = (Check.GEAR, Check.TESTED_DEAD, Check.CUSTOMER_TOLD, Check.SITE_CLEAN)
_HIGH = (Check.PERMIT, Check.ISOLATED, Check.TESTED_DEAD, Check.EARTHED, Check.SIGNS, *_ALWAYS)


@dataclass(frozen=True, kw_only=True)
class OrderBrief:
    """An order as a crew needs it, masked."""

    order_id: int
    number: str
    topic: str
    text: str
    place: str
    name: str
    address: str
    phone: str
    account: str
    care: bool
    important: str
    boundary: str
    is_open: bool = True
    says_out_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """An assignment with all that hangs on it."""

    row: Assignment
    orders: tuple[OrderBrief, ...]
    reports: tuple[FieldReport, ...]
    quotes: tuple[Quote, ...]
    checks: tuple[Check, ...]
    supply: Supply | None = None

    @property
    def saying_out(self) -> tuple[OrderBrief, ...]:
        """Open orders whose customer was asked and says that supply is not back."""
        return tuple(one for one in self.orders if one.says_out_at is not None and one.is_open)

    @property
    def next_kind(self) -> str:
        """The step that comes next, "" where none does."""
        kind = _NEXT.get(State(self.row.state))
        return kind.value if kind else ""

    @property
    def side(self) -> str:
        """Which side of the boundary the fault is on, "" while nobody has said."""
        told = [one for one in self.reports if one.kind == ReportKind.BOUNDARY and not one.came_late]
        return str(told[-1].payload["side"]) if told else ""

    @property
    def is_paid(self) -> bool:
        """Whether the fault is behind the customer's boundary."""
        return self.side == Side.CUSTOMER

    @property
    def asked(self) -> tuple[FieldReport, ...]:
        """Reports whose time does not fit, about which whoever told them has not said anything yet."""
        return tuple(one for one in self.reports if one.is_asked)

    @property
    def checked(self) -> tuple[str, ...]:
        """What is ticked off."""
        told = [one for one in self.reports if one.kind == ReportKind.CHECKLIST and not one.came_late]
        return tuple(told[-1].payload["checked"]) if told else ()

    @property
    def told(self) -> dict[str, int]:
        """How many reports of each kind there are."""
        return Counter(one.kind for one in self.reports if not one.came_late)

    @property
    def latest_quotes(self) -> tuple[Quote, ...]:
        """The last quote of each order, which is the one that holds."""
        return tuple({one.order_id: one for one in self.quotes}.values())

    @property
    def charged(self) -> tuple[Quote, ...]:
        """The quotes that customers accepted to pay."""
        return tuple(one for one in self.latest_quotes if one.is_charged)

    @property
    def charged_fen(self) -> int:
        """What customers accepted to pay."""
        return sum(one.total_fen for one in self.charged)

    @property
    def is_quoted(self) -> bool:
        """Whether everybody whom it serves accepted a quote."""
        return len(self.charged) >= max(len(self.orders), 1)

    @property
    def way_to(self) -> str:
        """What a map is asked for: a village is found there, a device is not."""
        places = (one.place for one in self.orders if one.is_open and one.place)
        return next(places, self.row.place).rstrip("*")

    @property
    def begun_at(self) -> datetime | None:
        """When work began."""
        told = [one for one in self.reports if one.kind == ReportKind.BEGUN and not one.came_late]
        return told[0].happened_at if told else None


def checks_for(skill: str) -> tuple[Check, ...]:
    """What is to be ticked off for work of a skill."""
    high = skill in (Skill.HV, Skill.CABLE)
    return tuple(one for one in Check if one in (_HIGH if high else _ALWAYS))


def cards(rows: Sequence[Assignment]) -> list[Card]:
    """Assignments with their orders, who needs special care first, reports and quotes."""
    ids = [row.pk for row in rows]
    serving, reports, quotes = order_ids_of(ids), reports_of(ids), quotes_of(ids)
    briefs = order_briefs(sorted({one for listed in serving.values() for one in listed}))
    return [
        Card(
            row=row,
            orders=tuple(
                sorted((briefs[one] for one in serving.get(row.pk, ()) if one in briefs), key=lambda one: not one.care)
            ),
            reports=tuple(reports.get(row.pk, ())),
            quotes=tuple(quotes.get(row.pk, ())),
            checks=checks_for(row.skill),
            supply=supply_of(row.about, serving.get(row.pk, ())) if row.is_open else None,
        )
        for row in rows
    ]


def order_briefs(order_ids: Sequence[int]) -> dict[int, OrderBrief]:
    """Orders as a crew needs them. For callers who know already that these may be seen."""
    rows = list(Order.objects.filter(pk__in=order_ids))
    accounts = [row.account_id for row in rows if row.account_id is not None]
    says = still_out(order_ids)
    known, boundaries = customers.customers_by_id(accounts), _boundaries(accounts)
    numbers = callers_of(order_ids)
    return {
        row.pk: _brief(
            row,
            known.get(row.account_id or 0),
            boundaries.get(row.account_id or 0, ""),
            says.get(row.pk),
            numbers.get(row.pk, ""),
        )
        for row in rows
    }


def _boundaries(account_ids: Sequence[int]) -> dict[int, str]:
    """Where the company's part ends, by account, as far as the customer file knows."""
    rows = SupplyPoint.objects.filter(account_id__in=account_ids).exclude(boundary="").order_by("-pk")
    return {row.account_id: " ".join((str(row.get_boundary_display()), row.boundary_note)).strip() for row in rows}


def _brief(
    row: Order, customer: "customers.Customer | None", boundary: str, says: SaysOut | None, number: str
) -> OrderBrief:
    return OrderBrief(
        order_id=row.pk,
        number=row.number,
        topic=str(row.get_topic_display()),
        text=row.text,
        place=row.place,
        name=customer.name if customer else masked_name(row.contact_name or ""),
        address=customer.address if customer else "",
        phone=masked_phone(number),
        account=customer.number if customer else "",
        care=bool(customer and customer.care_kind),
        important=customer.important if customer else "",
        boundary=boundary,
        is_open=row.state != OrderState.DONE and not row.is_over,
        says_out_at=says.said_at if says and not says.by_log else None,
    )
