"""Which device opened: from reports of customers and meters to the most probable set of devices.

Inputs: a compiled :class:`~denghuo.engines.topology.Topology`, the switching state as far as it is known, and what was
told. Every closed switch that feeds somebody, and every distribution transformer, may have opened. Method, parameters
and measured accuracy: ``docs/engines/locate.md``.

Sources: J. Pearl, Probabilistic Reasoning in Intelligent Systems (1988), ch. 4-5, for sums and maxima on trees;
R. N. Allan et al., IEEE Trans. Power Syst. 6 (1991) 813-820, for the order of the failure rates.
"""

from denghuo.engines.locate.candidates import Candidates, OpeningRates, compile_candidates
from denghuo.engines.locate.chances import Chances
from denghuo.engines.locate.checks import check_locate
from denghuo.engines.locate.evidence import Evidence, Told, build_evidence, gather_evidence
from denghuo.engines.locate.findings import LocateCode, LocateError, LocateFinding
from denghuo.engines.locate.locating import Instead, Located, OpenedDevice, Outage, Support, locate

__all__ = [
    "Candidates",
    "Chances",
    "Evidence",
    "Instead",
    "LocateCode",
    "LocateError",
    "LocateFinding",
    "Located",
    "OpenedDevice",
    "OpeningRates",
    "Outage",
    "Support",
    "Told",
    "build_evidence",
    "check_locate",
    "compile_candidates",
    "gather_evidence",
    "locate",
]
