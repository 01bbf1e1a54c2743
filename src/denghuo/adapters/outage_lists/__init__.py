"""Lists of outage events, as utilities publish or keep them, read for the indices: BC Hydro's, PG&E's and our own
columns are recognized, others are mapped by name. What is left out is counted, with the reason.
"""

from denghuo.adapters.outage_lists.columns import EVENTS, EndOf, ListForm, SameEvent
from denghuo.adapters.outage_lists.reading import (
    EventList,
    LeftOut,
    parse_mapping,
    read_outage_list,
    write_events_template,
)

__all__ = [
    "EVENTS",
    "EndOf",
    "EventList",
    "LeftOut",
    "ListForm",
    "SameEvent",
    "parse_mapping",
    "read_outage_list",
    "write_events_template",
]
