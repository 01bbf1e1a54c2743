"""What outages and suspected faults are called where only their reference stands, and whom an outage concerns."""

from collections.abc import Collection

from denghuo.apps.customers import queries as customers
from denghuo.apps.network import queries as network
from denghuo.apps.notices.queries import PUBLIC, Matter
from denghuo.apps.outages.models import Outage, Suspicion
from denghuo.apps.outages.queries.outages import loads_out
from denghuo.apps.outages.queries.plans import is_public_in, who_knew

_OUTAGE, _SUSPICION, _ACCOUNT = "outages.outage:", "outages.suspicion:", "customers.account:"


def names_of_refs(refs: Collection[str]) -> dict[str, str]:
    """Number and place by reference."""
    outages = Outage.objects.filter(pk__in=_keys(refs, _OUTAGE)).select_related("feeder")
    suspicions = Suspicion.objects.filter(pk__in=_keys(refs, _SUSPICION)).select_related("feeder")
    rows: list[Outage | Suspicion] = [*outages, *suspicions]
    return {row.about: f"{row.number} {row.place or row.feeder or ''}".strip() for row in rows}


def _keys(refs: Collection[str], of: str) -> list[int]:
    keys = (ref.removeprefix(of) for ref in refs if ref.startswith(of))
    return [int(key) for key in keys if key.isascii() and key.isdecimal()]


def matter_of(about: str) -> Matter | None:
    """An outage as it can be told of now: since it was entered, or moved; of a plan that was cancelled only that it
    was, since then."""
    row = Outage.objects.filter(pk__in=_keys([about], _OUTAGE)).select_related("network").first()
    if row is None:
        return None
    return Matter(
        since=row.told_since or row.entered_at,
        is_off=row.is_cancelled,
        concerns=lambda ref: _concerns(row, ref),
        knew=lambda ref: _knew(row, ref),
    )


def _knew(outage: Outage, ref: str) -> bool:
    return is_public_in(outage) if ref == PUBLIC else ref in {one.ref for one in who_knew(outage)}


def _concerns(outage: Outage, ref: str) -> bool:
    """Whether an account hangs behind what is, or was, to be opened; where no load is known, everybody may."""
    codes = outage.planned_device_codes.split()
    loads = set(network.loads_behind(outage.network_id, device_codes=codes) if codes else ())
    if outage.started_at is not None:
        loads |= {one.code for one in loads_out(outage, at=outage.restored_at or outage.started_at)}
    whose = customers.customers_by_id(_keys([ref], _ACCOUNT))
    return not loads or any(one.load_code in loads for one in whose.values())
