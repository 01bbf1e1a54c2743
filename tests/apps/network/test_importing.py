"""A network taken in again: components follow the file by their codes, and nothing else moves."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.actions import OperationRow, correct_switching, import_network, import_switching_log
from denghuo.apps.network.facts import NetworkImported, SwitchingLogImported
from denghuo.apps.network.models import Branch, Feeder, Load, Network, Node, Switch, SwitchingOperation
from denghuo.apps.network.queries.changes import device_codes, network_changes
from denghuo.apps.network.snapshot import network_snapshot
from denghuo.engines.grid import Grid, build_grid
from tests.world import AT, World, make_world, small_grid

LATER = AT + timedelta(days=1)


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def take_in(world: World, grid: Grid, digest: str, **how: Any) -> Network:
    given: dict[str, Any] = {"source_name": "next.xlsx", "at": LATER, "actor": "gu"} | how
    return import_network(unit_id=world.lamp.pk, name=world.lamp.name, grid=grid, digest=digest, **given)


def columns(table: Any) -> dict[str, Any]:
    return {field.name: getattr(table, field.name) for field in fields(table)}


def rebuilt(change: Callable[[dict[str, dict[str, Any]]], None]) -> Grid:
    """Lamp station with something changed in its columns."""
    grid = small_grid()
    names = ("nodes", "branches", "switches", "transformers", "loads", "sources", "feeders")
    tables = {name: {key: list(values) for key, values in columns(getattr(grid, name)).items()} for name in names}
    change(tables)
    return build_grid(**tables)


def without_ql2(tables: dict[str, dict[str, Any]]) -> None:
    """The branch to g, its switch, its node and its load are gone: all of them the last or next to last of theirs."""
    branch = tables["branches"]["id"].index("QL2")
    switch, load, node = tables["switches"]["branch"].index(branch), tables["loads"]["id"].index("T5"), 7
    assert tables["nodes"]["id"][node] == "g"
    for name, row in (("branches", branch), ("switches", switch), ("loads", load), ("nodes", node)):
        for values in tables[name].values():
            del values[row]
    for table, key, gone in (
        ("branches", "from_node", node),
        ("branches", "to_node", node),
        ("loads", "node", node),
        ("switches", "branch", branch),
    ):
        tables[table][key] = [value - (value > gone) for value in tables[table][key]]


def as_columns(grid: Grid) -> dict[str, dict[str, list[Any]]]:
    """Everything in a grid, its rows by code, so that two grids can be compared whatever the order of their rows."""
    nodes, branches = grid.nodes.id, grid.branches.id
    pointing = {"from_node": nodes, "to_node": nodes, "node": nodes, "branch": branches, "head_branch": branches}
    found: dict[str, dict[str, list[Any]]] = {}
    for name in ("nodes", "branches", "switches", "transformers", "loads", "sources", "feeders"):
        table = columns(getattr(grid, name))
        read = {key: pointing[key][values] if key in pointing else values for key, values in table.items()}
        order = np.argsort(read["id" if "id" in read else "branch"])
        found[name] = {
            key: [None if value != value else value for value in values[order].tolist()] for key, values in read.items()
        }
    return found


def facts_of(*classes: type) -> Sequence[Any]:
    return [row.fact for row in ledger.facts(classes=classes)]


def test_the_network_comes_back_as_it_went_in(world: World) -> None:
    assert as_columns(network_snapshot(world.network.pk).grid) == as_columns(small_grid())


def test_the_same_file_again_changes_and_records_nothing(world: World) -> None:
    before = ledger.facts()
    again = take_in(world, small_grid(), "1")
    assert (again.revision, again.imported_at) == (1, AT)
    assert ledger.facts() == before


def test_another_file_of_the_same_content_records_nothing_either(world: World) -> None:
    before = ledger.facts()
    assert take_in(world, small_grid(), "saved again").revision == 1
    assert ledger.facts() == before


def test_what_changed_follows_by_code_and_keeps_its_key(world: World) -> None:
    keys = {row.code: row.pk for row in Load.objects.all()}

    def grow(tables: dict[str, dict[str, Any]]) -> None:
        tables["loads"]["lv_customers"][0] = 25
        tables["loads"]["area"][0] = "新村"
        tables["switches"]["remote"][1] = True
        tables["branches"]["length_km"][1] = 1.25
        for name in ("nodes", "branches", "loads"):
            tables[name] = {key: values[::-1] for key, values in tables[name].items()}
        last_node, last_branch = len(tables["nodes"]["id"]) - 1, len(tables["branches"]["id"]) - 1
        for table, key, last in (
            ("branches", "from_node", last_node),
            ("branches", "to_node", last_node),
            ("loads", "node", last_node),
            ("sources", "node", last_node),
            ("switches", "branch", last_branch),
            ("feeders", "head_branch", last_branch),
        ):
            tables[table][key] = [last - value for value in tables[table][key]]

    grid = rebuilt(grow)
    changes = network_changes(network_id=world.network.pk, grid=grid)
    assert {name: one.changed for name, one in changes.items() if one.changed} == {
        "branches": ("L1",),
        "switches": ("QL1",),
        "loads": ("T1",),
    }
    assert all(not one.added and not one.retired for one in changes.values())

    network = take_in(world, grid, "2")

    assert network.revision == 2
    assert {row.code: row.pk for row in Load.objects.all()} == keys
    assert as_columns(network_snapshot(network.pk).grid) == as_columns(grid)
    told = facts_of(NetworkImported)[-1]
    assert (told.added, told.changed, told.retired, told.source_name) == (0, 3, 0, "next.xlsx")


def test_what_a_file_names_no_more_is_retired_and_comes_back_as_itself(world: World) -> None:
    smaller = rebuilt(without_ql2)
    kept = Branch.objects.get(code="QL2").pk

    network = take_in(world, smaller, "2")

    gone = Branch.objects.get(code="QL2")
    assert gone.retired_at == LATER
    assert Node.objects.get(code="g").retired_at == Load.objects.get(code="T5").retired_at == LATER
    assert gone.switch.normally_closed, "what it was stays readable"
    assert "QL2" in device_codes(network.pk), "and a log may still speak of it"
    assert as_columns(network_snapshot(network.pk).grid) == as_columns(smaller)
    told = facts_of(NetworkImported)[-1]
    assert (told.added, told.changed, told.retired) == (0, 0, 4)  # node, branch, its switch, load

    take_in(world, small_grid(), "1 again")

    assert Branch.objects.get(code="QL2").pk == kept
    assert not Branch.objects.filter(retired_at__isnull=False).exists()
    assert as_columns(network_snapshot(network.pk).grid) == as_columns(small_grid())


def test_a_switch_that_becomes_a_plain_line_switches_no_more(world: World) -> None:
    def solder(tables: dict[str, dict[str, Any]]) -> None:
        branch = tables["branches"]["id"].index("QL1")
        row = tables["switches"]["branch"].index(branch)
        tables["branches"]["kind"][branch] = 0
        for values in tables["switches"].values():
            del values[row]

    network = take_in(world, rebuilt(solder), "2")

    assert not Switch.objects.filter(branch__code="QL1").exists()
    assert "QL1" not in network_snapshot(network.pk).grid.switch_position


def test_feeders_of_another_import_are_retired_not_lost(world: World) -> None:
    def rename(tables: dict[str, dict[str, Any]]) -> None:
        tables["feeders"]["id"] = ["F1", "F3"]

    take_in(world, rebuilt(rename), "2")
    assert Feeder.objects.get(code="F2").retired_at == LATER
    assert set(Feeder.objects.filter(retired_at=None).values_list("code", flat=True)) == {"F1", "F3"}


def test_all_or_nothing(world: World) -> None:
    """The last table fails: nothing of the first is there."""
    grid = rebuilt(without_ql2)
    broken = replace(grid, feeders=replace(grid.feeders, head_branch=np.array([0, 99], dtype=np.int32)))
    before = ledger.facts()
    with pytest.raises(IndexError):
        take_in(world, broken, "2")
    assert as_columns(network_snapshot(world.network.pk).grid) == as_columns(small_grid())
    assert ledger.facts() == before


def operations(*rows: tuple[str, bool, int]) -> list[OperationRow]:
    return [
        OperationRow(device_code=code, closes=closes, operated_at=AT + timedelta(hours=hour), event_number="E-1")
        for code, closes, hour in rows
    ]


def test_a_log_taken_in_twice_is_there_once(world: World) -> None:
    rows = operations(("QL1", False, 1), ("QL1", True, 3), ("QL1", False, 1))
    given: dict[str, Any] = {"network_id": world.network.pk, "at": LATER, "actor": "gu", "source_name": "log.csv"}
    assert len(import_switching_log(rows=rows, **given)) == 2
    before = ledger.facts()
    assert import_switching_log(rows=rows, **given) == []
    assert ledger.facts() == before
    told = facts_of(SwitchingLogImported)[0]
    assert (told.operation_count, told.source_name) == (2, "log.csv")


def test_a_row_that_was_corrected_does_not_come_back(world: World) -> None:
    rows = operations(("QL1", False, 1), ("QL1", True, 3))
    given: dict[str, Any] = {"network_id": world.network.pk, "at": LATER, "actor": "gu"}
    wrong = import_switching_log(rows=rows, **given)[1]
    correct_switching(operation_id=wrong.pk, right=operations(("QL1", True, 2))[0], note="", at=LATER, actor="gu")
    assert import_switching_log(rows=[*rows, *operations(("QL1", True, 2), ("QL2", False, 4))], **given) != []
    assert SwitchingOperation.objects.filter(network=world.network).count() == 4
