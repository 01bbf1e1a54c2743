from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrewsConfig(AppConfig):
    name = "denghuo.apps.crews"
    verbose_name = _("Crews")
