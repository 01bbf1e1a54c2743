"""Start-up of the composition root."""

import importlib
import importlib.util

from django.apps import AppConfig, apps


class MainConfig(AppConfig):
    """Brings `main`'s templates and translations, tells the ledger every context's facts, and connects the flow,
    the rounds, the customers' timeline and the evidence of orders."""

    name = "denghuo.main"
    label = "main"

    def ready(self) -> None:
        """Register facts and lines once per process."""
        from denghuo.apps.ledger import registry
        from denghuo.apps.organization import ports
        from denghuo.main import customer_timeline, flow, order_evidence, rounds

        for context in apps.get_app_configs():
            if context.name.startswith("denghuo.apps.") and importlib.util.find_spec(f"{context.name}.facts"):
                registry.register_module(importlib.import_module(f"{context.name}.facts"), context=context.label)
        flow.connect(flow.FLOW)
        rounds.connect(rounds.ROUNDS)
        customer_timeline.connect(customer_timeline.SOURCES)
        order_evidence.connect(order_evidence.SOURCES)
        ports.ask("worker.read_in_ahead", ["outages.snapshot:make_ready"])
