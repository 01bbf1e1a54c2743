"""The cast and the small town that all tests share. Every name is made up.

Two stations below one city. Lamp station has a network: two lines from one substation, a tie between them.

    S ─QF1─ a ─L1─ b ─QL1─ c ─L2─ d ─QL9─ e ─L3─ f ─QF2─ S
                   │       │
                   FU1     QL2
                   │       │
                   t (6)   g (10)

QF1, QF2 breakers; QL1, QL2 load-break switches; QL9 the tie, normally open; FU1 a fuse. Customers: 20 at a, 14 at b,
6 behind FU1, 8 at c, 10 behind QL2, 2 at d (60 on the first line), 30 at f.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from denghuo.apps.network.actions import import_network
from denghuo.apps.network.models import Network
from denghuo.apps.organization.actions import assign_role, open_unit, register_user
from denghuo.apps.organization.models import Role, Unit, UnitKind, User
from denghuo.engines.grid import BranchKind, Grid, SwitchKind, build_grid

AT = datetime(2026, 5, 1, 0, 0, tzinfo=UTC)
PASSWORD = "a lamp in every window"

_NODES = ("S", "a", "b", "c", "d", "e", "f", "g", "t")
_BRANCHES = (
    ("QF1", "S", "a", BranchKind.SWITCH),
    ("L1", "a", "b", BranchKind.LINE),
    ("QL1", "b", "c", BranchKind.SWITCH),
    ("L2", "c", "d", BranchKind.LINE),
    ("QL9", "d", "e", BranchKind.SWITCH),
    ("L3", "e", "f", BranchKind.LINE),
    ("QF2", "S", "f", BranchKind.SWITCH),
    ("QL2", "c", "g", BranchKind.SWITCH),
    ("FU1", "b", "t", BranchKind.SWITCH),
)
_SWITCHES = (
    ("QF1", SwitchKind.BREAKER, True, True),
    ("QL1", SwitchKind.LOAD_BREAK_SWITCH, True, False),
    ("QL9", SwitchKind.LOAD_BREAK_SWITCH, False, True),
    ("QF2", SwitchKind.BREAKER, True, True),
    ("QL2", SwitchKind.LOAD_BREAK_SWITCH, True, False),
    ("FU1", SwitchKind.FUSE, True, False),
)
_LOADS = (
    ("T1", "a", 20, "青禾村"),
    ("T2", "b", 14, "青禾村"),
    ("T3", "t", 6, "柳溪村"),
    ("T4", "c", 8, "柳溪村"),
    ("T5", "g", 10, "云台村"),
    ("T6", "d", 2, "云台村"),
    ("T7", "f", 30, "石桥村"),
)


def small_grid() -> Grid:
    """The network of Lamp station."""
    node = {name: index for index, name in enumerate(_NODES)}
    branch = {code: index for index, (code, *_) in enumerate(_BRANCHES)}
    return build_grid(
        nodes={
            "id": _NODES,
            "base_kv": [10.0] * len(_NODES),
            "x": [0, 1, 2, 3, 4, 4, 2, 3, 2],
            "y": [0, 0, 0, 0, 0, 2, 2, 1, 1],
        },
        branches={
            "id": [code for code, *_ in _BRANCHES],
            "from_node": [node[start] for _, start, _, _ in _BRANCHES],
            "to_node": [node[end] for _, _, end, _ in _BRANCHES],
            "kind": [kind for *_, kind in _BRANCHES],
        },
        switches={
            "branch": [branch[code] for code, *_ in _SWITCHES],
            "kind": [kind for _, kind, _, _ in _SWITCHES],
            "normally_closed": [closed for _, _, closed, _ in _SWITCHES],
            "remote": [remote for *_, remote in _SWITCHES],
        },
        loads={
            "id": [code for code, *_ in _LOADS],
            "name": [f"{area}{code}台区" for code, _, _, area in _LOADS],
            "node": [node[at] for _, at, _, _ in _LOADS],
            "mv_users": [1] * len(_LOADS),
            "lv_customers": [customers for _, _, customers, _ in _LOADS],
            "kva": [100.0] * len(_LOADS),
            "area": [area for *_, area in _LOADS],
        },
        sources={"id": ["S1"], "name": ["灯塔变电站"], "node": [0]},
        feeders={
            "id": ["F1", "F2"],
            "name": ["10kV灯山线", "10kV柳溪线"],
            "head_branch": [branch["QF1"], branch["QF2"]],
        },
    )


@dataclass(frozen=True, kw_only=True)
class World:
    """Everybody and everything."""

    city: Unit
    lamp: Unit
    wick: Unit
    lin: User  # dispatcher of Lamp station
    zhou: User  # head of Lamp station
    ma: User  # crew of Lamp station
    bai: User  # dispatcher of Wick station: sees nothing of Lamp
    chen: User  # manager of the city: sees both
    gu: User  # administrator of the city
    wen: User  # signed in, but nobody gave a role
    network: Network


def make_world() -> World:
    """Put the town into an empty database."""
    city = open_unit(code="city", name="灯火市供电公司", kind=UnitKind.CITY, parent=None, at=AT, actor="test")
    stations = [
        open_unit(code=code, name=name, kind=UnitKind.STATION, parent=city, at=AT, actor="test")
        for code, name in (("lamp", "灯山供电所"), ("wick", "柳溪供电所"))
    ]
    lamp, wick = stations
    jobs = {
        "lin": ("林晓岚", lamp, Role.DISPATCHER),
        "zhou": ("周国平", lamp, Role.STATION_HEAD),
        "ma": ("马立军", lamp, Role.CREW),
        "bai": ("白雪", wick, Role.DISPATCHER),
        "chen": ("陈建新", city, Role.MANAGER),
        "gu": ("顾一鸣", city, Role.ADMINISTRATOR),
    }
    people = {}
    for username, (name, unit, role) in jobs.items():
        people[username] = register_user(username=username, display_name=name, password=PASSWORD, at=AT, actor="test")
        assign_role(user=people[username], unit=unit, role=role, at=AT, actor="test")
    people["wen"] = register_user(username="wen", display_name="文远", password=PASSWORD, at=AT, actor="test")
    network = import_network(
        unit_id=lamp.pk, name=lamp.name, grid=small_grid(), source_name="small.xlsx", digest="1", at=AT, actor="test"
    )
    return World(city=city, lamp=lamp, wick=wick, network=network, **people)
