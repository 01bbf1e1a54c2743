"""What is owed is done once, a failure costs nobody else anything, and what was given up waits for a person."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from denghuo.apps.ledger import chain, deliveries, queries, registry
from denghuo.apps.ledger.actions import record, retry
from denghuo.apps.ledger.facts import DeliveryRetried
from denghuo.apps.ledger.models import Delivery, Fact
from tests.apps.ledger.town import AT, LampCounted, LampLit

pytestmark = pytest.mark.django_db


class Book:
    """A reaction that notes its calls, and fails for the numbers it is told to."""

    def __init__(self, *failing: int) -> None:
        self.calls: list[tuple[int, str]] = []
        self.failing = set(failing)

    def __call__(self, fact: LampLit, *, at: datetime, actor: str, delivery_key: str) -> None:
        self.calls.append((fact.number, delivery_key))
        record(LampCounted(number=fact.number), at=at, actor=actor)  # an effect in the database
        if fact.number in self.failing:
            raise RuntimeError(f"lamp {fact.number} is broken")

    @property
    def numbers(self) -> list[int]:
        return [number for number, _ in self.calls]


def _counted() -> list[int]:
    return [found.fact.number for found in queries.facts(classes=[LampCounted])]


def _later(**span: float) -> deliveries.Clock:
    return lambda: timezone.now() + timedelta(**span)


def test_everything_owed_is_done_once_in_the_order_of_the_facts(light, follow):
    book, second = Book(), Book()
    follow(LampLit, "town.count", book)
    follow(LampLit, "town.tell", second, background=True)
    for number in (3, 1, 2):
        light(number)
    assert deliveries.drain() == 6
    assert deliveries.drain(clock=_later(days=365)) == 0
    assert book.calls == [(3, "1:town.count"), (1, "2:town.count"), (2, "3:town.count")]
    assert second.numbers == [3, 1, 2]
    assert queries.backlog() == queries.Backlog(open=0, failing=0, parked=0, oldest_at=None)


def test_a_reaction_acts_at_the_instant_and_in_the_name_of_the_fact(light, follow):
    follow(LampLit, "town.count", Book())
    light(5)
    deliveries.drain()
    (counted,) = queries.facts(classes=[LampCounted])
    assert (counted.at, counted.actor) == (AT, "li")


def test_what_a_reaction_records_is_followed_in_turn(light, follow):
    last = []
    follow(LampLit, "town.count", Book())
    follow(LampCounted, "town.report", lambda fact, **_: last.append(fact.number))
    light(4)
    assert deliveries.drain() == 2
    assert last == [4]


def test_a_failure_rolls_back_its_own_effects_and_nobody_elses(light, follow):
    book, other = Book(2), Book()
    follow(LampLit, "town.count", book)
    follow(LampLit, "town.tell", other)
    for number in (1, 2, 3):
        light(number)
    assert deliveries.drain() == 6
    assert sorted(_counted()) == [1, 1, 2, 3, 3]
    backlog = queries.backlog()
    assert (backlog.open, backlog.failing, backlog.parked, backlog.oldest_at) == (1, 1, 0, AT)
    failed = Delivery.objects.get(done_at=None)
    assert (failed.key, failed.attempts, failed.holder) == ("2:town.count", 1, "")
    assert "RuntimeError: lamp 2 is broken" in failed.error


def test_a_failed_delivery_waits_longer_after_each_try_and_keeps_its_key(light, follow):
    book = Book(1)
    follow(LampLit, "town.count", book)
    light(1)
    assert deliveries.drain() == 1
    assert deliveries.drain() == 0  # not due yet
    assert deliveries.drain(clock=_later(seconds=6)) == 1
    assert deliveries.drain(clock=_later(seconds=12)) == 0
    book.failing.clear()
    assert deliveries.drain(clock=_later(seconds=60)) == 1
    assert book.calls == [(1, "1:town.count")] * 3
    assert _counted() == [1]
    done = Delivery.objects.get()
    assert (done.attempts, done.error) == (3, "")


def test_the_pauses_grow_to_an_hour():
    pauses = [deliveries._pause(attempts).total_seconds() for attempts in range(1, deliveries.MAX_ATTEMPTS)]
    assert pauses == [5, 20, 80, 320, 1280, 3600, 3600]


def test_after_the_last_try_it_is_parked_and_a_person_can_have_it_tried_again(light, follow):
    book = Book(1)
    follow(LampLit, "town.count", book)
    light(1)
    for day in range(20):
        deliveries.drain(clock=_later(days=day))
    assert len(book.calls) == deliveries.MAX_ATTEMPTS
    (parked,) = queries.parked()
    assert (parked.kind, parked.reaction, parked.attempts) == ("town.LampLit", "town.count", deliveries.MAX_ATTEMPTS)
    assert "lamp 1 is broken" in parked.error
    assert queries.backlog().parked == 1

    book.failing.clear()
    assert retry(delivery_id=parked.id, at=AT, actor="wang")
    assert not retry(delivery_id=parked.id, at=AT, actor="wang")
    assert deliveries.drain() == 1
    assert queries.parked() == []
    (retried,) = queries.facts(classes=[DeliveryRetried])
    assert (retried.actor, retried.fact.delivery_id) == ("wang", parked.id)


def test_a_reaction_that_no_line_names_any_more_is_a_failure_not_a_loss(light):
    light(1)
    Delivery.objects.create(fact_id=1, reaction="town.abolished")
    deliveries.drain()
    assert "no line of the flow leads to town.abolished" in Delivery.objects.get().error


def test_enough_is_enough(light, follow):
    book = Book()
    follow(LampLit, "town.count", book)
    for number in range(5):
        light(number)
    assert deliveries.drain(enough=lambda: len(book.calls) == 2) == 2
    assert deliveries.drain() == 3


def test_a_claimed_delivery_is_left_alone_until_its_lease_is_over(light, follow):
    book = Book()
    follow(LampLit, "town.count", book)
    light(1)
    # The process that claims here never runs what it claimed: it died.
    assert deliveries._claim(Delivery.objects.all(), clock=timezone.now, lease=timedelta(minutes=5)) is not None
    assert deliveries.drain(clock=_later(minutes=4)) == 0
    assert deliveries.drain(clock=_later(minutes=6)) == 1
    assert (book.numbers, Delivery.objects.get().attempts) == ([1], 2)


def test_a_delivery_whose_every_try_killed_its_process_is_parked(light, follow):
    follow(LampLit, "town.count", Book())
    light(1)
    for day in range(deliveries.MAX_ATTEMPTS):
        assert deliveries._claim(Delivery.objects.all(), clock=_later(days=day), lease=timedelta(minutes=5))
    assert deliveries.drain(clock=_later(days=30)) == 0
    assert queries.parked()[0].error == "every process that tried it died"


def test_a_try_that_was_overtaken_before_it_began_does_nothing(light, follow):
    book = Book()
    follow(LampLit, "town.count", book)
    light(1)
    slow = deliveries._claim(Delivery.objects.all(), clock=timezone.now, lease=timedelta(minutes=5))
    assert slow is not None
    assert deliveries.drain(clock=_later(minutes=6)) == 1
    deliveries._run([slow], clock=timezone.now)
    assert (book.numbers, _counted()) == ([1], [1])


def test_a_try_that_was_overtaken_on_the_way_is_rolled_back(light, follow):
    def lose(fact: LampLit, *, at: datetime, actor: str, delivery_key: str) -> None:
        record(LampCounted(number=fact.number), at=at, actor=actor)
        Delivery.objects.filter(reaction="town.lose").update(holder="another")

    follow(LampLit, "town.lose", lose)
    light(1)
    deliveries.drain()
    assert _counted() == []
    assert Delivery.objects.get().done_at is None


@pytest.mark.django_db(transaction=True)
class TestRightAfterTheCommit:
    """The page that answers an action already shows what followed."""

    def test_cascades_are_done_and_the_background_is_left_to_the_worker(self, light, follow):
        last = []
        follow(LampLit, "town.count", Book())
        follow(LampLit, "town.send", Book(), background=True)
        follow(LampCounted, "town.report", lambda fact, **_: last.append(fact.number))
        light(1)
        assert (_counted(), last) == ([1], [1])
        assert list(Delivery.objects.filter(done_at=None).values_list("reaction", flat=True)) == ["town.send"]

    def test_nothing_is_done_before_the_commit_nor_after_a_rollback(self, follow):
        book = Book()
        follow(LampLit, "town.count", book)
        with transaction.atomic():
            record(LampLit(number=1), at=AT, actor="li")
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                record(LampLit(number=2), at=AT, actor="li")
                1 / 0  # noqa: B018
            assert book.calls == []
            record(LampLit(number=3), at=AT, actor="li")
        assert book.numbers == [1, 3]

    def test_facts_of_a_savepoint_are_followed_even_if_the_first_was_rolled_back(self, follow):
        book = Book()
        follow(LampLit, "town.count", book)
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                record(LampLit(number=1), at=AT, actor="li")
                1 / 0  # noqa: B018
            with transaction.atomic():
                record(LampLit(number=2), at=AT, actor="li")
            record(LampLit(number=3), at=AT, actor="li")
        assert book.numbers == [2, 3]

    def test_all_facts_of_a_transaction_share_one_budget(self, follow):
        follow(LampLit, "town.count", Book())
        with transaction.atomic():
            for number in range(10):
                record(LampLit(number=number), at=AT, actor="li")
            assert len(connection.run_on_commit) == 1

    def test_what_the_budget_does_not_cover_is_left_to_the_worker(self, light, follow, monkeypatch):
        monkeypatch.setattr(deliveries, "INLINE_BUDGET_S", 0.0)
        book = Book()
        follow(LampLit, "town.count", book)
        light(1)
        assert book.calls == []
        assert deliveries.drain() == 1

    def test_the_action_does_not_suffer_from_a_reaction_that_fails(self, light, follow):
        follow(LampLit, "town.count", Book(1))
        assert light(1).pk == 1
        assert queries.backlog().failing == 1

    def test_a_backlog_of_others_is_not_the_page_s_business(self, light, follow, monkeypatch):
        book = Book()
        follow(LampLit, "town.count", book)
        with monkeypatch.context() as patch:
            patch.setattr(deliveries, "INLINE_BUDGET_S", 0.0)
            light(1)
        light(2)
        assert book.numbers == [2]

    def test_retried_by_hand_it_is_tried_at_once(self, light, follow):
        book = Book()
        follow(LampLit, "town.count", book)
        light(1)
        Delivery.objects.update(done_at=None, parked_at=AT, attempts=8)
        assert retry(delivery_id=Delivery.objects.get().pk, at=AT, actor="wang")
        assert book.numbers == [1, 1]


def test_lines_are_kept_apart():
    registry.subscribe(LampLit, reaction="town.one", target=print)
    try:
        with pytest.raises(ValueError, match=r"already subscribed"):
            registry.subscribe(LampLit, reaction="town.one", target=print)
        with pytest.raises(ValueError, match="two different functions"):
            registry.subscribe(LampCounted, reaction="town.one", target=repr)
    finally:
        registry.unsubscribe(LampLit, reaction="town.one")
    assert registry.subscriptions("town.LampLit") == ()


def test_a_target_may_be_named_and_is_imported_when_needed():
    registry.subscribe(LampLit, reaction="town.path", target="os.path:join")
    try:
        assert registry.resolve("town.path")("a", "b") == "a/b"
    finally:
        registry.unsubscribe(LampLit, reaction="town.path")


def test_facts_of_an_unknown_kind_say_so(light):
    fact = light()
    fact.kind = "town.Gone"
    with pytest.raises(LookupError, match=r"town\.Gone"):
        queries.load(fact)
    assert Fact.objects.count() == 1


@pytest.fixture
def disk() -> Iterator[Callable[[bool], None]]:
    """A disk that can be full, and have room again."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL cannot be told how much it may write")

    def fill(full: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            (pages,) = cursor.fetchone()
            cursor.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000_000}")

    yield fill
    fill(False)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_loses_nothing_and_leaves_nothing_half_done(light, follow, disk):
    def write(fact: LampLit, **_: object) -> None:
        record(LampCounted(number=fact.number), at=AT, actor="li")
        record(LampLit(number=0, name="x" * 20_000_000), at=AT, actor="li")

    follow(LampLit, "town.write", lambda fact, **told: write(fact) if fact.number else None, background=True)
    light(7)
    disk(True)
    deliveries.drain()
    assert (queries.backlog().open, _counted()) == (1, [])
    with pytest.raises(OperationalError, match="full"):
        light_much()
    disk(False)
    deliveries.drain(clock=_later(hours=1))
    assert (queries.backlog().open, _counted()) == (0, [7])
    assert chain.verify().breaks == ()


