"""Pages of knowledge. A request becomes one query or one action; clock, permission and language are read here."""

from denghuo.apps.knowledge.views.articles import (
    article,
    edit,
    home,
    new,
    note_mistake,
    review,
    reviewed,
    version,
    withdraw,
)
from denghuo.apps.knowledge.views.exams import draw, exams, new_question, result, results, sit, withdraw_question
from denghuo.apps.knowledge.views.wording import check_wording, default_rules, lift_rule, new_rule, rule, wording

__all__ = [
    "article",
    "check_wording",
    "default_rules",
    "draw",
    "edit",
    "exams",
    "home",
    "lift_rule",
    "new",
    "new_question",
    "new_rule",
    "note_mistake",
    "result",
    "results",
    "review",
    "reviewed",
    "rule",
    "sit",
    "version",
    "withdraw",
    "withdraw_question",
    "wording",
]
