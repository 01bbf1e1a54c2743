"""What crews told from the field, as evidence of an order: both clocks, where the phone was, what was doubted."""

from django.utils.translation import gettext as _

from denghuo.apps.crews.models import Assignment, FieldReport, Finding, Odd
from denghuo.apps.orders.queries import Exhibit


def order_exhibits(order_id: int) -> list[Exhibit]:
    """Who was sent for an order, and every report of theirs. Positions stand there until they are forgotten."""
    sent = Assignment.objects.filter(orders__order_id=order_id).select_related("crew")
    told = FieldReport.objects.filter(assignment__in=sent).select_related("assignment__crew", "user", "photo")
    return [*map(_sending, sent), *map(_report, told)]


def _sending(row: Assignment) -> Exhibit:
    return Exhibit(
        at=row.sent_at,
        source=str(row.crew),
        what=_("Sent to %(place)s") % {"place": row.place},
        who=row.sent_by,
        reference=_("assignment %(number)d") % {"number": row.pk},
    )


def _report(row: FieldReport) -> Exhibit:
    words = [str(row.get_kind_display())]
    finding = row.payload.get("finding", "")
    if finding in Finding.values:
        words.append(str(Finding(finding).label))
    words += [str(Odd(one).label) for one in row.odd if one in Odd.values]
    if row.answered_because:
        words.append(row.answered_because)
    if row.came_late:
        back, over = _("taken back before this came"), _("came when the assignment was over")
        words.append(back if row.was_taken_back else over)
    photo = getattr(row, "photo", None)
    return Exhibit(
        at=row.happened_at,
        source=str(row.assignment.crew),
        what=" · ".join(words),
        who=row.user.username,
        recorded_at=row.received_at,
        position=_position(row),
        reference=_reference(row, photo.digest if photo else ""),
    )


def _reference(row: FieldReport, digest: str) -> str:
    """Where a report is found; a photo by what it is known by, whoever shows it."""
    told = _("assignment %(number)d, report %(report)d") % {"number": row.assignment_id, "report": row.pk}
    return f"{told}, SHA-256 {digest}" if digest else told


def _position(row: FieldReport) -> str:
    if row.latitude is None or row.longitude is None:
        return ""
    where = f"{row.latitude:.5f}, {row.longitude:.5f}"
    return where if row.accuracy_m is None else f"{where} ±{row.accuracy_m:.0f} m"
