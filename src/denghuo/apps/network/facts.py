"""What happens to the network."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class NetworkImported:
    """How many nodes, branches, loads, sources and feeders were added, changed and retired."""

    network_id: int
    revision: int
    source_name: str
    digest: str
    added: int = 0
    changed: int = 0
    retired: int = 0


@dataclass(frozen=True, kw_only=True)
class SwitchingRecorded:
    network_id: int
    operation_id: int
    device_code: str
    closes: bool
    operated_at: datetime
    event_number: str


@dataclass(frozen=True, kw_only=True)
class SwitchingCorrected:
    network_id: int
    operation_id: int
    corrected_operation_id: int
    void: bool


@dataclass(frozen=True, kw_only=True)
class SwitchingLogImported:
    """A batch of operations, one fact for all: high-rate telemetry does not go through facts one by one."""

    network_id: int
    operation_count: int
    first_operation_id: int
    last_operation_id: int
    source_name: str = ""
    digest: str = ""
