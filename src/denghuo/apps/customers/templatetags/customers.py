"""Words and icons for codes of the customer file, and what is due of it, for pages of others as well."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers import queries
from denghuo.apps.customers.models import CareKind, CutReason, ImportantLevel
from denghuo.apps.organization.access import Permission, permissions_of

register = template.Library()

_WHY = {
    "account": _("the account"),
    "phone": _("the phone number"),
    "meter": _("the meter"),
    "name": _("the name"),
    "initials": _("the initials"),
    "place": _("the place"),
    "door": _("the door"),
}
_ICONS = {
    "account": "file-text",
    "supply": "plug",
    "care": "heart",
    "responsible": "user-star",
    "privacy": "eye",
    "consent": "checkbox",
    "message": "message",
    "hotline": "phone-incoming",
    "orders": "clipboard-list",
    "outage": "bolt-off",
    "crews": "walk",
}


@register.filter
def why_words(code: str) -> str | Promise:
    """By what a customer was found."""
    return _WHY.get(code, code)


@register.filter
def care_words(code: str) -> str | Promise:
    """Why somebody is in the special-care register."""
    return CareKind(code).label if code in CareKind.values else code


@register.filter
def cut_words(code: str) -> str | Promise:
    """Why somebody is cut off."""
    return CutReason(code).label if code in CutReason.values else code


@register.filter
def level_words(code: str) -> str | Promise:
    """How important a user is."""
    return ImportantLevel(code).label if code in ImportantLevel.values else code


@register.filter
def moment_icon(kind: str) -> str:
    """The icon of a kind of moment; a kind that nobody named here has a plain one."""
    return _ICONS.get(kind.partition(".")[0], "point")


@register.inclusion_tag("customers/care_due.html", takes_context=True)
def care_due(context: dict[str, Any]) -> dict[str, Any]:
    """What is due of special care for whom this person answers for; nothing where nothing is."""
    user = context["request"].user
    if Permission.CUSTOMERS_VIEW not in permissions_of(user):
        return {}
    return {"due": queries.care_due_of(user.pk, on=timezone.localdate())}
