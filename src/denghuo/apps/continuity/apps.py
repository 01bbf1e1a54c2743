from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContinuityConfig(AppConfig):
    name = "denghuo.apps.continuity"
    verbose_name = _("Continuity of supply")
