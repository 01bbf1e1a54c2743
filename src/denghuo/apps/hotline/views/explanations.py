"""Where a figure comes from: its formula with the numbers in it, and the rule behind it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from denghuo.apps.hotline.forms import Asked
from denghuo.apps.hotline.views.figures import number, percent

EXPLAINED = (
    "answer_rate",
    "answer_rate_all",
    "service_level",
    "callers_solved_share",
    "mean_wait_s",
    "mean_handling_s",
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One number in a formula, and the calls that make it."""

    name: str | Promise
    value: str
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A figure, its formula, and the rules it follows."""

    title: str
    value: str
    unit: str | Promise
    over: tuple[Part, Part]
    rules: list[str]


def explanation(asked: Asked, column: str) -> Explanation:
    """How a figure of the question comes about."""
    told = asked.figures

    def calls(counted: str) -> str:
        return asked.address("calls", counted=counted)

    asked_for = Part(name=_("requests for a person"), value=number(told.requests), href=calls("requests"))
    answered = Part(name=_("answered"), value=number(told.answered), href=calls("answered"))
    over_all = Part(name=_("calls that are over"), value=number(told.calls - told.lasting), href=calls("calls"))
    in_time = _("answered within %(s)d s") % {"s": asked.definition.in_time_s}
    shares = {
        "answer_rate": (_("Answer rate"), told.answer_rate, (answered, asked_for)),
        "answer_rate_all": (_("Answered ÷ all calls"), told.answer_rate_all, (answered, over_all)),
        "service_level": (
            _("Answered in time"),
            told.service_level,
            (Part(name=in_time, value=number(told.in_time)), asked_for),
        ),
        "callers_solved_share": (
            _("Callers served"),
            told.callers_solved_share,
            (
                Part(name=_("callers served"), value=number(told.callers_solved), href=calls("callers_solved")),
                Part(name=_("callers"), value=number(told.callers), href=calls("callers")),
            ),
        ),
    }
    if column in shares:
        title, share, parts = shares[column]
        return Explanation(title=title, value=percent(share, 2), unit="%", over=parts, rules=_rules(asked, column))
    title, seconds, total, known = {
        "mean_wait_s": (_("Mean wait"), told.mean_wait_s, told.wait_s, told.wait_known),
        "mean_handling_s": (_("Handling time"), told.mean_handling_s, told.talk_s + told.wrap_up_s, told.talk_known),
    }[column]
    parts = (
        Part(name=_("seconds in all"), value=number(total)),
        Part(name=_("answered calls that tell it"), value=number(known), href=calls("answered")),
    )
    return Explanation(title=title, value=number(seconds, 1), unit=_("s"), over=parts, rules=_rules(asked, column))


def _rules(asked: Asked, column: str) -> list[str]:
    rule = asked.definition
    told = {
        "answer_rate": [
            _(
                "A request for a person is a call that entered the queue and is over. Who gave up, was sent away or "
                "refused counts as not answered, however short the wait."
            ),
            _("%(count)s of them gave up within %(s)d s; without these it would be %(rate)s %%.")
            % {
                "count": number(asked.figures.abandoned_soon),
                "s": rule.soon_s,
                "rate": percent(asked.figures.answer_rate_without_soon, 2),
            },
        ],
        "answer_rate_all": [_("All calls, those too that the announcement served or that ended in the menu.")],
        "service_level": [_("In time: the wait from the request to the answer is no longer than the limit.")],
        "callers_solved_share": [
            _(
                "A call of the same number within %(min)d minutes after one that was not served is the same need. It "
                "is served once one of its calls is answered, or the announcement was enough."
            )
            % {"min": rule.redial_within_s // 60},
            _("Withheld numbers cannot be joined: each call counts as a caller."),
        ],
        "mean_wait_s": [_("From the request to the answer, of those answered.")],
        "mean_handling_s": [_("Talk and wrap-up, of the answered calls.")],
    }[column]
    source = rule.source or _("a default of this product, from no published rule")
    return [
        *told,
        _("Counted by the definition in force from %(day)s: %(source)s.")
        % {"day": rule.from_date.isoformat() if rule.source else _("the beginning"), "source": source},
    ]
