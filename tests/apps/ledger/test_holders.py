"""What a process held that is gone is free at once; what a living one holds, or one of another machine, is its own."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from denghuo.apps.ledger import deliveries, holders
from denghuo.apps.ledger.models import Delivery
from tests.apps.ledger.town import LampLit

# Says what it would hold by, and lives until its input ends.
_CLAIMING = "import sys; from denghuo.apps.ledger import holders; print(holders.own(), flush=True); sys.stdin.read()"


def claiming() -> tuple["subprocess.Popen[str]", str]:
    """A process, and a name of one of its claims."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", _CLAIMING], **pipes)  # type: ignore[call-overload]
    return process, process.stdout.readline().strip()


def test_a_claim_is_of_a_process_for_as_long_as_that_lives() -> None:
    process, holder = claiming()
    assert len(holder) == 32
    assert not holders.is_dead(holder)
    process.kill()
    process.communicate()
    assert holders.is_dead(holder)


def test_two_claims_of_one_process_are_two() -> None:
    assert holders.own() != holders.own()
    assert not holders.is_dead(holders.own())


def test_another_process_of_the_same_number_is_another() -> None:
    mine = holders.own()
    began = f"{(int(mine[16:24], 16) + 1) & 0xFFFFFFFF:08x}"
    assert holders.is_dead(mine[:16] + began + mine[24:])


@pytest.mark.parametrize("holder", ["", "00000000" + "f" * 24, "f" * 31])
def test_of_other_machines_nobody_here_can_tell(holder: str) -> None:
    assert not holders.is_dead(holder)


@pytest.fixture
def gone() -> str:
    process, holder = claiming()
    process.kill()
    process.communicate()
    return holder


def hold(holder: str, *, attempts: int = 1) -> None:
    due_at = timezone.now() + deliveries.LEASE
    Delivery.objects.update(holder=holder, attempts=attempts, due_at=due_at)


@pytest.mark.django_db
def test_what_the_dead_held_is_due_now_and_what_the_living_hold_is_not(light, follow, gone: str) -> None:
    seen: list[int] = []
    follow(LampLit, "town.see", lambda fact, **_: seen.append(fact.number), background=True)
    light(1)
    for holder, freed in ((holders.own(), 0), ("", 0), (gone, 1)):
        hold(holder)
        assert deliveries.free_orphans(at=timezone.now()) == freed
        assert deliveries.drain() == freed
    assert seen == [1]


@pytest.mark.django_db
def test_what_was_taken_together_by_the_dead_is_tried_in_parts_and_at_last_alone(light, follow, gone: str) -> None:
    seen: list[list[int]] = []
    follow(LampLit, "town.sweep", lambda facts, **_: seen.append([fact.number for fact in facts]), together=True)
    for number in range(deliveries.FEWER_TOGETHER + 2):
        light(number)
    hold(gone)
    deliveries.free_orphans(at=timezone.now())
    deliveries.drain()
    assert [len(one) for one in seen] == [deliveries.FEWER_TOGETHER + 1, 1], "one that is claimed, and those that join"
    for number in range(2):
        light(100 + number)
    Delivery.objects.filter(done_at=None).update(holder=gone, attempts=2, due_at=timezone.now() + timedelta(minutes=5))
    deliveries.free_orphans(at=timezone.now())
    deliveries.drain()
    assert seen[2:] == [[100], [101]]
