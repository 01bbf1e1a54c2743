"""What the drawing is fed with: everything by position, states as the engine says, what-if that touches nothing."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from denghuo.apps.ledger.models import Fact
from denghuo.apps.network import queries
from denghuo.apps.network.actions import import_network
from denghuo.apps.network.models import SwitchingOperation
from denghuo.engines.grid import Grid, build_grid
from tests.apps.network.conftest import Switch, after
from tests.world import AT, World, small_grid


def state(world: World, *toggled: str, hours: float = 0) -> dict[str, Any]:
    return queries.drawing_state(world.network.pk, at=after(hours), toggled=toggled)


def take_in(world: World, grid: Grid) -> dict[str, Any]:
    import_network(
        unit_id=world.lamp.pk, name="new", grid=grid, source_name="new.xlsx", digest="2", at=AT, actor="test"
    )
    return queries.drawing(world.network.pk)


def without_places(grid: Grid) -> Grid:
    return replace(grid, nodes=replace(grid.nodes, x=np.full(9, np.nan), y=np.full(9, np.nan)))


def test_places_keep_their_shape(world: World) -> None:
    told = queries.drawing(world.network.pk)
    x, y = np.array(told["nodes"]["x"]), np.array(told["nodes"]["y"])
    assert not told["schematic"]
    assert (told["width"], told["height"]) == (100_000, 50_000)
    assert np.allclose(x / 25_000, small_grid().nodes.x)
    assert np.allclose((50_000 - y) / 25_000, small_grid().nodes.y)
    assert told["spacing"] == 25_000


def test_a_network_without_places_is_a_tidy_tree(world: World) -> None:
    told = take_in(world, without_places(small_grid()))
    places = set(zip(told["nodes"]["x"], told["nodes"]["y"], strict=True))
    assert told["schematic"]
    assert len(places) == 9, "no node lies upon another"
    assert told["width"] > told["height"] > 0


def test_an_empty_network_is_drawn_empty(world: World) -> None:
    told = take_in(world, build_grid(nodes={"id": []}, branches={"id": [], "from_node": [], "to_node": []}))
    assert (told["nodes"]["x"], told["width"], told["branches"]["code"]) == ([], 0, [])
    assert state(world)["dead"]["loads"] == 0


def test_columns_fit_together(world: World) -> None:
    told = queries.drawing(world.network.pk)
    branches, switches = told["branches"], told["switches"]
    assert {len(column) for column in branches.values()} == {9}
    assert [branches["code"][one] for one in switches["branch"]] == ["QF1", "QL1", "QL9", "QF2", "QL2", "FU1"]
    assert [branches["switch"][one] for one in switches["branch"]] == [0, 1, 2, 3, 4, 5]
    assert set(branches["level"]) == {1}


def test_the_live_state(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1, "N-1")
    told = state(world, hours=3)
    assert told["dead"]["lv_customers"] == 20
    assert [row["feeder"] for row in told["by_feeder"]] == ["10kV灯山线"]
    assert told["lasting"]["lv_customers"] == 20
    assert told["lasting"]["lv_customer_hours"] == pytest.approx(20 * 2)
    assert len(told["islands"]) == len(told["dead_sections"]) == 2
    assert (told["lost"], told["restored"], told["loops"]) == (None, None, [])


def test_dead_parts_are_told_apart(world: World) -> None:
    told = state(world, "FU1", "QL2")
    assert len(set(told["islands"])) == 2


def test_what_if_opened(world: World) -> None:
    told = state(world, "QL1")
    assert told["lost"]["lv_customers"] == 20
    assert told["restored"]["lv_customers"] == 0
    assert told["dead"]["lv_customers"] == 20


def test_what_if_it_came_back(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1)
    told = state(world, "QL9")
    assert (told["lost"]["loads"], told["restored"]["lv_customers"], told["dead"]["loads"]) == (0, 20, 0)
    assert told["loops"] == [], "the tie feeds a part that hangs nowhere else"


def test_closing_the_tie_is_a_loop(world: World) -> None:
    [loop] = state(world, "QL9")["loops"]
    assert {one["code"] for one in loop["switches"]} == {"QF1", "QL1", "QL9", "QF2"}
    assert state(world, "QL9", "QL1")["loops"] == []


def test_a_loop_that_stands_is_not_blamed_on_the_question(world: World, switch: Switch) -> None:
    switch("QL9", "close", 1)
    assert state(world, "FU1")["loops"] == []


def test_what_if_leaves_no_trace(world: World, switch: Switch) -> None:
    switch("FU1", "open", 1)
    facts, rows, before = Fact.objects.count(), SwitchingOperation.objects.count(), state(world)
    state(world, "QF1", "QL9")
    assert (Fact.objects.count(), SwitchingOperation.objects.count()) == (facts, rows)
    assert state(world) == before


def test_an_unknown_device_has_no_what_if(world: World) -> None:
    with pytest.raises(KeyError):
        state(world, "QL77")
