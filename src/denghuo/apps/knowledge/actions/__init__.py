"""Every write to knowledge."""

from denghuo.apps.knowledge.actions.articles import (
    ArticleEntry,
    StaleArticleError,
    index_texts,
    publish_article,
    publish_version,
    review_article,
    withdraw_article,
)
from denghuo.apps.knowledge.actions.exams import (
    QuestionEntry,
    TooFewQuestionsError,
    author_question,
    draw_exam,
    follow_mistake,
    note_mistake,
    sit_exam,
    withdraw_question,
)
from denghuo.apps.knowledge.actions.wording import (
    WordingEntry,
    lift_wording_rule,
    set_wording_rule,
    take_over_default_wording,
)

__all__ = [
    "ArticleEntry",
    "QuestionEntry",
    "StaleArticleError",
    "TooFewQuestionsError",
    "WordingEntry",
    "author_question",
    "draw_exam",
    "follow_mistake",
    "index_texts",
    "lift_wording_rule",
    "note_mistake",
    "publish_article",
    "publish_version",
    "review_article",
    "set_wording_rule",
    "sit_exam",
    "take_over_default_wording",
    "withdraw_article",
    "withdraw_question",
]
