"""What crews tell from the field, as far as it is about supply: a device that they closed stands in the log."""

from datetime import datetime, timedelta

from denghuo.apps.crews.facts import WorkFinished
from denghuo.apps.crews.models import Finding
from denghuo.apps.ledger.actions import record
from denghuo.apps.network import queries as network
from denghuo.apps.outages import queries
from denghuo.apps.outages.actions.faults import NotOpenedError, confirm_fault
from denghuo.apps.outages.facts import FaultCleared, SuspicionEnded
from denghuo.apps.outages.models import Outage, Report, ReportState, Suspicion, SuspicionState

# The log tells rows of one instant apart by their order alone: closed at the earliest a second after it opened.
_MOMENT = timedelta(seconds=1)


def follow_finish(fact: WorkFinished, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: a crew cleared the fault that it was sent to, and supply is back. What was only suspected until now was
    so since the first report; the device that opened is closed in the log, and the hours are booked."""
    del delivery_key  # nothing leaves the database
    subject = queries.subject_of(fact.about)
    if fact.finding != Finding.FAULT_CLEARED or fact.restored_at is None or subject is None:
        return
    if isinstance(subject, Suspicion) and subject.state == SuspicionState.OPEN:
        part = bool(subject.told.get("part"))
        number = None if part else _confirmed(subject, fact.restored_at, at=at, actor=actor)
        if part or number is None:
            _mend_part(subject, fact.restored_at, at=at, actor=actor)
            return
    else:
        number = _number_of(subject)
    device_code = _device_of(subject, number)
    if number is None or not network.is_device(subject.network_id, code=device_code):
        return
    if _is_shut(subject, device_code):
        return  # who is still out hangs behind something else: nothing was switched that the log does not have
    cleared = FaultCleared(
        network_id=subject.network_id,
        number=number,
        device_code=device_code,
        closed_at=fact.restored_at,
        assignment_id=fact.assignment_id,
    )
    record(cleared, at=at, actor=actor)


def _mend_part(subject: Suspicion, restored_at: datetime, *, at: datetime, actor: str) -> None:
    """A part of one transformer's area was out, or nobody by the log, and no device that it knows: nothing is booked on
    one."""
    reports = Report.objects.filter(suspicion=subject, state=ReportState.SUSPECTED)
    reports.update(state=ReportState.BACK, back_at=restored_at, suspicion=None)
    subject.state, subject.decided_at, subject.decided_by = SuspicionState.MENDED, at, actor
    subject.save(update_fields=["state", "decided_at", "decided_by"])
    ended = SuspicionEnded(
        suspicion_id=subject.pk, network_id=subject.network_id, state=SuspicionState.MENDED.value, reason=""
    )
    record(ended, at=at, actor=actor)


def _confirmed(subject: Suspicion, restored_at: datetime, *, at: datetime, actor: str) -> str | None:
    """The number of the outage that a suspected fault turns out to be; None where by the log nobody was out by it."""
    if not network.is_device(subject.network_id, code=subject.device_code):
        return None
    opened_at = min(queries.open_by(subject), restored_at - _MOMENT)
    try:
        row = confirm_fault(
            suspicion_id=subject.pk,
            device_code=subject.device_code,
            opened_at=opened_at,
            at=max(at, opened_at),
            actor=actor,
        )
    except NotOpenedError:
        return None
    return row.outage.number if row.outage else row.number


def _number_of(subject: Outage | Suspicion) -> str | None:
    """The number of an outage that lasts, or that is about to be known; None where it is over, or there was none."""
    if isinstance(subject, Outage):
        return subject.number if subject.lasts else None
    if subject.state != SuspicionState.CONFIRMED:
        return None
    if subject.outage is None:
        return subject.number
    return subject.outage.number if subject.outage.lasts else None


def _is_shut(subject: Outage | Suspicion, device_code: str) -> bool:
    """Whether the log, where it knows the outage already, has the device closed."""
    known = subject if isinstance(subject, Outage) else subject.outage
    return known is not None and network.device(subject.network_id, code=device_code).closed


def _device_of(subject: Outage | Suspicion, number: str | None) -> str:
    """The device to be closed: the one that opened, by the log where that knows an outage of the number."""
    if number is None:
        return ""
    found = Outage.objects.filter(network_id=subject.network_id, number=number).exclude(device_code="").first()
    return found.device_code if found else subject.device_code
