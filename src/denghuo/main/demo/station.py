"""The IEEE 9500-node model becomes a township station: Chinese voltages, devices, customers and names.

The wires, their lengths and where everything lies are the model's. What the model does not say is laid over it, from a
seed: what kind each switching device is, a drop-out fuse before every distribution transformer, how many customers hang
behind it, and what everything is called. All names are fictional.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engines.grid import BranchKind, Grid, Ownership, SwitchKind, build_grid
from denghuo.engines.topology import (
    Topology,
    compile_topology,
    derive_feeders,
    downstream_totals,
    upstream_switch,
)

SEED = 9500

Columns = dict[str, Any]

LV_CUSTOMERS = 30_000

_BASE_KV = {115.0: 110.0, 69.0: 35.0, 12.47: 10.0, 0.48: 0.4, 0.208: 0.4}
_KM_PER_DEGREE = 111.2
_STANDARD_KVA = np.array([30, 50, 80, 100, 160, 200, 250, 315, 400, 500, 630], dtype=np.float64)
_KVA_PER_CUSTOMER, _KW_PER_CUSTOMER = 3.0, 0.55
_CUSTOMER_OWNED_SHARE = 0.12
_LINE_FROM_LOADS = 65  # a closed device with so many loads behind it heads a line of its own
_FUSE_UP_TO_LOADS = 12
_FAILURES_PER_KM_YEAR = {BranchKind.LINE: 0.14, BranchKind.CABLE: 0.04}
_FAILURES_PER_TRANSFORMER_YEAR = 0.02
_REPAIR_H = {BranchKind.LINE: 3.0, BranchKind.CABLE: 8.0, BranchKind.TRANSFORMER: 5.0}
_TIE_KVA = 13_000.0

_VILLAGES = (
    "青禾村",
    "柳溪村",
    "云台村",
    "石桥村",
    "白鹭村",
    "枫林村",
    "南坪村",
    "北坪村",
    "竹园村",
    "梅岭村",
    "桃源村",
    "金盆村",
    "凤鸣村",
    "龙泉村",
    "三河村",
    "双井村",
    "大湾村",
    "小湾村",
    "望江村",
    "杏花村",
    "松岗村",
    "荷塘村",
    "新民村",
    "团结村",
    "红旗社区",
    "灯塔社区",
)
_LINES = (
    "灯山",
    "柳溪",
    "云台",
    "石桥",
    "白鹭",
    "枫林",
    "南坪",
    "竹园",
    "梅岭",
    "桃源",
    "金盆",
    "凤鸣",
    "龙泉",
    "三河",
    "双井",
    "望江",
    "杏花",
    "松岗",
    "荷塘",
    "新民",
)


def station_of(model: Grid, *, rng: np.random.Generator) -> Grid:
    """The station's network from the public model; the same seed gives the same station."""
    topology = compile_topology(derive_feeders(model))
    behind = downstream_totals(topology).load_count
    heads = _line_heads(topology, behind)
    area = _areas(model, rng)
    nodes, branches, switches, transformers = _tables(model, topology, behind)
    owned = rng.random(len(model.loads.id)) < _CUSTOMER_OWNED_SHARE
    customers = _customers(model, owned)
    loads = _loads(model, customers, owned, area, rng)
    _size_transformers(model, transformers, loads, owned)
    _name(branches, switches, model, topology, heads, loads)
    order = np.argsort(-behind[heads], kind="stable")
    feeders: Columns = {
        "id": [f"F{number:02d}" for number in range(1, len(heads) + 1)],
        "name": [f"10kV{_LINES[number]}线" for number in range(len(heads))],
        "head_branch": model.switches.branch[heads[order]],
    }
    sources: Columns = {"id": ["S01"], "name": ["110kV灯塔变电站"], "node": model.sources.node}
    return build_grid(
        nodes=nodes,
        branches=branches,
        switches=switches,
        transformers=transformers,
        loads=loads,
        sources=sources,
        feeders=feeders,
    )