def light_much() -> None:
    with transaction.atomic():
        record(LampLit(number=8, name="x" * 20_000_000), at=AT, actor="li")


@pytest.mark.django_db
def test_facts_that_wait_for_one_reaction_come_together(light, follow):
    seen = []
    follow(LampLit, "town.sweep", lambda facts, **_: seen.append([fact.number for fact in facts]), together=True)
    for number in range(5):
        light(number)
    deliveries.drain()
    assert seen == [[0, 1, 2, 3, 4]]
    assert not Delivery.objects.filter(done_at__isnull=True).exists()
    light(5)
    deliveries.drain()
    assert seen[1:] == [[5]]


@pytest.mark.django_db
def test_one_that_fails_among_others_is_tried_alone_and_holds_nobody_up(light, follow):
    seen = []

    def sweep(facts, **_):
        if any(fact.number == 2 for fact in facts):
            raise RuntimeError("no wick")
        seen.extend(fact.number for fact in facts)

    follow(LampLit, "town.sweep", sweep, together=True)
    for number in range(4):
        light(number)
    deliveries.drain()
    assert seen == []
    deliveries.drain(clock=lambda: timezone.now() + deliveries.LONGEST_RETRY)
    assert seen == [0, 1, 3]
    assert Delivery.objects.get(done_at__isnull=True).attempts == 2


def test_together_is_for_the_background():
    with pytest.raises(ValueError, match="background"):
        registry.subscribe(LampLit, reaction="town.sweep", target=print, together=True)


def test_what_takes_facts_together_rests_after_a_batch_and_others_do_not(light, follow):
    seen, alone, rest = [], [], deliveries.Rest()
    follow(LampLit, "town.sweep", lambda facts, **_: seen.append(len(facts)), together=True)
    follow(LampLit, "town.see", lambda fact, **_: alone.append(fact.number), background=True)
    for number in range(4):
        light(number)
        deliveries.drain(rest=rest)
    assert seen == [1]
    assert alone == [0, 1, 2, 3]
    deliveries.drain()  # without a rest
    assert seen == [1, 3]
