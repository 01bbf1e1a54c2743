"""Switching: isolate elements with the fewest customer-hours, restore what is healthy, and lead back.

Input: a compiled :class:`denghuo.engines.topology.Topology`, the elements of a fault or of planned work, and the
present switching state. Output: a :class:`SwitchingPlan` with every operation, its time and reason, who is out after
it, and the same for opening the whole line. See ``docs/engines/switching.md`` for the model, the search and its
proof.

Sources: DL/T 836.1-2016 for what is counted; IEC 62271-1, -100, -102, -103 for what a device may break; A. H. Land and
A. G. Doig, Econometrica 28 (1960), for branch and bound; P. E. Hart, N. J. Nilsson and B. Raphael, IEEE Trans. SSC 4
(1968), for A*.
"""

from denghuo.engines.switching.plan import plan_isolation
from denghuo.engines.switching.terms import (
    Action,
    IsolationMode,
    OutageGroup,
    Outages,
    ProblemCode,
    Step,
    SwitchingError,
    SwitchingPlan,
    SwitchingProblem,
    SwitchingRules,
    SwitchingTimes,
    TieLoads,
    WholeLine,
    Why,
)

__all__ = [
    "Action",
    "IsolationMode",
    "OutageGroup",
    "Outages",
    "ProblemCode",
    "Step",
    "SwitchingError",
    "SwitchingPlan",
    "SwitchingProblem",
    "SwitchingRules",
    "SwitchingTimes",
    "TieLoads",
    "WholeLine",
    "Why",
    "plan_isolation",
]
