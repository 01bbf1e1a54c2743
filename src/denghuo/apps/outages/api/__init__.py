"""Outages for programs: the list, each with its steps and loads, plans; what is suspected, told by meters, expected."""

from ninja import Router

from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed
from denghuo.apps.outages.api import desk, outages

router = Router(tags=["outages"], auth=Allowed(Permission.OUTAGES_VIEW))
for part in (outages, desk):
    router.add_router("", part.router)
