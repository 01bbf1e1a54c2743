"""Templates of tables of calls that are kept."""

from collections.abc import Iterable

from denghuo.apps.hotline.models import Exchange, TableTemplate
from denghuo.apps.organization.access import within


def table_templates_within(scope: Iterable[str]) -> list[TableTemplate]:
    """The templates of the exchanges of a scope."""
    rows = TableTemplate.objects.filter(within(scope, field="exchange__unit__path"))
    return list(rows.select_related("exchange"))


def table_template_named(exchange: Exchange, name: str) -> TableTemplate | None:
    """The template of an exchange that has a name, if there is one."""
    return TableTemplate.objects.filter(exchange=exchange, name=name).first()
