from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "denghuo.apps.portal"
    verbose_name = _("The customer's door")
