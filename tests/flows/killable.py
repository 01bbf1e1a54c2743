"""A town whose workers stand still at set places, so that a test can kill them there.

`python -m tests.flows.killable seed 0 200` records facts, `... work 0.1 1.0 900` runs the worker command with these
options, `... verify` walks the chain. `KILLABLE_FOLDER` names the folder where a worker that stands still leaves a note
with its process id, and where the outside world keeps its book. `KILLABLE_STOPS` lists the places, as `step:number`.
"""

import argparse
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.flows.killable_settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from denghuo.apps.ledger import chain, registry  # noqa: E402
from denghuo.apps.ledger.actions import record  # noqa: E402
from denghuo.main.commands import worker  # noqa: E402

FOLDER = Path(os.environ["KILLABLE_FOLDER"])
STOPS = frozenset(os.environ.get("KILLABLE_STOPS", "").split())


@dataclass(frozen=True, kw_only=True)
class LampLit:
    number: int


@dataclass(frozen=True, kw_only=True)
class LampCounted:
    number: int


def count(fact: LampLit, *, at: datetime, actor: str, delivery_key: str) -> None:
    """One effect in the database, and a further fact."""
    _stand_still("before", fact.number)
    _insert("counted", fact.number)
    _stand_still("between", fact.number)
    record(LampCounted(number=fact.number), at=at, actor=actor)
    _stand_still("recorded", fact.number)


def tell(fact: LampCounted, *, at: datetime, actor: str, delivery_key: str) -> None:
    """One effect in the database, then one outside: a line in a book that no rollback reaches."""
    _insert("told", fact.number)
    with (FOLDER / "outside").open("a", encoding="utf-8") as book:
        book.write(f"{delivery_key} {fact.number}\n")
    _stand_still("outside", fact.number)


def _insert(table: str, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (number) VALUES (%s)", [number])


def _stand_still(step: str, number: int) -> None:
    """The first to come here leaves its process id and waits for the end."""
    place = f"{step}:{number}"
    if place not in STOPS:
        return
    draft = FOLDER / f"draft-{os.getpid()}"
    draft.write_text(str(os.getpid()))
    with suppress(FileExistsError):
        os.link(draft, FOLDER / place)
        while True:
            signal.pause()


def seed(first: int, last: int) -> None:
    """Record lamps one by one, each in its own transaction."""
    for number in range(first, last):
        with transaction.atomic():
            record(LampLit(number=number), at=timezone.now(), actor="li")


def main(arguments: list[str]) -> int:
    """Run one role."""
    for fact_class in (LampLit, LampCounted):
        registry.register(fact_class, context="town")
    registry.subscribe(LampLit, reaction="town.count", target=count, background=True)
    registry.subscribe(LampCounted, reaction="town.tell", target=tell, background=True)
    match arguments:
        case ["seed", first, last]:
            seed(int(first), int(last))
            return 0
        case ["verify"]:
            return len(chain.verify().breaks)
        case ["work", poll_s, lease_s, longest_s]:
            told = {"poll_s": float(poll_s), "lease_s": float(lease_s), "longest_s": float(longest_s)}
            return worker.run(argparse.Namespace(**told))
    raise SystemExit(f"unknown role {arguments}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
