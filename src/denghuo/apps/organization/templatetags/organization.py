"""What a person may do, asked by templates."""

from collections.abc import Mapping
from typing import Any

from django import template

from denghuo.apps.organization.access import Permission, permissions_of

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: Mapping[str, Any], permission: str) -> bool:
    """Whether who reads the page may do this somewhere: ``{% may "staffing.edit" as tells %}``."""
    return Permission(permission) in permissions_of(context["request"].user)
