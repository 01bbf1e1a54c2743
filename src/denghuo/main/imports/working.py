"""What the process of an import from the pages does: look, or take in; and say how it went."""

import logging
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from denghuo.adapters.tables import write_marked_workbook
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.queries.changes import device_codes, network_of_unit
from denghuo.apps.organization.models import Unit
from denghuo.main.imports import jobs
from denghuo.main.imports.intake import ChangedMeanwhileError, NoNetworkError, preview, take_in
from denghuo.main.imports.jobs import Job, Stage, Status
from denghuo.main.imports.reading import Reading, read_file
from denghuo.main.imports.words import Sentence, in_both, sentences

_SHOWN = 200

_log = logging.getLogger(__name__)

_NO_NETWORK = _("This station has no network yet. Import its network first.")
_TOO_MUCH_MEMORY = _("The file needs more memory than an import may take. Ask for it to be imported on the server.")
_NOT_STORED = _("It could not be stored, and nothing has changed: %(error)s")
_UNEXPECTED = _("The import stopped with an error that nobody foresaw, and nothing has changed. The log has its trace.")


def work(folder: Path) -> int:
    """Do what is next for an import, and write down how it went."""
    job = jobs.load(folder.name)
    if job is None:
        return 1
    job = replace(job, status=Status.WORKING)
    with override(job.language):
        try:
            job = _take_in(job) if job.confirmed else _look(job)
        except NoNetworkError:
            job = _failed(job, in_both(_NO_NETWORK))
        except MemoryError:
            job = _failed(job, in_both(_TOO_MUCH_MEMORY))
        except (DatabaseError, OSError) as error:
            job = _failed(job, in_both(_NOT_STORED, error=error))
        except Exception:
            _log.exception("import %s", job.id)
            job = _failed(job, in_both(_UNEXPECTED))
    jobs.save(job)
    if job.status is Status.DONE:
        deliveries.drain()
    return 0


def _failed(job: Job, why: Sentence) -> Job:
    return replace(job, status=Status.FAILED, problems=(why,))


def _read(job: Job) -> Reading:
    known = network_of_unit(job.unit_id)
    return read_file(
        job.upload,
        kind=job.kind,
        timezone=settings.TIME_ZONE,
        now=timezone.now(),
        devices=device_codes(known.pk) if known else None,
        root=job.folder / "upload",
    )


def _look(job: Job) -> Job:
    reading = _read(job)
    job = replace(
        job,
        kind=reading.kind,
        notes=tuple(sentences(reading.notes[:_SHOWN])),
        problems=tuple(sentences(reading.refusals[:_SHOWN])),
        rest=reading.rest + len(reading.refusals[_SHOWN:]),
        unreadable=reading.unreadable,
    )
    if reading.refusals:
        if reading.row_problems and not reading.unreadable:
            short = "zh" if job.language.startswith("zh") else "en"
            write_marked_workbook(job.upload, reading.row_problems, job.marked, language=short, rest=reading.rest)
        return replace(job, status=Status.REFUSED)
    job = replace(job, stage=Stage.COMPARING)
    jobs.save(job)
    seen = preview(reading, unit=Unit.objects.get(pk=job.unit_id))
    status = Status.READY if seen.any else Status.SAME
    return replace(job, status=status, revision=seen.revision, changes=seen.changes)


def _take_in(job: Job) -> Job:
    reading = _read(job)
    if reading.refusals:  # what could be read when somebody looked can no longer be
        return replace(job, status=Status.REFUSED, problems=tuple(sentences(reading.refusals[:_SHOWN])))
    job = replace(job, stage=Stage.STORING)
    jobs.save(job)
    try:
        unit = Unit.objects.get(pk=job.unit_id)
        taken = take_in(reading, unit=unit, revision=job.revision, at=timezone.now(), actor=job.actor)
    except ChangedMeanwhileError:
        return replace(job, status=Status.OUTDATED)
    return replace(job, status=Status.DONE, taken=taken)
