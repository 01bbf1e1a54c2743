"""Surges above the live board: what each will do to the hotline, what to do about it, and one button that sends it."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.organization.access import Permission, may, permission_required
from denghuo.apps.organization.models import Unit
from denghuo.apps.organization.queries import names_of
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import Surge, SurgeState
from denghuo.apps.staffing.views.frame import may_edit, percent, unit_of, who

_RESTORED_SHOWN = timedelta(minutes=10)
_MOST_TEXT = 20_000


@require_GET
@permission_required(Permission.STAFFING_VIEW)
def alerts(request: HttpRequest) -> HttpResponse:
    """The surges that want a decision or are under way, for a page that asks every second."""
    unit = unit_of(request)
    if unit is None:
        return render(request, "staffing/alerts.html", {})
    now = timezone.now()
    told = [one | {"offer": _offer_told(one["surge"], at=now)} for one in surges_told(unit)]
    restored = queries.surges_restored([str(unit.path)], since=now - _RESTORED_SHOWN)
    context = {"surges": told, "restored": restored, "may_edit": may_edit(request, unit)}
    return render(request, "staffing/alerts.html", context)


def surges_told(unit: Unit) -> list[dict[str, Any]]:
    """What their rows tell, worked out before: this is asked for every second."""
    now = timezone.now()
    return [
        {
            "surge": one,
            "calls": f"{one.told['wave_total']['mean']:,.0f}",
            "rate": percent(one.told["rates"][""]),
            "sent": percent(queries.rate_of(sending)) if (sending := queries.sending_of(one)) else "",
            "put_off_until": until if (until := queries.put_off_until(one)) and until > now else None,
            "over_since": end if (end := queries.window_of(one)[1]) <= now else None,
            "unheard": queries.unheard_on(one.unit, one.outage, at=now),
        }
        for one in queries.open_surges([str(unit.path)])
    ]


def _offer_told(surge: Surge, *, at: datetime) -> dict[str, Any] | None:
    """What is proposed this minute, in words and figures; None where there is nothing to send."""
    offer = queries.offer_of(surge, at=at)
    if offer is None:
        return None
    wave = surge.told["wave_total"]
    span = _("first calls until %(until)s; in four of five cases %(low)s to %(high)s") % {
        "until": _clock(offer.until),
        "low": f"{wave['low']:,.0f}",
        "high": f"{wave['high']:,.0f}",
    }
    target = _("target %(rate)s %%") % {"rate": percent(surge.told["target_share"])}
    return {
        "shown": offer.shown.as_text(),
        "measures": _measures(offer),
        "figures": [
            (_("More calls"), f"{offer.shown.calls:,}", _("calls"), span),
            (_("Answer rate with the people there are"), percent(offer.before), "%", target),
            (_("With this"), percent(offer.after), "%", _("if it is sent now")),
            (_("Cost of it"), _yuan(offer.shown.cost_fen), _("yuan"), ""),
        ],
    }


def _measures(offer: queries.SurgeOffer) -> list[tuple[str, str, str]]:
    """Each measure that would be sent: its icon, what it is, and more of it."""
    named = {one.pk: str(one) for one in queries.agents_of_unit(offer.surge.unit_id)}
    return [_measure(one, offer, named) for one in offer.told["measures"]]


def _measure(told: dict[str, Any], offer: queries.SurgeOffer, named: dict[int, str]) -> tuple[str, str, str]:
    times = {"at": _clock(parse_datetime(told["from_at"])), "until": _clock(parse_datetime(told["until_at"]))}
    if told["measure"] == "announcement":
        return "speakerphone", _("Announcement to callers from %(at)s on") % times, offer.shown.words
    if told["measure"] == "call_backs":
        waits = ngettext("%(n)d call-back owed by then waits", "%(n)d call-backs owed by then wait", offer.put_off)
        freed = ngettext("%(n)d person more answers calls", "%(n)d people more answer calls", told["heads"])
        more = (waits % {"n": offer.put_off}, freed % {"n": told["heads"]})
        return "phone-pause", _("Put call-backs off until %(until)s") % times, _("; ").join(more)
    tiers = {
        "second": ngettext(
            "Call up %(n)d person of the second tier from %(at)s",
            "Call up %(n)d people of the second tier from %(at)s",
            told["heads"],
        ),
        "third": ngettext(
            "Call up %(n)d person of the third tier from %(at)s",
            "Call up %(n)d people of the third tier from %(at)s",
            told["heads"],
        ),
    }
    people = pgettext("between names", ", ").join(named.get(agent_id, "") for agent_id in told["agent_ids"])
    cost = _("%(cost)s yuan") % {"cost": _yuan(told["cost_fen"])}
    return "user-plus", tiers[told["measure"]] % (times | {"n": told["heads"]}), people + _("; ") + cost


@require_POST
@permission_required(Permission.STAFFING_EDIT)
def send_offer(request: HttpRequest, surge_id: int) -> HttpResponse:
    """Send what an alert shows, once; where something else is proposed by now, say what, and ask."""
    try:
        found = queries.surge_for(scope=request.data_scope, surge_id=surge_id)  # type: ignore[attr-defined]
    except Surge.DoesNotExist:
        raise Http404 from None
    if not may(request.user, Permission.STAFFING_EDIT, path=found.unit.path):
        raise PermissionDenied
    shown = queries.shown_in(request.POST.get("shown", "")[:_MOST_TEXT])
    if shown is None:
        return _answer(request, found, {"problem": _("This is not what the alert showed. Look at the proposal.")})
    try:
        sent = actions.send_offer(surge_id=found.pk, shown=shown, **who(request))
    except actions.OfferChangedError as changed:
        return _answer(request, found, _changed(found, shown, changed))
    return _answer(request, sent, _sent(sent))


def _answer(request: HttpRequest, found: Surge, told: dict[str, Any]) -> HttpResponse:
    """What came of pressing the button, beside the alerts; without script the surge's page says it."""
    if "HX-Request" in request.headers:
        return render(request, "staffing/surge_answer.html", {"surge": found} | told)
    if "problem" in told:
        messages.error(request, told["problem"])
    else:
        messages.success(request, told["said"])
    return redirect("staffing:surge", surge_id=found.pk)


