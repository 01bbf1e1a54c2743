"""The seam between rows and the engines: what the log says of each outage, and where reports point."""

from denghuo.apps.outages.snapshot.faults import Pointed, locate_faults, make_ready
from denghuo.apps.outages.snapshot.supply import SupplySummary, supply_digests, supply_summaries

__all__ = ["Pointed", "SupplySummary", "locate_faults", "make_ready", "supply_digests", "supply_summaries"]
