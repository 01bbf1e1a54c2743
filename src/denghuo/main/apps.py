"""Start-up of the composition root."""

import importlib
import importlib.util

from django.apps import AppConfig, apps


class MainConfig(AppConfig):
    """Brings `main`'s templates and translations, tells the ledger every context's facts, and connects the flow,
    the rounds, the customers' timeline, the evidence of orders and what they hang together with, and who knows of
    supply."""

    name = "denghuo.main"
    label = "main"

    def ready(self) -> None:
        """Register facts and lines once per process."""
        from denghuo.apps.ledger import registry
        from denghuo.apps.organization import ports
        from denghuo.main import customer_timeline, flow, order_evidence, order_ties, rounds, supply_known

        for context in apps.get_app_configs():
            if context.name.startswith("denghuo.apps.") and importlib.util.find_spec(f"{context.name}.facts"):
                registry.register_module(importlib.import_module(f"{context.name}.facts"), context=context.label)
        flow.connect(flow.FLOW)
        rounds.connect(rounds.ROUNDS)
        customer_timeline.connect(customer_timeline.SOURCES, customer_timeline.MATTERS)
        order_evidence.connect(order_evidence.SOURCES)
        order_ties.connect(order_ties.SOURCES)
        supply_known.connect(supply_known.SOURCES)
        ports.ask("worker.read_in_ahead", ["outages.snapshot:make_ready"])
