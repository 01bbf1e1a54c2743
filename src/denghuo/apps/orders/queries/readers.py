"""Who may read an order that accuses somebody, and who deals with one that is about people of ours."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q

from denghuo.apps.orders.models import HandOver, Kind, Order
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission, Someone, scope_of, within
from denghuo.apps.organization.models import Assignment

# A report of misconduct is about one of us, and names who told it: it is not for everybody who works on orders, and
# least of all for the station that it accuses.
CONFIDENTIAL = (Kind.MISCONDUCT,)
# What is about people of ours is dealt with by whom it was given, not by whoever comes along.
ABOUT_PEOPLE = (Kind.COMPLAINT, Kind.MISCONDUCT)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who reads orders: their user name, and whose reports of misconduct they judge: those of units strictly
    ``above`` which they do; of the units ``alone``, above which nobody does; and, where nobody does at all (``held``
    are the units where somebody does), of those they ``supervise``."""

    username: str
    above: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    supervise: tuple[str, ...] = ()
    held: tuple[str, ...] = ()

    def judges(self, path: str) -> bool:
        """Whether what is reported of the unit of this path is theirs to judge."""
        if path in self.alone or any(path.startswith(one) and path != one for one in self.above):
            return True
        return any(map(path.startswith, self.supervise)) and not any(map(path.startswith, self.held))


def reader_of(user: Someone) -> Reader:
    """Somebody who signed in, as who reads orders."""
    above = scope_of(user, Permission.ORDERS_DISCIPLINE)
    supervise = scope_of(user, Permission.ORDERS_SUPERVISE)
    held = _held() if above or supervise else ()
    alone = tuple(path for path in above if not any(path != one and path.startswith(one) for one in held))
    return Reader(username=user.get_username(), above=above, alone=alone, supervise=supervise, held=held)


def _held() -> tuple[str, ...]:
    """The units in which somebody judges reports of misconduct."""
    roles = [role for role, allowed in PERMISSIONS_OF_ROLE.items() if Permission.ORDERS_DISCIPLINE in allowed]
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True, unit__isnull=False)
    return tuple(sorted({str(path) for path in rows.values_list("unit__path", flat=True)}))


def readable(reader: Reader | None, *, field: str = "") -> Q:
    """Orders that a reader may see, of those within reach; nobody in particular (None) sees nothing confidential.
    ``field`` is the way to the order from another row, such as ``order__``."""
    plain = ~Q(**{f"{field}kind__in": CONFIDENTIAL})
    if reader is None:
        return plain
    path = f"{field}unit__path"
    asked = Q(**{f"{field}first_asked": reader.username, f"{field}accusing_at": None})
    own = asked | Q(**{f"{field}handler": reader.username})
    judged = within(reader.above, field=path) & ~Q(**{f"{path}__in": reader.above})
    judged |= Q(**{f"{path}__in": reader.alone})
    judged |= within(reader.supervise, field=path) & ~within(reader.held, field=path)
    given = HandOver.objects.filter(_given(reader.username) | (_WAITS & within(reader.above, field="to_unit__path")))
    return plain | own | judged | Q(**{f"{field}pk__in": given.values("order")})


def readable_ids(order_ids: Iterable[int], reader: Reader | None) -> set[int]:
    """Which of some orders may be read."""
    return set(Order.objects.filter(readable(reader), pk__in=list(order_ids)).values_list("pk", flat=True))


_WAITS = Q(accepted_at=None, refused_at=None)


def _given(username: str) -> Q:
    """Hand-overs that somebody took, or that wait for their answer: of a report of misconduct since it is one."""
    taken = Q(order__accusing_at=None) | Q(accepted_at__gt=F("order__accusing_at"))
    return Q(taken, accepted_by=username) | (_WAITS & Q(to_username=username))


def is_given(order: Order, username: str) -> bool:
    """Whether an order is somebody's: they were asked first, have it in hand, or took it over once. Whom it is offered
    to answers first."""
    if username in (asked_first(order), order.handler):
        return True
    taken = order.hand_overs.filter(accepted_by=username)
    if order.kind in CONFIDENTIAL and order.accusing_at:
        taken = taken.filter(accepted_at__gt=order.accusing_at)
    return taken.exists()


def asked_first(order: Order) -> str:
    """Whom the customer asked first, where that makes an order theirs: not where it turned out to be a report of
    misconduct only later, for it may be about them."""
    return "" if order.kind in CONFIDENTIAL and order.accusing_at else order.first_asked


def deals_with(order: Order, username: str, *, supervises: bool) -> bool:
    """Whether somebody who works on orders does so on this one."""
    return order.kind not in ABOUT_PEOPLE or supervises or is_given(order, username)


def holds(order: Order, username: str, *, supervises: bool) -> bool:
    """Whether somebody has an order in hand, or stands for whoever has. What nobody has is anybody's, unless it is
    about people of ours."""
    is_free = not order.handler and order.kind not in ABOUT_PEOPLE
    return supervises or username in (order.handler, asked_first(order)) or is_free