def _line_heads(topology: Topology, behind: NDArray[np.int64]) -> NDArray[np.int64]:
    """Devices heading a line: those at the substations, and from the ends upward each with loads enough of its own."""
    grid = topology.grid
    at_substation = grid.switch_of_branch[topology.feeders.head_branch].tolist()
    feeding = upstream_switch(topology)
    mv = grid.nodes.base_kv[grid.branches.from_node[grid.switches.branch]] < 13
    own, heads = behind.copy(), []
    for device in np.argsort(behind, kind="stable").tolist():
        enough = mv[device] and grid.switches.normally_closed[device] and own[device] >= _LINE_FROM_LOADS
        if device not in at_substation and not enough:
            continue
        heads.append(device)
        above, taken = _above(topology, feeding, device), own[device]
        while above >= 0:
            own[above] -= taken
            above = _above(topology, feeding, above)
    return np.array(heads)


def _above(topology: Topology, feeding: NDArray[np.int32], device: int) -> int:
    """The device that feeds a device, -1 at the source."""
    ends = topology.switch_from_section[device], topology.switch_to_section[device]
    near = next((section for section in ends if feeding[section] != device), ends[0])
    return int(feeding[near])


def _areas(model: Grid, rng: np.random.Generator) -> NDArray[np.str_]:
    """A village for every load: the nearest of as many centers, moved to the middle of their loads a few times."""
    where = np.column_stack([model.nodes.x[model.loads.node], model.nodes.y[model.loads.node]])
    centers = where[rng.choice(len(where), size=len(_VILLAGES), replace=False)]
    for _ in range(12):
        nearest = np.argmin(((where[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2), axis=1)
        for village in range(len(centers)):
            if (nearest == village).any():
                centers[village] = where[nearest == village].mean(axis=0)
    return np.array(_VILLAGES)[nearest]


def _tables(model: Grid, topology: Topology, behind: NDArray[np.int64]) -> tuple[Columns, Columns, Columns, Columns]:
    """The model in the station's terms, a drop-out fuse before every distribution transformer."""
    base_kv = np.array([_BASE_KV.get(round(float(kv), 3), 10.0) for kv in model.nodes.base_kv])
    to_lv = base_kv[model.branches.to_node] < 1
    from_mv = base_kv[model.branches.from_node] >= 1
    fused = np.flatnonzero((model.branches.kind == BranchKind.TRANSFORMER) & to_lv & from_mv)
    upstream = model.branches.from_node[fused]
    x, y = _local_km(model)
    nodes: Columns = {
        "id": [f"N{number:05d}" for number in range(len(x) + len(fused))],
        "base_kv": np.concatenate([base_kv, base_kv[upstream]]),
        "x": np.concatenate([x, x[upstream]]),
        "y": np.concatenate([y, y[upstream]]),
    }
    transformers: Columns = {
        "branch": model.transformers.branch,
        "rated_kva": model.transformers.rated_kva.copy(),
        "ownership": np.zeros(len(model.transformers.branch), dtype=np.int8),
    }
    return nodes, _branches(model, base_kv, fused), _switches(model, topology, behind, len(fused)), transformers


def _branches(model: Grid, base_kv: NDArray[np.float64], fused: NDArray[np.int64]) -> Columns:
    """The model's branches, then the fuses; a fused transformer begins at its fuse's own terminal."""
    added = len(fused)
    terminal = np.arange(len(base_kv), len(base_kv) + added)
    from_node = model.branches.from_node.copy()
    from_node[fused] = terminal
    count = len(from_node) + added
    rating_kva = np.full(count, np.nan)
    rating_kva[model.switches.branch[~model.switches.normally_closed]] = _TIE_KVA
    repair_h = [_REPAIR_H.get(BranchKind(code), np.nan) for code in model.branches.kind]
    return {
        "id": [f"B{number:05d}" for number in range(count)],
        "from_node": np.concatenate([from_node, model.branches.from_node[fused]]),
        "to_node": np.concatenate([model.branches.to_node, terminal]),
        "kind": np.concatenate([model.branches.kind, np.full(added, BranchKind.SWITCH)]),
        "length_km": np.concatenate([model.branches.length_km, np.full(added, np.nan)]),
        "rating_kva": rating_kva,
        "failure_rate_per_year": np.concatenate([_failure_rates(model, base_kv), np.zeros(added)]),
        "repair_h": np.array(repair_h + [np.nan] * added),
    }


def _switches(model: Grid, topology: Topology, behind: NDArray[np.int64], added: int) -> Columns:
    count = len(model.branches.kind)
    kind = np.concatenate([_device_kinds(topology, behind), np.full(added, SwitchKind.FUSE)])
    remote = np.isin(kind, [SwitchKind.BREAKER, SwitchKind.RECLOSER])
    remote[np.flatnonzero(~model.switches.normally_closed)[::2]] = True
    return {
        "branch": np.concatenate([model.switches.branch, np.arange(count, count + added)]),
        "kind": kind,
        "normally_closed": np.concatenate([model.switches.normally_closed, np.ones(added, dtype=bool)]),
        "remote": remote,
    }


def _local_km(model: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees become kilometers from the middle of the model, so that nothing points at a real place."""
    middle_x, middle_y = np.nanmean(model.nodes.x), np.nanmean(model.nodes.y)
    x = (model.nodes.x - middle_x) * _KM_PER_DEGREE * np.cos(np.radians(middle_y))
    return np.round(x, 4), np.round((model.nodes.y - middle_y) * _KM_PER_DEGREE, 4)


def _failure_rates(model: Grid, base_kv: NDArray[np.float64]) -> NDArray[np.float64]:
    kind, length_km = model.branches.kind, np.nan_to_num(model.branches.length_km)
    rate = np.zeros(len(kind))
    for branch_kind, per_km_year in _FAILURES_PER_KM_YEAR.items():
        rate[kind == branch_kind] = length_km[kind == branch_kind] * per_km_year
    rate[base_kv[model.branches.from_node] < 1] = 0.0  # what fails behind the transformer takes no MV user out
    rate[kind == BranchKind.TRANSFORMER] = _FAILURES_PER_TRANSFORMER_YEAR
    return np.round(rate, 6)


def _device_kinds(topology: Topology, behind: NDArray[np.int64]) -> NDArray[np.int8]:
    """Breakers at the substations, reclosers down the lines, other switches between them, fuses at small ends."""
    grid = topology.grid
    from_kv = grid.nodes.base_kv[grid.branches.from_node[grid.switches.branch]]
    kind = np.full(len(grid.switches.branch), SwitchKind.LOAD_BREAK_SWITCH, dtype=np.int8)
    closed = grid.switches.normally_closed
    kind[closed & (behind >= _LINE_FROM_LOADS)] = SwitchKind.RECLOSER
    kind[closed & (behind < _LINE_FROM_LOADS) & (np.arange(len(kind)) % 3 == 0)] = SwitchKind.DISCONNECTOR
    kind[closed & (behind <= _FUSE_UP_TO_LOADS)] = SwitchKind.FUSE
    kind[from_kv > 13] = SwitchKind.BREAKER
    kind[topology.grid.switch_of_branch[topology.feeders.head_branch]] = SwitchKind.BREAKER
    return kind


def _customers(model: Grid, owned: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Thirty thousand customers shared out by the model's demand; a customer-owned transformer has one."""
    weight = np.where(owned, 0.0, model.loads.kw)
    wanted = (LV_CUSTOMERS - owned.sum()) * weight / weight.sum()
    return np.where(owned, 1, np.maximum(np.rint(wanted), 2)).astype(np.int64)


def _loads(
    model: Grid,
    customers: NDArray[np.int64],
    owned: NDArray[np.bool_],
    area: NDArray[np.str_],
    rng: np.random.Generator,
) -> Columns:
    number_in: dict[str, int] = {}
    names = []
    for village, own in zip(area.tolist(), owned.tolist(), strict=True):
        number_in[village] = number_in.get(village, 0) + 1
        names.append(f"{village}{number_in[village]}号{'专变' if own else '台区'}")
    need_kva = np.where(owned, rng.choice(_STANDARD_KVA[2:9], size=len(owned)), customers * _KVA_PER_CUSTOMER)
    kva = _STANDARD_KVA[np.minimum(np.searchsorted(_STANDARD_KVA, need_kva), len(_STANDARD_KVA) - 1)]
    return {
        "id": [f"T{number:04d}" for number in range(1, len(names) + 1)],
        "name": names,
        "node": model.loads.node,
        "mv_users": np.ones(len(names), dtype=np.int64),
        "lv_customers": customers,
        "kva": kva,
        "kw": np.round(np.where(owned, kva * 0.35, customers * _KW_PER_CUSTOMER), 1),
        "area": area,
    }


def _size_transformers(model: Grid, transformers: Columns, loads: Columns, owned: NDArray[np.bool_]) -> None:
    """A distribution transformer takes size and ownership from the load behind it, down the service drop."""
    for row, branch in enumerate(transformers["branch"].tolist()):
        load = _load_behind(model, loads, branch)
        if load >= 0:
            transformers["rated_kva"][row] = loads["kva"][load]
            transformers["ownership"][row] = Ownership.CUSTOMER if owned[load] else Ownership.PUBLIC


_DEVICE_WORDS = {
    SwitchKind.BREAKER: "断路器",
    SwitchKind.RECLOSER: "重合器",
    SwitchKind.LOAD_BREAK_SWITCH: "负荷开关",
    SwitchKind.DISCONNECTOR: "刀闸",
    SwitchKind.FUSE: "熔断器",
}


def _name(
    branches: Columns,
    switches: Columns,
    model: Grid,
    topology: Topology,
    heads: NDArray[np.int64],
    loads: Columns,
) -> None:
    """Codes that people use for devices and transformers, and names that say what and where."""
    codes, names = list(branches["id"]), [""] * len(branches["id"])
    own = len(model.switches.branch)
    for number, (branch, kind) in enumerate(zip(switches["branch"][:own], switches["kind"], strict=False), start=1):
        codes[branch], names[branch] = f"K{number:03d}", f"{number:03d}号{_DEVICE_WORDS[SwitchKind(kind)]}"
    for row, branch in enumerate(model.transformers.branch.tolist()):
        load = _load_behind(model, loads, branch)
        codes[branch] = f"TR{row + 1:04d}"
        names[branch] = f"{loads['name'][load]}变压器" if load >= 0 else f"{row + 1}号变压器"
    beginning_at = {int(node): branch for branch, node in enumerate(branches["from_node"])}
    for number, branch in enumerate(switches["branch"][own:].tolist(), start=1):
        codes[branch] = f"RD{number:04d}"
        transformer = names[beginning_at[int(branches["to_node"][branch])]]
        names[branch] = transformer.removesuffix("变压器") + "跌落式熔断器"
    behind = downstream_totals(topology).load_count
    for line, head in zip(_LINES, heads[np.argsort(-behind[heads], kind="stable")], strict=False):
        names[int(model.switches.branch[head])] = f"10kV{line}线开关"
    branches["id"], branches["name"] = codes, names


def _load_behind(model: Grid, loads: Columns, transformer: int) -> int:
    """The load at a transformer or at the end of its service drop, -1 none."""
    node = model.branches.to_node[transformer]
    drop = model.branches.to_node[model.branches.from_node == node]
    found = np.flatnonzero(np.isin(loads["node"], [node, *drop]))
    return int(found[0]) if len(found) else -1
