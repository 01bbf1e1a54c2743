"""The outage or the suspected fault of an order, for the order's page."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.orders.queries import Tie
from denghuo.apps.organization.access import Permission
from denghuo.apps.outages.models import Outage, Report, Suspicion
from denghuo.apps.outages.queries.estimates import estimates_of, estimates_of_outage
from denghuo.apps.outages.queries.telling import clock_told


def order_ties(order_id: int) -> list[Tie]:
    """Which outage or suspected fault an order is of, and when supply is expected back. Asked of every order's page."""
    report = Report.objects.filter(order_id=order_id).select_related("outage__feeder", "suspicion__feeder").first()
    if report is None:
        return []
    suspicion = report.suspicion
    outage = report.outage or (suspicion.outage if suspicion else None)
    if outage is not None:
        return [_outage(outage, report)]
    if suspicion is not None and not suspicion.is_over:
        return [_suspicion(suspicion)]
    path = f"{reverse('outages:dispatch')}?{urlencode({'about': report.about})}"
    text = str(report.get_state_display())
    return [Tie(label=_("Report"), text=text, path=path, permission=Permission.CREWS_DISPATCH)]


def _outage(outage: Outage, report: Report) -> Tie:
    note, tone = _("supply is out"), "act"
    if outage.restored_at is not None or report.back_at is not None:
        back_at = report.back_at or outage.restored_at
        assert back_at is not None
        note, tone = _("supply back %(time)s") % {"time": clock_told(back_at)}, "done"
    elif estimates := estimates_of_outage(outage):
        note = _("expected back %(time)s") % {"time": clock_told(estimates[-1].expected_at)}
    return Tie(
        label=_("Outage"),
        text=f"{outage.number} {outage.where}",
        path=reverse("outages:outage", args=[outage.pk]),
        permission=Permission.OUTAGES_VIEW,
        note=note,
        tone=tone,
    )


def _suspicion(row: Suspicion) -> Tie:
    sure = _("%(percent)d%% sure") % {"percent": round(100 * row.probability)}
    estimates = estimates_of(suspicion_ids=[row.pk])
    expected = estimates[-1].expected_at if estimates else None
    back = _("expected back %(time)s") % {"time": clock_told(expected)} if expected else ""
    note = " · ".join(filter(None, (sure, back)))
    return Tie(
        label=_("Suspected fault"),
        text=f"{row.number} {row.device_code} {row.where}",
        path=f"{reverse('outages:dispatch')}?{urlencode({'about': row.about})}",
        permission=Permission.CREWS_DISPATCH,
        note=note,
        tone="act",
    )
