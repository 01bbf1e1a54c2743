"""What the process of an upload of call logs does: read each, record what it tells, say how it went."""

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.telephony import TelephonyError, TelephonyLog, TelephonyProblem, glimpse, template_of
from denghuo.apps.ledger import deliveries
from denghuo.apps.sealed import masked_phone
from denghuo.main.call_logs import jobs
from denghuo.main.call_logs.jobs import Job, Status, Told, Trouble
from denghuo.main.call_logs.sentences import given_of
from denghuo.main.imports.words import Sentence, in_both
from denghuo.main.telephone_logs import (
    LogFormat,
    Part,
    digest_of,
    parts_of,
    read_logs,
    refuse_known_elsewhere,
    take_in,
    years_before_told,
)

_SHOWN = 200
_PREVIEWED = 8
# A mobile number, one with its area, or a local one that is no day such as 20260501.
_A_NUMBER = re.compile(r"(?:86)?1[3-9]\d{9}|0\d{9,11}|(?!20\d{6}$)[2-9]\d{6,7}")
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
    is_table = part.kind is LogFormat.TABLE
    if is_table and job.asks and job.template is None and (seen := _seen(part)) is not None:
        return replace(about, seen=seen)
    template = template_of(job.template) if job.template is not None and is_table else None
    try:
        log = read_logs(part.paths, now=timezone.now(), kind=part.kind, template=template)
        refuse_known_elsewhere(log, exchange_id=job.exchange_id)
        log = years_before_told(log, exchange_id=job.exchange_id)
    except TelephonyError as error:
        troubles = _troubles(error.problems)
        seen = _seen(part) if is_table else None
        return replace(about, is_refused=True, troubles=troubles, trouble_count=len(error.problems), seen=seen)
    if is_table and job.tries:
        return _tried(replace(about, seen=_seen(part)), log)
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


def _tried(about: Told, log: TelephonyLog) -> Told:
    """What a table says as it is explained, before anything of it is recorded."""
    rows = [
        {
            "at": call.entered_at.isoformat(),
            "caller": masked_phone(call.caller),
            "queue": call.queue,
            "outcome": int(call.outcome),
            "agent": call.agent,
            "wait_s": call.wait_s,
            "talk_s": call.talk_s,
        }
        for call in log.calls[:_PREVIEWED]
    ]
    return replace(
        about,
        is_known=True,
        is_tried=True,
        lines=log.lines,
        calls=len(log.calls),
        first_at=min((call.entered_at for call in log.calls), default=None),
        last_at=max((call.entered_at for call in log.calls), default=None),
        unknowable=tuple(code.value for code in log.unknowable),
        troubles=_troubles(log.problems),
        trouble_count=len(log.problems) + log.problems_left_out,
        preview=tuple(rows),
    )


def _seen(part: Part) -> dict[str, Any] | None:
    """The headings and first rows of a table, telephone numbers masked."""
    found = glimpse(part.paths[0])
    if found is None:
        return None
    numbers = {column for column, field in found.guesses.items() if field == "caller"}
    return {
        "line": found.line,
        "headings": list(found.headings),
        "rows": [[_masked(text, column in numbers) for column, text in enumerate(row)] for row in found.rows],
        "guesses": {str(column): field for column, field in found.guesses.items()},
        "words": {
            str(column): [text for text in words if text == _masked(text, column in numbers)]
            for column, words in found.words.items()
        },
    }


def _masked(text: str, is_number: bool) -> str:
    """A cell as a page may show it: what can be a telephone number is masked, whichever column it stands in."""
    digits = re.sub(r"[\s()+-]", "", text)
    if digits.isdigit() and (is_number or _A_NUMBER.fullmatch(digits)):
        return masked_phone(digits)
    return text


def _troubles(problems: tuple[TelephonyProblem, ...]) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(finding=one.finding.value, file=one.file, line=one.line, given=given_of(one))
        for one in problems[:_SHOWN]
    )