def _sent(found: Surge) -> dict[str, Any]:
    """By whom and when what holds was sent: also for the second of two who pressed at once."""
    names = names_of([found.decided_by])
    told = {"at": _clock(found.decided_at), "by": names.get(found.decided_by, found.decided_by)}
    return {"sent": True, "said": _("Sent at %(at)s by %(by)s.") % told}


def _changed(found: Surge, shown: queries.Shown, changed: actions.OfferChangedError) -> dict[str, Any]:
    """What differs from what was shown, side by side; why nothing can be sent where there is nothing any more."""
    if changed.now is None:
        words = {
            SurgeState.DISMISSED: _("Somebody decided meanwhile that nothing needs to be done. Nothing was sent."),
            SurgeState.OVER: _("Supply is back meanwhile. Nothing was sent."),
        }
        if found.outage.lasts:
            words[SurgeState.OVER] = _("Most customers have supply again meanwhile. Nothing was sent.")
        late = _("What was proposed has run out or is no longer needed. Nothing was sent: look at the proposal.")
        found.refresh_from_db()
        return {"problem": words.get(SurgeState(found.state), late)}
    named = {one.pk: str(one) for one in queries.agents_of_unit(found.unit_id)}
    before, now = (_parts(one, named) for one in (shown, changed.now.shown))
    return {
        "problem": _("What is proposed has changed since you looked. Nothing was sent yet."),
        "rows": [(name, before[part][1], value) for part, (name, value) in now.items() if part in changed.parts],
        "offer": _offer_told(changed.now.surge, at=timezone.now()),
    }


def _parts(shown: queries.Shown, named: dict[int, str]) -> dict[str, tuple[str, str]]:
    """The parts of what is shown, each with its name, as somebody compares them."""
    kinds = {
        "announcement": _("announcement"),
        "call_backs": _("call-backs put off"),
        "second": _("second tier"),
        "third": _("third tier"),
    }
    comma = pgettext("between names", ", ")
    people = comma.join(named.get(agent_id, "") for _tier, ids in shown.people for agent_id in ids)
    return {
        "customers": (_("Customers without supply"), f"{shown.customers:,}"),
        "calls": (_("More calls"), f"{shown.calls:,}"),
        "measures": (_("What to do"), comma.join(kinds.get(one, one) for one in shown.measures)),
        "people": (_("Called up"), people or "–"),
        "words": (_("Callers hear"), shown.words or "–"),
        "cost_fen": (_("Cost (yuan)"), _yuan(shown.cost_fen)),
        "after": (_("Answer rate with it (%)"), percent(shown.after)),
    }


def _clock(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%H:%M}" if at else ""


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"
