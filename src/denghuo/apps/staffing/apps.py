from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffingConfig(AppConfig):
    name = "denghuo.apps.staffing"
    verbose_name = _("Staffing")

    def ready(self) -> None:
        """The hotline asks until when call-backs are put off before it proposes a time."""
        from denghuo.apps.hotline.queries import ask_for_put_offs
        from denghuo.apps.staffing.queries import call_backs_put_off

        ask_for_put_offs(call_backs_put_off)
