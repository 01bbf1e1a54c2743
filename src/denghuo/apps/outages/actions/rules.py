"""The rules of judging."""

from datetime import date, datetime

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.outages.facts import JudgingRuleSet
from denghuo.apps.outages.models import JudgingRule


@transaction.atomic
def set_judging_rule(
    *,
    unit_id: int,
    from_date: date,
    meter_word_holds_s: int,
    shut_for_s: int,
    several_reports: int,
    around_plan_s: int,
    found_before_days: int,
    told_within_s: int,
    many_customers: int,
    care_weighs: int,
    near_share: float,
    source: str,
    at: datetime,
    actor: str,
) -> JudgingRule:
    """Say how reports and words of meters are judged from a day on; said again for the same day, it replaces that.

    Raises:
        ValueError: nobody says where the rule comes from.
        django.db.IntegrityError: one report is not several, or no share is near.
    """
    if not source.strip():
        raise ValueError("a rule says where it comes from")
    told = {
        "meter_word_holds_s": meter_word_holds_s,
        "shut_for_s": shut_for_s,
        "several_reports": several_reports,
        "around_plan_s": around_plan_s,
        "found_before_days": found_before_days,
        "told_within_s": told_within_s,
        "many_customers": many_customers,
        "care_weighs": care_weighs,
        "near_share": near_share,
        "source": source,
    }
    row, _new = JudgingRule.objects.update_or_create(unit_id=unit_id, from_date=from_date, defaults=told)
    record(JudgingRuleSet(unit_id=unit_id, from_date=row.from_date, source=source), at=at, actor=actor)
    return row
