"""Early signs, found in what came in lately: one customer again and again, many in one place, danger, a customer who is
not satisfied."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from denghuo.apps.orders.models import CallBackResult, Kind, Order, OrderStep, Promise, Sign, SignKind, State, Topic
from denghuo.apps.orders.queries.orders import load_names
from denghuo.apps.orders.queries.promises import BINDING
from denghuo.apps.orders.queries.readers import CONFIDENTIAL, Reader, readable
from denghuo.apps.orders.queries.rules import rule_book
from denghuo.apps.organization.access import within
from denghuo.apps.organization.ports import Port

# Who knows of orders whose cause is known: an outage that they belong to. Many of one place are no riddle then.
CAUSE_KNOWN: Port[Callable[[Collection[int]], Collection[int]]] = Port("orders.cause_known")
# A look back that is longer than a worker is ever down; what was raised before is not raised again.
_LOOK_BACK = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Shows:
    """A sign that shows: what is counted, and where."""

    kind: str
    key: str
    unit_id: int
    order_id: int | None = None
    account_id: int | None = None
    load_code: str = ""
    topic: str = ""
    order_count: int = 1


def signs_showing(*, at: datetime) -> list[Shows]:
    """Signs that show now and were not raised yet."""
    found = [*_repeats(at), *_clusters(at), *_dangers(at), *_promises(), *_unhappy(at)]
    known = set(Sign.objects.filter(key__in=[one.key for one in found]).values_list("key", flat=True))
    return [one for one in {one.key: one for one in found}.values() if one.key not in known]


def _lately(at: datetime) -> "QuerySet[Order]":
    rows = Order.objects.filter(received_at__gt=at - _LOOK_BACK, received_at__lte=at)
    return rows.exclude(kind__in=CONFIDENTIAL)  # a sign is seen by everybody


def _repeats(at: datetime) -> Iterator[Shows]:
    rule = rule_book().number(timezone.localdate(at))
    since = at - timedelta(days=rule.repeat_within_days)
    for field in ("account_id", "caller_index"):
        # A part that we opened ourselves is no time that they came.
        keys = _lately(at).exclude(kind=Kind.PRAISE).filter(parent=None, **{f"{field}__isnull": False}).values(field)
        rows = Order.objects.filter(received_at__gt=since, received_at__lte=at, parent=None, **{f"{field}__in": keys})
        if field == "caller_index":
            rows = rows.filter(account=None)
        rows = rows.exclude(kind__in=(Kind.PRAISE, *CONFIDENTIAL))
        counted = rows.values(field, "unit_id").annotate(n=Count("pk"), last=Max("pk"))
        raised = {
            (one.account_id, one.load_code) for one in Sign.objects.filter(kind=SignKind.REPEAT, raised_at__gt=since)
        }
        for row in counted.filter(n__gte=rule.repeat_count).order_by("unit_id", field):
            account_id = row[field] if field == "account_id" else None
            if account_id is None or (account_id, "") not in raised:
                yield Shows(
                    kind=SignKind.REPEAT,
                    key=f"repeat:{field}:{row[field]}:{row['n'] // rule.repeat_count}:{since:%Y%m}",
                    unit_id=row["unit_id"],
                    order_id=row["last"],
                    account_id=account_id,
                    order_count=row["n"],
                )


def _clusters(at: datetime) -> Iterator[Shows]:
    rule = rule_book().number(timezone.localdate(at))
    since = at - timedelta(hours=rule.cluster_within_h)
    rows = Order.objects.filter(received_at__gt=since, received_at__lte=at).exclude(load_code="")
    rows = rows.filter(kind__in=(Kind.FAULT, Kind.COMPLAINT, Kind.OPINION))
    counted = rows.values("unit_id", "load_code", "kind").annotate(n=Count("pk"), last=Max("pk"))
    raised = set(
        Sign.objects.filter(kind=SignKind.CLUSTER, raised_at__gt=since).values_list("unit_id", "load_code", "topic")
    )
    for row in counted.filter(n__gte=rule.cluster_count).order_by("unit_id", "load_code", "kind"):
        if (row["unit_id"], row["load_code"], row["kind"]) in raised:
            continue
        place = {name: row[name] for name in ("unit_id", "load_code", "kind")}
        count = len(_without_cause(rows.filter(**place).values_list("pk", flat=True)))
        if count >= rule.cluster_count:
            yield Shows(
                kind=SignKind.CLUSTER,
                key=f"cluster:{row['unit_id']}:{row['load_code']}:{row['kind']}:{row['last']}",
                unit_id=row["unit_id"],
                order_id=row["last"],
                load_code=row["load_code"],
                topic=row["kind"],
                order_count=count,
            )


def _without_cause(order_ids: Iterable[int]) -> set[int]:
    ids = set(order_ids)
    return ids - {pk for known in CAUSE_KNOWN for pk in known(ids)}


def _dangers(at: datetime) -> Iterator[Shows]:
    for row in _lately(at).filter(topic=Topic.DANGER, closed_at=None).order_by("pk"):
        yield _of(row, SignKind.DANGER, row.pk, topic=row.topic)


def _promises() -> Iterator[Shows]:
    rows = Promise.objects.filter(BINDING, broken_at__isnull=False, kept_at=None, moved_at=None)
    for row in rows.exclude(order__kind__in=CONFIDENTIAL).select_related("order").order_by("pk"):
        yield _of(row.order, SignKind.PROMISE, row.pk, topic=row.what)


def _unhappy(at: datetime) -> Iterator[Shows]:
    rows = OrderStep.objects.filter(result=CallBackResult.DISSATISFIED, at__gt=at - _LOOK_BACK, at__lte=at)
    later = OrderStep.objects.filter(order=OuterRef("order"), step="call_back", pk__gt=OuterRef("pk"), at__lte=at)
    rows = rows.exclude(Exists(later.exclude(result="")))  # said once more, the last answer counts
    for row in rows.exclude(order__kind__in=CONFIDENTIAL).select_related("order").order_by("pk"):
        yield _of(row.order, SignKind.UNHAPPY, row.pk, topic=row.order.topic)


def _of(order: Order, kind: SignKind, key: int, *, topic: str) -> Shows:
    return Shows(
        kind=kind,
        key=f"{kind.value}:{key}",
        unit_id=order.unit_id,
        order_id=order.pk,
        account_id=order.account_id,
        load_code=order.load_code,
        topic=topic,
    )


def signs_settled() -> list[Sign]:
    """Signs that nobody has answered and of which nothing is left: danger whose order is done, many of one place of
    which none is still worked on, who has said since that they are satisfied, and what is judged as a report of
    misconduct, out of sight."""
    working = Order.objects.filter(closed_at=None).exclude(state=State.DONE)
    waiting = Sign.objects.select_for_update(of=("self",)).filter(seen_at=None).select_related("order")
    danger = waiting.filter(kind=SignKind.DANGER).exclude(order__in=working)
    same = working.filter(unit=OuterRef("unit"), load_code=OuterRef("load_code"), kind=OuterRef("topic"))
    said = OrderStep.objects.filter(order=OuterRef("order"), step="call_back").exclude(result="")
    last = said.order_by("-told_at", "-pk").values("result")[:1]
    unhappy = waiting.filter(kind=SignKind.UNHAPPY).annotate(said=Subquery(last))
    return [
        *danger,
        *waiting.filter(~Exists(same), kind=SignKind.CLUSTER),
        *unhappy.exclude(said=CallBackResult.DISSATISFIED).exclude(order__kind__in=CONFIDENTIAL),
        *waiting.filter(order__kind__in=CONFIDENTIAL).exclude(kind__in=(SignKind.DANGER, SignKind.CLUSTER)),
    ]


def words_of_signs(rows: Iterable[Sign]) -> dict[int, str]:
    """What a sign is about in words, by its key: the transformer area that many came from, or what a customer said who
    is not satisfied; two questions for many."""
    rows = list(rows)
    places = {(row.unit_id, row.load_code) for row in rows if row.kind == SignKind.CLUSTER}
    names = load_names(places)
    unhappy = [row for row in rows if row.kind == SignKind.UNHAPPY and row.order_id is not None]
    steps = OrderStep.objects.filter(order__in=[row.order for row in unhappy], result=CallBackResult.DISSATISFIED)
    said = dict(steps.order_by("told_at", "pk").values_list("order_id", "reason"))
    words = {row.pk: names.get((row.unit_id, row.load_code), "") for row in rows}
    return words | {row.pk: said.get(row.order_id or 0, "") for row in unhappy}


def sign_readable(reader: Reader | None) -> Q:
    """Signs that hang on no order, or on one that a reader may see."""
    return Q(order=None) | readable(reader, field="order__")


def signs_within(scope: Iterable[str], *, reader: Reader | None, seen: bool | None = None) -> "QuerySet[Sign]":
    """Signs of a scope, of orders that ``reader`` may see, those that nobody has answered first. An order may have
    turned out to be a report of misconduct since."""
    rows = Sign.objects.filter(within(scope, field="unit__path"), sign_readable(reader))
    rows = rows.select_related("unit", "order", "account")
    if seen is not None:
        rows = rows.filter(seen_at__isnull=not seen)
    return rows.order_by("-seen_at", "-raised_at", "-pk") if seen else rows.order_by("-raised_at", "-pk")
