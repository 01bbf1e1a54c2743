"""What customers said of the work when they were called back, over the orders of a month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from denghuo.apps.orders.models import CallBackResult, Kind, Order, OrderStep
from denghuo.apps.orders.queries.orders import of_units
from denghuo.apps.orders.queries.readers import Reader, readable

NO_ANSWER = "no_answer"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The last call back to who opened an order: ``result`` is what they said, "no_answer", or blank where they were
    reached and not asked; ``words`` in their words, ``by`` the user name of who called."""

    order_id: int
    kind: str
    result: str
    words: str
    at: datetime
    by: str


@dataclass(frozen=True, kw_only=True)
class Satisfaction:
    """How many orders of a kind had which answer."""

    kind: str
    satisfied: int
    fair: int
    dissatisfied: int
    no_view: int
    no_answer: int

    @property
    def called(self) -> int:
        """Orders whose customer was called back and asked, or did not answer."""
        return self.satisfied + self.fair + self.dissatisfied + self.no_view + self.no_answer

    @property
    def satisfied_share(self) -> float:
        """Satisfied or fairly so, of those who gave a view; NaN where nobody did.

        >>> one = Satisfaction(kind="fault", satisfied=7, fair=2, dissatisfied=1, no_view=5, no_answer=3)
        >>> one.called, one.satisfied_share
        (18, 0.9)
        """
        asked = self.satisfied + self.fair + self.dissatisfied
        return (self.satisfied + self.fair) / asked if asked else float("nan")


def answers_of_month(
    scope: Iterable[str], *, since: datetime, until: datetime, reader: Reader | None = None
) -> list[Answer]:
    """The last call back of each order that came in within a time, of those that ``reader`` may see, the last first.
    Who did not answer after having been reached was reached."""
    orders = Order.objects.filter(of_units(scope), readable(reader), received_at__gte=since, received_at__lt=until)
    rows = OrderStep.objects.filter(order__in=orders.exclude(state="merged"), step__in=("call_back", NO_ANSWER))
    names = ("order_id", "order__kind", "step", "result", "reason", "told_at", "actor")
    last: dict[int, Answer] = {}
    for order_id, kind, step, result, words, at, by in rows.order_by("told_at", "pk").values_list(*names):
        if step == NO_ANSWER and order_id in last and last[order_id].result != NO_ANSWER:
            continue
        told = NO_ANSWER if step == NO_ANSWER else result
        last[order_id] = Answer(order_id=order_id, kind=kind, result=told, words=words, at=at, by=by)
    return sorted(last.values(), key=lambda one: (one.at, one.order_id), reverse=True)


def satisfaction(answers: Iterable[Answer]) -> list[Satisfaction]:
    """How satisfied customers were, by kind; kinds without an answer are left out."""
    of: dict[str, list[str]] = {}
    for one in answers:
        if one.result:
            of.setdefault(one.kind, []).append(one.result)
    return [
        Satisfaction(
            kind=kind,
            **{result.value: of[kind].count(result.value) for result in CallBackResult},
            no_answer=of[kind].count(NO_ANSWER),
        )
        for kind in Kind.values
        if kind in of
    ]
