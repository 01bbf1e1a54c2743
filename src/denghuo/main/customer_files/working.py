"""What the process of a customer file does: look, or take in; and say how it went."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from denghuo.adapters.customer_tables import CustomerBlock, CustomerTable, open_customers, write_refused_customers
from denghuo.adapters.tables import TableCode, TableError
from denghuo.apps.customers.actions import import_customers
from denghuo.apps.customers.facts import CustomersImported
from denghuo.apps.customers.queries import Comparison, compare, loads_of
from denghuo.apps.ledger import deliveries
from denghuo.main.customer_files import jobs
from denghuo.main.customer_files.jobs import Job, Status
from denghuo.main.imports.words import Sentence, in_both, sentences

_SHOWN = 100
_log = logging.getLogger(__name__)

_TOO_MUCH_MEMORY = _("The file needs more memory than an import may take. Give it as CSV.")
_NOT_STORED = _("It could not be stored, and nothing has changed: %(error)s")
_UNEXPECTED = _("The import stopped with an error that nobody foresaw, and nothing has changed. The log has its trace.")


def work(folder: Path) -> int:
    """Do what is next for a file, and write down how it went."""
    job = jobs.load(folder.name)
    if job is None:
        return 1
    job = replace(job, status=Status.WORKING)
    with override(job.language):
        try:
            job = _take_in(job) if job.confirmed else _look(job)
        except TableError as error:
            told = tuple(sentences(error.problems[:_SHOWN]))
            rest = error.rest + len(error.problems[_SHOWN:])
            job = replace(job, status=Status.REFUSED, problems=told, rest=rest)
        except _StoppedError:
            job.stop.unlink()
            job = replace(job, status=Status.INTERRUPTED)
        except MemoryError:
            job = _failed(job, in_both(_TOO_MUCH_MEMORY))
        except (DatabaseError, OSError) as error:
            job = _failed(job, in_both(_NOT_STORED, error=error))
        except Exception:
            _log.exception("customer file %s", job.id)
            job = _failed(job, in_both(_UNEXPECTED))
    jobs.save(job)
    if job.status is Status.DONE:
        jobs.forget_file(job)
        deliveries.drain()
    return 0


def _failed(job: Job, why: Sentence) -> Job:
    return replace(job, status=Status.FAILED, problems=(why,), rest=0)


@contextmanager
def opened(path: Path, unit_id: int) -> Iterator[CustomerTable]:
    """A customer file, its loads compared with the unit's network where there is one."""
    loads = loads_of(unit_id).names
    with open_customers(path, loads=loads or None) as table:
        yield table


def look_at(path: Path, unit_id: int, *, tell: Callable[[int], None]) -> tuple[Comparison, CustomerTable]:
    """What taking in a file would do, and what is wrong in it.

    Raises:
        TableError: it cannot be read.
    """
    with opened(path, unit_id) as table:
        seen = compare(unit_id, _told(table.blocks, tell))
    return seen, table


def _told(blocks: Iterator[CustomerBlock], tell: Callable[[int], None]) -> Iterator[CustomerBlock]:
    for block in blocks:
        yield block
        tell(block.last_row)


def take_in(
    path: Path, unit_id: int, *, name: str, close_absent: bool, tell: Callable[[int], None] | None, actor: str
) -> CustomersImported:
    """Take in the good rows of a file.

    Raises:
        TableError: it cannot be read; nothing has changed.
    """
    with opened(path, unit_id) as table:
        return import_customers(
            unit_id=unit_id,
            blocks=table.blocks,
            source_name=name,
            close_absent=close_absent,
            tell=tell,
            at=timezone.now(),
            actor=actor,
        )


class _StoppedError(Exception):
    """Somebody gave the import up while it was under way."""


def _telling(job: Job) -> Callable[[int], None]:
    def tell(row: int) -> None:
        if job.stop.exists():
            raise _StoppedError
        jobs.save(replace(job, row=row))

    return tell


def _look(job: Job) -> Job:
    seen, table = look_at(job.upload, job.unit_id, tell=_telling(job))
    problems = table.problems
    problems.drop(TableCode.EXAMPLE_SKIPPED)  # the template says that it may stay
    if seen.refused_count:
        short = "zh" if job.language.startswith("zh") else "en"
        write_refused_customers(
            job.upload,
            problems.kept,
            job.refused,
            header_row=table.header_row,
            language=short,
            rest=problems.rest,
        )
    nothing = Status.REFUSED if seen.refused_count else Status.SAME
    status = Status.READY if seen.any or (seen.same_count and seen.absent_count) else nothing
    told = tuple(sentences(problems.kept[:_SHOWN]))
    return replace(job, status=status, seen=seen, problems=told, rest=problems.total - len(told))


def _take_in(job: Job) -> Job:
    fact = take_in(
        job.upload,
        job.unit_id,
        name=job.name,
        close_absent=job.close_absent,
        tell=_telling(job),
        actor=job.actor,
    )
    seen = Comparison(**{name: getattr(fact, name) for name in Comparison.__dataclass_fields__})
    return replace(job, status=Status.DONE, seen=seen, closed=fact.closed_count)
