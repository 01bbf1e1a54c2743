"""The ledger as a Django app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Facts and their deliveries."""

    name = "denghuo.apps.ledger"
    label = "ledger"
