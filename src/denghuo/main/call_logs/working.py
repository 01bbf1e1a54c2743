"""What the process of an upload of call logs does: read each, record what it tells, say how it went."""

import logging
from dataclasses import replace
from pathlib import Path

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.telephony import TelephonyError, TelephonyProblem
from denghuo.apps.ledger import deliveries
from denghuo.main.call_logs import jobs
from denghuo.main.call_logs.jobs import Job, Status, Told, Trouble
from denghuo.main.call_logs.sentences import given_of
from denghuo.main.imports.words import Sentence, in_both
from denghuo.main.telephone_logs import Part, digest_of, parts_of, read_logs, take_in

_SHOWN = 200
_log = logging.getLogger(__name__)

_TOO_MUCH_MEMORY = _("The files need more memory than a process may take here. Have them read on the server.")
_NOT_STORED = _("It could not be stored: %(error)s. What was read before stays.")
_UNEXPECTED = _("Reading stopped with an error that nobody foresaw. The log has its trace.")


def work(folder: Path) -> int:
    """Read an upload, and write down how it went."""
    job = jobs.load(folder.name)
    if job is None:
        return 1
    try:
        for part in parts_of(job.files):
            job = replace(job, status=Status.WORKING, told=(*job.told, _read(job, part)))
            jobs.save(job)
        job = replace(job, status=Status.DONE)
    except MemoryError:
        job = _failed(job, in_both(_TOO_MUCH_MEMORY))
    except (DatabaseError, OSError) as error:
        job = _failed(job, in_both(_NOT_STORED, error=error))
    except Exception:
        _log.exception("upload %s", job.id)
        job = _failed(job, in_both(_UNEXPECTED))
    if job.status is Status.DONE:
        jobs.forget_files(job)
    jobs.save(job)
    deliveries.drain()
    return 0


def _failed(job: Job, why: Sentence) -> Job:
    return replace(job, status=Status.FAILED, failure=why)


def _read(job: Job, part: Part) -> Told:
    names = tuple(path.name for path in part.paths)
    about = Told(names=names, kind=part.kind, is_known=part.is_certain)
    try:
        log = read_logs(part.paths, kind=part.kind)
    except TelephonyError as error:
        troubles = _troubles(error.problems)
        return replace(about, is_refused=True, troubles=troubles, trouble_count=len(error.problems))
    fact = take_in(
        log,
        exchange_id=job.exchange_id,
        name=", ".join(names),
        digest=digest_of(part.paths),
        at=timezone.now(),
        actor=job.actor,
    )
    problem_count = len(log.problems) + log.problems_left_out
    return replace(
        about,
        is_known=True,
        lines=log.lines,
        calls=fact.call_count,
        new=fact.new_count,
        completed=fact.completed_count,
        entries=fact.entry_count,
        contradictions=fact.problem_count - problem_count,
        first_at=fact.first_at,
        last_at=fact.last_at,
        unknowable=tuple(code.value for code in log.unknowable),
        troubles=_troubles(log.problems),
        trouble_count=problem_count,
    )


def _troubles(problems: tuple[TelephonyProblem, ...]) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(finding=one.finding.value, file=one.file, line=one.line, given=given_of(one))
        for one in problems[:_SHOWN]
    )
