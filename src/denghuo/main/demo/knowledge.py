"""What the demo county's agents are asked and what they answer, in words of our own.

Every number stands in a rule that the article names. How sure it is stands behind the name of the rule: 〔已核对〕 was
read in a text of the rule, 〔待核对〕 in a secondary source; 〔默认值〕 is only where to begin.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone

from denghuo.apps.knowledge.actions import (
    ArticleEntry,
    QuestionEntry,
    author_question,
    draw_exam,
    note_mistake,
    publish_article,
    publish_version,
    sit_exam,
    take_over_default_wording,
)
from denghuo.apps.knowledge.models import Paper, QuestionKind, Topic, Version
from denghuo.apps.organization.models import Role, User
from denghuo.main.demo.articles import ARTICLES, Told

_SEED = 1990
_FIRST_REVIEW = timedelta(days=10)
_BETWEEN_REVIEWS = timedelta(days=12)
_KNOWS = 0.7  # how often somebody in the demo answers right
_MISTAKES = (
    ("欠费停电要满足哪些条件", "逾期不满三十天就告诉来电人“马上要停电”"),
    ("抢修人员多久到现场", "把农村地区的到场时间说成了城市的"),
)

# What two of them said before, to show what a new version changes.
_EARLIER: dict[str, Told] = {
    "投诉多久联系多久答复": Told(
        "投诉多久联系多久答复",
        "complaint",
        "您的投诉我已经登记，一个工作日内会有人与您联系，七个工作日内给您答复。",
        """对外说**承诺**的时限，对内按**工单**的时限：内部早一个工作日。

登记时把来电人的诉求和要求分开写。""",
        "供电服务“十项承诺”2011 版〔已核对〕",
        (("投诉联系客户的时限", "1 个工作日"), ("投诉对外答复时限", "7 个工作日")),
        "投诉 时限 答复",
    ),
    "对电量电费有异议": Told(
        "对电量电费有异议",
        "billing",
        "我先帮您核对抄表读数和计费明细。需要现场核实的，七个工作日内给您答复。",
        """查三样：抄表读数、计费电价、阶梯档位。能当场说清的当场说清。""",
        "供电服务“十项承诺”2011 版〔已核对〕",
        (("抄表数据有异议的核实答复时限", "7 个工作日"),),
        "电费 账单 读数",
    ),
}


def load_knowledge(*, unit_id: int, at: datetime, actor: str) -> None:
    """Put the articles in, with wording rules, two exams, and what the people of the unit made of the first."""
    today = timezone.localdate(at)
    with transaction.atomic():
        versions = {}
        for place, told in enumerate(ARTICLES):
            review_on = today + _FIRST_REVIEW + place * _BETWEEN_REVIEWS
            versions[told.title] = _publish(unit_id, told, today, review_on, at, actor)
        take_over_default_wording(unit_id=unit_id, from_date=date(today.year, 1, 1), at=at, actor=actor)
        first = _draw(unit_id, "上月业务知识考试", 0, today, at - timedelta(days=30), actor)
        people = User.objects.filter(
            assignments__unit_id=unit_id, assignments__role__in=[Role.AGENT, Role.SHIFT_LEADER]
        )
        for place, user in enumerate(people.distinct().order_by("username")):
            _sit(first, user, place, at - timedelta(days=29))
        for title, what in _MISTAKES:
            note_mistake(article_id=versions[title].article_id, what=what, reference="质检抽样", at=at, actor=actor)
        _draw(unit_id, "本月业务知识考试", 1, today, at, actor)


def _publish(unit_id: int, told: Told, today: date, review_on: date, at: datetime, actor: str) -> Version:
    """The article as it holds today; where the rule was another before, also as it held then."""
    earlier = _EARLIER.get(told.title)
    if earlier is None:
        version = publish_article(
            unit_id=unit_id, entry=_entry(told, date(today.year - 1, 1, 1), review_on), at=at, actor=actor
        )
    else:
        old = publish_article(
            unit_id=unit_id, entry=_entry(earlier, date(today.year - 2, 1, 1), None), at=at, actor=actor
        )
        version = publish_version(
            article_id=old.article_id,
            after_number=1,
            keeps_questions=False,
            entry=_entry(told, date(today.year - 1, 1, 1), review_on),
            at=at,
            actor=actor,
        )
    for kind, text, options, right, explanation in told.questions:
        entry = QuestionEntry(kind=QuestionKind(kind), text=text, options=options, right=right, explanation=explanation)
        author_question(version_id=version.pk, entry=entry, at=at, actor=actor)
    return version


def _entry(told: Told, valid_from: date, review_on: date | None) -> ArticleEntry:
    return ArticleEntry(
        title=told.title,
        topic=Topic(told.topic),
        script=told.script,
        body=told.body,
        key_facts=told.key_facts,
        keywords=told.keywords,
        basis=told.basis,
        valid_from=valid_from,
        review_on=review_on,
    )


def _draw(unit_id: int, title: str, number: int, on: date, at: datetime, actor: str) -> Paper:
    return draw_exam(
        unit_id=unit_id,
        title=title,
        question_count=10,
        pass_share=0.8,
        seed=_SEED + number,
        on=on,
        at=at,
        actor=actor,
    )


def _sit(paper: Paper, user: User, place: int, at: datetime) -> None:
    rng = np.random.default_rng([_SEED, place])
    chosen: Mapping[int, list[int]] = {
        question.pk: question.right if rng.random() < _KNOWS else [int(rng.integers(len(question.options) or 2))]
        for question in paper.questions.order_by("position")
    }
    sit_exam(paper_id=paper.pk, user_id=user.pk, chosen=chosen, at=at, actor=user.username)
