from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from denghuo.apps.organization import ports


class OutagesConfig(AppConfig):
    name = "denghuo.apps.outages"
    verbose_name = _("Outages")

    def ready(self) -> None:
        """The network asks before it takes a number that no outage has."""
        ports.ask("network.outage_of_number", ["outages.queries:id_of_number"])
