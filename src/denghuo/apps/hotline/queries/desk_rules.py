"""The rule of the desk that is in force on a day."""

from datetime import date

from denghuo.apps.hotline.models import DeskRule

# What a new installation works by until somebody says otherwise: defaults, no published rule.
_FIRST = DeskRule(from_date=date(1900, 1, 1), source="")


def desk_rule(on: date) -> DeskRule:
    """The rule in force on a local day; one without a key is the default."""
    return DeskRule.objects.filter(from_date__lte=on).order_by("-from_date").first() or _FIRST


def desk_rules() -> list[DeskRule]:
    """Every rule, the newest first, the default last."""
    return [*DeskRule.objects.order_by("-from_date"), _FIRST]
