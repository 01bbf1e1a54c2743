"""What not to say, and what to say instead."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from denghuo.apps.knowledge.actions.defaults import DEFAULT_SOURCE, DEFAULT_WORDING
from denghuo.apps.knowledge.facts import WordingRuleSet
from denghuo.apps.knowledge.models import WordingRule
from denghuo.apps.ledger.actions import record


@dataclass(frozen=True, kw_only=True)
class WordingEntry:
    """A phrase, what to say instead, why, and where that is written, from a local day on."""

    phrase: str
    instead: str
    reason: str
    source: str
    from_date: date


@transaction.atomic
def set_wording_rule(*, unit_id: int, entry: WordingEntry, at: datetime, actor: str) -> WordingRule:
    """Tell what not to say in a unit and below, in place of what was told of the phrase there before."""
    return _set(unit_id, entry, False, at, actor)


@transaction.atomic
def lift_wording_rule(*, rule_id: int, from_date: date, at: datetime, actor: str) -> WordingRule:
    """Allow a phrase again from a local day on."""
    rule = WordingRule.objects.get(pk=rule_id)
    entry = WordingEntry(phrase=rule.phrase, instead="", reason="", source=rule.source, from_date=from_date)
    return _set(rule.unit_id, entry, True, at, actor)


@transaction.atomic
def take_over_default_wording(*, unit_id: int, from_date: date, at: datetime, actor: str) -> int:
    """Set this product's default rules where a unit has none on the phrase; returns how many."""
    known = set(WordingRule.objects.filter(unit_id=unit_id).values_list("phrase", flat=True))
    new = [row for row in DEFAULT_WORDING if row[0] not in known]
    for phrase, instead, reason in new:
        entry = WordingEntry(phrase=phrase, instead=instead, reason=reason, source=DEFAULT_SOURCE, from_date=from_date)
        _set(unit_id, entry, False, at, actor)
    return len(new)


def _set(unit_id: int, entry: WordingEntry, is_lifted: bool, at: datetime, actor: str) -> WordingRule:
    rule = WordingRule.objects.create(unit_id=unit_id, **vars(entry), is_lifted=is_lifted, set_at=at, set_by=actor)
    fact = WordingRuleSet(
        rule_id=rule.pk,
        unit_id=unit_id,
        phrase=entry.phrase,
        instead=entry.instead,
        from_date=entry.from_date,
        is_lifted=is_lifted,
    )
    record(fact, at=at, actor=actor)
    return rule
