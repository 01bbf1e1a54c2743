"""The hotline for programs: figures, calls, the board and announcements as on the pages; and calls to be recorded."""

from ninja import Router

from denghuo.apps.hotline.api import calls, figures, now
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed

router = Router(tags=["hotline"], auth=Allowed(Permission.HOTLINE_VIEW))
for part in (figures, calls, now):
    router.add_router("", part.router)
