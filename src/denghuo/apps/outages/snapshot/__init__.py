"""The seam between rows and the engines: what the log says of each outage, and where reports point."""

from denghuo.apps.outages.snapshot.faults import Pointed, locate_faults
from denghuo.apps.outages.snapshot.supply import SupplySummary, supply_digests, supply_summaries

__all__ = ["Pointed", "SupplySummary", "locate_faults", "supply_digests", "supply_summaries"]
