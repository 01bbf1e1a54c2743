from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutagesConfig(AppConfig):
    name = "denghuo.apps.outages"
    verbose_name = _("Outages")

    def ready(self) -> None:
        """The network asks before it takes a number that no outage has."""
        from denghuo.apps.network.queries import ask_for_numbers
        from denghuo.apps.outages.queries import id_of_number

        ask_for_numbers(id_of_number)
