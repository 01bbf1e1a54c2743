from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from denghuo.apps.organization import ports


class StaffingConfig(AppConfig):
    name = "denghuo.apps.staffing"
    verbose_name = _("Staffing")

    def ready(self) -> None:
        """The hotline asks until when call-backs are put off before it proposes a time."""
        ports.ask("hotline.put_offs", ["staffing.queries:call_backs_put_off"])
