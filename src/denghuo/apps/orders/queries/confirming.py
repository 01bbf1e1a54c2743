"""What is about people of ours is not ended by whoever worked on it: who may, and whom an order goes back to."""

from datetime import datetime

from denghuo.apps.orders.models import Kind, Order, State
from denghuo.apps.orders.queries.corrections import changed
from denghuo.apps.orders.queries.people import judges_of, people_by_username, supervisors_of
from denghuo.apps.orders.queries.readers import ABOUT_PEOPLE, CONFIDENTIAL, asked_first
from denghuo.apps.organization.models import User

CONFIRMS = frozenset({"call_back", "no_answer", "close"})
ENDS = frozenset({"terminate", "merge"})
_WORK = ("accept", "arrive", "contact", "finish")


def is_own_work(order: Order, username: str) -> bool:
    """Whether somebody finished the work of an order that is or was about people of ours: another one asks the customer
    then, and closes it."""
    last = order.steps.filter(step="finish").order_by("-told_at", "-pk").first()
    return last is not None and last.actor == username and _is_about_people(order)


def is_own_to_end(order: Order, username: str) -> bool:
    """Whether somebody has an order about people of ours in hand, or worked on it: another one ends it then."""
    if not _is_about_people(order):
        return False
    return username == order.handler or order.steps.filter(step__in=_WORK, actor=username).exists()


def refused_as_own(order: Order, step: str, username: str) -> bool:
    """Whether a step is another's because somebody worked on the order themselves."""
    if step in ENDS:
        return is_own_to_end(order, username)
    return step in CONFIRMS and is_own_work(order, username)


def _is_about_people(order: Order) -> bool:
    """Whether an order is about people of ours, or was until it was corrected."""
    if order.kind in ABOUT_PEOPLE:
        return True
    parts = (part for one in order.corrections.all() for part in changed(one))
    return any(part.field == "kind" and part.was in ABOUT_PEOPLE for part in parts)


def kinds_for(order: Order, *, username: str, supervises: bool) -> tuple[str, ...]:
    """What kinds somebody may make of an order. A report of misconduct stays one: else what was told in confidence
    would be open to whom it is about. A complaint becomes something else only by who stands above and did not work on
    it, and not once the work is done; misconduct it may become at once."""
    if order.kind in CONFIDENTIAL:
        return (order.kind,)
    if order.kind not in ABOUT_PEOPLE:
        return tuple(Kind.values)
    if supervises and order.state != State.DONE and not is_own_to_end(order, username):
        return tuple(Kind.values)
    return tuple(kind for kind in Kind.values if kind == order.kind or kind in CONFIDENTIAL)


def confirmers_of(order: Order, *, but: str) -> list[User]:
    """Who can confirm what somebody did of an order about people of ours: of misconduct another one who judges it;
    else whoever gave it to them or was asked first, or who supervises."""
    if order.kind in CONFIDENTIAL:
        return judges_of(order.unit, but=but)
    giver = giver_of(order)
    return [*people_by_username({giver} - {but}).values()] or supervisors_of(order.unit, but=but)


def giver_of(order: Order) -> str:
    """Whom an order goes back to, where whoever has it returns it: whoever handed or assigned it to them, else whom the
    customer asked first. A report of misconduct goes back to nobody who had it before it was one."""
    offer = order.hand_overs.filter(accepted_by=order.handler).order_by("-accepted_at", "-pk").first()
    given = order.steps.filter(step="reassign").order_by("-at", "-pk").first()
    since: datetime | None = None
    if given is not None and (offer is None or offer.accepted_at is None or given.at > offer.accepted_at):
        giver, since = given.actor, given.at
    elif offer is not None:
        giver, since = offer.from_username, offer.accepted_at
    else:
        giver = ""
    if order.kind in CONFIDENTIAL and order.accusing_at and since and since < order.accusing_at:
        giver = ""
    return str(giver) if giver not in ("", order.handler) else asked_first(order)
