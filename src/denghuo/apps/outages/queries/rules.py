"""Which rules hold: a unit's own, else those of the nearest unit above; else the product's."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from denghuo.apps.network.models import Network
from denghuo.apps.organization.models import Unit
from denghuo.apps.outages.models import JudgingRule, TellingRule

_Rule = TypeVar("_Rule", TellingRule, JudgingRule)


def rule_for(unit_path: str, *, on: date) -> TellingRule:
    """The rule of telling that holds in a unit on a day."""
    return rules_for([unit_path], on=on)[0]


def rules_for(unit_paths: Iterable[str], *, on: date) -> list[TellingRule]:
    """The same for several units."""
    rows = list(TellingRule.objects.filter(from_date__lte=on).select_related("unit"))
    return [_nearest(rows, path) or TellingRule() for path in unit_paths]


def judging_for(network_id: int, *, on: date) -> JudgingRule:
    """The rule of judging that holds for a network on a day."""
    return judging_rules([network_id], on=on)[network_id]


def judging_rules(network_ids: Iterable[int], *, on: date) -> Mapping[int, JudgingRule]:
    """The same for several networks."""
    network_ids = list(network_ids)
    rows = list(JudgingRule.objects.filter(from_date__lte=on).select_related("unit")) if network_ids else []
    if not rows:
        return {network_id: JudgingRule() for network_id in network_ids}
    paths = Network.objects.filter(pk__in=network_ids).values_list("pk", "unit__path")
    return {network_id: _nearest(rows, str(path)) or JudgingRule() for network_id, path in paths}


def judging_rules_of(unit_ids: Iterable[int], *, on: date) -> Mapping[int, JudgingRule]:
    """The rules of judging that hold in units on a day."""
    unit_ids = list(unit_ids)
    rows = list(JudgingRule.objects.filter(from_date__lte=on).select_related("unit")) if unit_ids else []
    paths = Unit.objects.filter(pk__in=unit_ids).values_list("pk", "path") if rows else ((pk, "") for pk in unit_ids)
    return {pk: _nearest(rows, str(path)) or JudgingRule() for pk, path in paths}


def _nearest(rows: Iterable[_Rule], unit_path: str) -> _Rule | None:
    reaching = [row for row in rows if unit_path.startswith(str(row.unit.path))]
    return max(reaching, key=lambda row: (len(str(row.unit.path)), row.from_date), default=None)
