"""What a roster breaks, in words."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from denghuo.apps.staffing.snapshot.rosters import CLOSED


def rule_name(code: str) -> str:
    """A rule or a kind of breach in a few words."""
    words = {
        "succession": _("a shift that may not follow the one before"),
        "rest": _("rest between two shifts"),
        "run_days": _("days of work in a row"),
        "nights": _("nights in a row"),
        "month_h": _("hours in the month"),
        "too_few": _("fewest people on a shift"),
        "not_allowed": _("away, or bound to another shift by the rota"),
        "seats": _("seats in the room"),
        CLOSED: _("a shift that is not in use on this day"),
    }
    return words.get(code, code)


def breach_words(told: dict[str, Any]) -> dict[str, str]:
    """One breach as a plan holds it: who or which shift, on which day, and what is wrong."""
    where = told["agent"] or told["shift"]
    return {"where": where, "day": told["day"], "what": _what(told, int(told["amount"]))}


def conflict_words(told: dict[str, Any], broken: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Part of what cannot hold together: a rule, or a shift with how many it lacks in the roster that breaks least, and
    on how many ``more`` days it does."""
    if told["kind"] != "too_few":
        return breach_words(told) | {"what": rule_name(told["rule"] or told["kind"])}
    alike = [one for one in broken if one["kind"] == told["kind"] and one["shift"] == told["shift"]]
    lacks = next((one for one in alike if one["day"] == told["day"]), None)
    more = len(alike) - (lacks is not None)
    words = breach_words(lacks) if lacks else breach_words(told) | {"what": rule_name("too_few")}
    if more:
        words["more"] = ngettext("(and so on %(days)d other day)", "(and so on %(days)d other days)", more) % {
            "days": more
        }
    return words


def _what(told: dict[str, Any], amount: int) -> str:
    kind, rule = told["kind"], told["rule"]
    if kind == "succession" and rule == "rest":
        return _("too little rest before %(shift)s") % told
    if kind == "succession":
        return _("%(shift)s may not follow the shift before") % told
    if rule == CLOSED:
        return _("%(shift)s is not in use on this day") % told
    if kind == "not_allowed":
        return _("put on %(shift)s though away or bound to the rota") % told if told["shift"] else _("should work")
    if rule == "month_h":
        return _("%(hours)s hours too many in the month") % {"hours": f"{amount / 60:.1f}"}
    if rule == "run_days":
        return ngettext("%(days)d day of work in a row too many", "%(days)d days of work in a row too many", amount) % {
            "days": amount
        }
    if rule == "nights":
        return ngettext("%(nights)d night in a row too many", "%(nights)d nights in a row too many", amount) % {
            "nights": amount
        }
    if kind == "seats":
        return ngettext("%(seats)d seat too few", "%(seats)d seats too few", amount) % {"seats": amount}
    if kind in {"too_few", "shortage"}:
        return ngettext("%(people)d person too few", "%(people)d people too few", amount) % {"people": amount}
    return rule_name(rule or kind)
