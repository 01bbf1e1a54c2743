"""Wording: what a text says that ought not to be said, and what to say instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from denghuo.apps.knowledge.models import WordingRule
from denghuo.apps.knowledge.queries.articles import seen_from, units_above
from denghuo.apps.knowledge.queries.highlights import plain_of


@dataclass(frozen=True, kw_only=True)
class WordingFinding:
    """A phrase that ought not to be said: where it stands (``text[start:end]``), and what to say instead."""

    rule_id: int
    start: int
    end: int
    phrase: str
    instead: str
    reason: str


def wording_rules(scope: Iterable[str], *, on: date) -> list[WordingRule]:
    """The rules that hold in the units of a scope on a local day; a unit's own goes before one from above."""
    rows = WordingRule.objects.filter(unit__path__in=units_above(scope), from_date__lte=on).select_related("unit")
    latest = {_compared(row.phrase): row for row in _in_order(rows)}
    return [row for row in latest.values() if not row.is_lifted]


def wording_rules_seen(scope: Iterable[str], *, on: date) -> list[WordingRule]:
    """Every unit's own rule on every phrase, for those who keep the rules."""
    rows = WordingRule.objects.filter(seen_from(scope, field="unit__path"), from_date__lte=on)
    latest = {(row.unit_id, row.phrase): row for row in _in_order(rows.select_related("unit"))}
    return [row for row in latest.values() if not row.is_lifted]


def wording_rule_for(*, scope: Iterable[str], rule_id: int) -> WordingRule:
    """One rule, if it holds in the scope.

    Raises:
        WordingRule.DoesNotExist: there is none, or it is somebody else's.
    """
    return WordingRule.objects.select_related("unit").get(seen_from(scope, field="unit__path"), pk=rule_id)


def _in_order(rows: Iterable[WordingRule]) -> list[WordingRule]:
    return sorted(rows, key=lambda row: (len(str(row.unit.path)), row.from_date, row.pk))


def _compared(phrase: str) -> str:
    return plain_of(phrase, without_blanks=True).text


def check_wording(text: str, *, rules: Sequence[WordingRule]) -> list[WordingFinding]:
    """What a text says that these rules tell not to say, in order; where two overlap the longer counts.

    Full-width and half-width, large and small are one, and blanks between characters hide nothing.
    """
    compared = plain_of(text, without_blanks=True)
    found: list[WordingFinding] = []
    for rule in rules:
        phrase = _compared(rule.phrase)
        place = compared.text.find(phrase) if phrase else -1
        while place >= 0:
            start, end = compared.places_of(place, place + len(phrase))
            found.append(
                WordingFinding(
                    rule_id=rule.pk,
                    start=start,
                    end=end,
                    phrase=rule.phrase,
                    instead=rule.instead,
                    reason=rule.reason,
                )
            )
            place = compared.text.find(phrase, place + len(phrase))
    kept: list[WordingFinding] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
