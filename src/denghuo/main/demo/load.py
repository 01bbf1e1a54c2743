"""Put the demo station into an empty database, through the same actions that a user's own data takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from shutil import unpack_archive
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from denghuo.adapters.tables import read_network_folder
from denghuo.apps.continuity.actions import set_target
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.actions import correct_switching, import_network, import_switching_log
from denghuo.apps.network.models import Network, SwitchingOperation
from denghuo.apps.organization.actions import assign_role, open_unit, register_user
from denghuo.apps.organization.models import Role, Unit, UnitKind
from denghuo.apps.outages.actions import register_outages
from denghuo.engines.grid import Grid
from denghuo.engines.reliability import Basis
from denghuo.engines.topology import compile_topology
from denghuo.main.demo.crews import load_crews
from denghuo.main.demo.customers import load_customers
from denghuo.main.demo.load_hotline import load_hotline
from denghuo.main.demo.orders import load_orders
from denghuo.main.demo.simulator import Correction, History, simulate
from denghuo.main.demo.staffing import load_staffing
from denghuo.main.demo.station import SEED
from denghuo.main.demo.told import tell_people
from denghuo.main.demo.under_way import report_outages, send_crews
from denghuo.main.demo_people import PASSWORD, PEOPLE

ACTOR = "demo"
UNIT_CODE = "dengshan"
NETWORK_FILE = "network.zip"

# Plainly fictional places.
_UNITS = (
    ("lampcity", "灯火市供电公司", UnitKind.CITY),
    ("lampcounty", "灯火县供电公司", UnitKind.COUNTY),
    (UNIT_CODE, "灯山供电所", UnitKind.STATION),
)
_TARGETS = ((Basis.MV_USERS, 9.0), (Basis.LV_CUSTOMERS, 9.0))


@dataclass(frozen=True, kw_only=True)
class DemoStation:
    """What was put in."""

    unit_id: int
    network_id: int
    outages: int
    operations: int


def load_demo(*, now: datetime, progress: Callable[[str, float], None], with_calls: bool = True) -> DemoStation:
    """Put the station in, all of it or nothing: people, network, two years of its life up to ``now``, targets; and
    then its county's hotline, unless that is left for later.
    """
    now = now.replace(second=0, microsecond=0)
    progress("network", 0.0)
    grid = demo_grid()
    zone = ZoneInfo(settings.TIME_ZONE)
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0)
    history = simulate(
        compile_topology(grid),
        start=min(datetime(local.year - 1, 1, 1, tzinfo=zone), midnight - timedelta(days=730)),
        now=local,
        seed=SEED,
        progress=lambda share: progress("history", share),
    )
    progress("books", 0.0)
    station = _record(grid, history, now)
    deliveries.drain()  # what follows from two years is too much for the moment after a commit
    load_customers(network_id=station.network_id, unit_id=station.unit_id, now=local)
    load_crews(unit_id=station.unit_id, now=local)
    load_orders(network_id=station.network_id, now=local, progress=lambda share: progress("books", share))
    tell_people(network_id=station.network_id, now=local)
    report_outages(network_id=station.network_id, unit_id=station.unit_id, now=local)
    deliveries.drain()
    send_crews(unit_id=station.unit_id, now=local)
    deliveries.drain()
    progress("books", 1.0)
    if with_calls:
        load_calls(now=now, progress=progress)
    return station


def load_calls(*, now: datetime, progress: Callable[[str, float], None]) -> None:
    """Put in the calls of the county's hotline, hit by the station's outages, and the rosters of who answers them."""
    local = now.replace(second=0, microsecond=0).astimezone(ZoneInfo(settings.TIME_ZONE))
    progress("calls", 0.0)
    load_hotline(network_id=demo_network_id(), now=local, progress=lambda share: progress("calls", 0.85 * share))
    deliveries.drain()
    load_staffing(
        now=local, network_id=demo_network_id(), progress=lambda share: progress("calls", 0.85 + 0.15 * share)
    )
    deliveries.drain()
    progress("calls", 1.0)


def demo_network_id() -> int:
    """The key of the station's network."""
    return int(Network.objects.get(unit__code=UNIT_CODE).pk)


def is_loaded() -> bool:
    """Whether the station is there already."""
    return Unit.objects.filter(code=UNIT_CODE).exists()


@transaction.atomic
def _record(grid: Grid, history: History, now: datetime) -> DemoStation:
    station = _organization(now)
    network = import_network(
        unit_id=station.pk, name=station.name, grid=grid, source_name=NETWORK_FILE, digest="demo", at=now, actor=ACTOR
    )
    register_outages(network_id=network.pk, entries=history.entries, at=now, actor=ACTOR)
    import_switching_log(network_id=network.pk, rows=history.operations, at=now, actor=ACTOR)
    _correct(network.pk, history.corrections, now)
    for years_ago in (1, 0):
        for basis, hours in _TARGETS:
            year = now.astimezone(ZoneInfo(settings.TIME_ZONE)).year - years_ago
            set_target(
                unit_id=station.pk, year=year, basis=basis, hours_per_user=hours, source="演示目标", at=now, actor=ACTOR
            )
    return DemoStation(
        unit_id=station.pk,
        network_id=network.pk,
        outages=len(history.entries),
        operations=len(history.operations),
    )


def demo_grid() -> Grid:
    """The demo station's network as it ships."""
    with TemporaryDirectory() as folder, as_file(files(__package__) / NETWORK_FILE) as packed:
        unpack_archive(packed, folder)
        return read_network_folder(folder)


def _organization(at: datetime) -> Unit:
    unit: Unit | None = None
    units = []
    for code, name, kind in _UNITS:
        unit = open_unit(code=code, name=name, kind=kind, parent=unit, at=at, actor=ACTOR)
        units.append(unit)
    city, county, station = units
    password = make_password(PASSWORD)  # once, for it takes its time, and everybody knows it
    place = {Role.MANAGER: city, Role.ADMINISTRATOR: city, Role.ANALYST: city}
    place |= {Role.AGENT: county, Role.SHIFT_LEADER: county}
    for person in PEOPLE:
        user = register_user(username=person.username, display_name=person.name, password=None, at=at, actor=ACTOR)
        user.password = password
        user.save(update_fields=["password"])
        role = Role(person.role_code)
        assign_role(user=user, unit=place.get(role, station), role=role, at=at, actor=ACTOR)
    return station


def _correct(network_id: int, corrections: list[Correction], at: datetime) -> None:
    for correction in corrections:
        wrong = correction.wrong
        told = SwitchingOperation.objects.filter(
            network_id=network_id, device_code=wrong.device_code, operated_at=wrong.operated_at.astimezone(UTC)
        ).first()
        if told is not None:
            correct_switching(operation_id=told.pk, right=correction.right, note="时间记错", at=at, actor=ACTOR)
