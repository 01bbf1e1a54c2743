"""Our own network tables read as a :class:`~denghuo.engines.grid.Grid`, with every problem told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from denghuo.adapters.tables.columns import fold
from denghuo.adapters.tables.files import Limits, RawTable, open_tables, significant
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode, TableError
from denghuo.adapters.tables.schema import FEEDERS, LINES, LOADS, NETWORK, NODES, SOURCES, SWITCHES, TRANSFORMERS
from denghuo.adapters.tables.sheets import ERRORS_TITLE, NOTES_TITLES, ReadSheet, nearest, read_sheet
from denghuo.engines.grid import BranchKind, Finding, FindingCode, Grid, Ownership, build_grid
from denghuo.engines.topology import check_grid

__all__ = ["NetworkReading", "check_network", "read_network_folder", "read_network_workbook"]

# A name is compared with all others to find the one meant; beyond this it costs more than it helps.
_SUGGESTIONS = 50
_SUGGEST_AMONG = 20_000
_IDS_IN_HINT = 8
_LOOPS = (FindingCode.CLOSED_LOOP, FindingCode.SUPPLIED_TWICE)


@dataclass(frozen=True, kw_only=True)
class NetworkReading:
    """What a network file says. ``grid`` is None where the rows do not make a network at all.

    ``problems`` holds everything found, ``rest`` counts what was found beyond the limit. ``blocks`` is whether any of
    it must be put right before the network is used; a grid may be there all the same (a closed loop, say), to draw.
    """

    grid: Grid | None
    problems: tuple[RowProblem, ...]
    rest: int
    blocks: bool


def read_network_workbook(path: Path | str, *, limits: Limits | None = None) -> Grid:
    """Read a network workbook (.xlsx) as a grid.

    Raises:
        TableError: anything that must be put right first, all of it at once. :func:`check_network` tells it without
            raising, with what does not block.
    """
    reading = check_network(path, limits=limits)
    if reading.grid is None or reading.blocks:
        raise TableError([problem for problem in reading.problems if problem.code.blocks], rest=reading.rest)
    return reading.grid


def read_network_folder(path: Path | str, *, limits: Limits | None = None) -> Grid:
    """Read a folder of CSV files (``lines.csv`` or ``线路段.csv`` ...) as a grid; as :func:`read_network_workbook`."""
    return read_network_workbook(path, limits=limits)


def check_network(path: Path | str, *, limits: Limits | None = None) -> NetworkReading:
    """Read a network workbook, or a folder of CSV files, and say everything that is wrong with it. Never raises for
    what the file holds."""
    path = Path(path)
    problems = ProblemList()
    grid = None
    try:
        with ExitStack() as stack:
            sheets = _read_sheets(_open_all(path, stack, limits or Limits()), path, problems, limits or Limits())
        reader = _NetworkReader(sheets, problems)
        grid = reader.grid()
    except TableError as error:
        problems.extend(error.problems)
    return NetworkReading(grid=grid, problems=tuple(problems.kept), rest=problems.rest, blocks=problems.blocks)


def _open_all(path: Path, stack: ExitStack, limits: Limits) -> Iterator[RawTable]:
    files = sorted(path.glob("*.[cC][sS][vV]")) if path.is_dir() else [path]
    if not files:
        raise TableError([RowProblem(code=TableCode.MISSING_SHEET, file=path.name, value="lines.csv")])
    for file in files:
        yield from stack.enter_context(open_tables(file, limits=limits))


def _read_sheets(tables: Iterable[RawTable], path: Path, problems: ProblemList, limits: Limits) -> dict[str, ReadSheet]:
    found: dict[str, ReadSheet] = {}
    skipped = {fold(title) for title in (ERRORS_TITLE, *NOTES_TITLES)}
    for raw in tables:
        sheet = next((sheet for sheet in NETWORK if fold(raw.title) in sheet.titles), None)
        if sheet is None:
            if fold(raw.title) not in skipped and any(significant(cells) for _, cells in raw.rows):
                problems.add(_unknown_sheet(raw))
        elif sheet.name in found:
            hint = found[sheet.name].title
            problems.add(RowProblem(code=TableCode.REPEATED_SHEET, file=raw.file, value=raw.title, hint=hint))
        else:
            read = read_sheet(raw, sheet, problems, limits=limits)
            found[sheet.name] = read or ReadSheet(file=raw.file, title=raw.title, sheet=sheet)
    for sheet in NETWORK:
        if sheet.name not in found:
            if sheet.required:
                problems.add(RowProblem(code=TableCode.MISSING_SHEET, file=path.name, value=f"{sheet.zh} {sheet.en}"))
            found[sheet.name] = ReadSheet(file=path.name, title=sheet.zh, sheet=sheet)
    return found


def _unknown_sheet(raw: RawTable) -> RowProblem:
    titles = {title: sheet for sheet in NETWORK for title in sheet.titles}
    close = nearest(fold(raw.title), titles)
    if close:
        hint = f"{titles[close].zh} / {titles[close].en}"
        return RowProblem(code=TableCode.UNKNOWN_SHEET, file=raw.file, value=raw.title, hint=hint)
    return RowProblem(code=TableCode.IGNORED_SHEET, file=raw.file, value=raw.title)


@dataclass
class _Table:
    """Identifiers of one component: where each stands in the arrays, and in which row of which sheet it was typed."""

    position: dict[str, int] = field(default_factory=dict)
    origin: list[tuple[ReadSheet, int, str]] = field(default_factory=list)

    def add(self, identifier: str | None, origin: tuple[ReadSheet, int, str], problems: ProblemList) -> None:
        self.origin.append(origin)
        if identifier is None:
            return
        first = self.position.setdefault(identifier, len(self.origin) - 1)
        if first != len(self.origin) - 1:
            sheet, index, name = origin
            hint = self.address(first)
            problems.add(sheet.problem(TableCode.DUPLICATE_ID, index=index, name=name, value=identifier, hint=hint))

    def address(self, position: int) -> str:
        sheet, index, name = self.origin[position]
        return f"{sheet.title}!{sheet.problem(TableCode.DUPLICATE_ID, index=index, name=name).cell}"


class _NetworkReader:
    """Turns the sheets of a network into arrays, sheet by sheet."""

    def __init__(self, sheets: dict[str, ReadSheet], problems: ProblemList) -> None:
        self.sheets = sheets
        self.problems = problems
        self.nodes, self.branches, self.loads, self.sources, self.feeders = (_Table() for _ in range(5))
        self.node_columns: dict[str, Sequence[Any]] = {}
        self.listed = bool(sheets[NODES.name].rows)
        self.suggestions = 0

    def grid(self) -> Grid | None:
        """The grid, or None where a problem stands in the way of building one."""
        self._list_nodes()
        node_of_source = self._supplied(SOURCES.name, self.sources)
        branches, lv_nodes = self._branches()
        loads = self._loads(lv_nodes)
        feeders = self._feeders()
        if not self.sheets[SOURCES.name].rows and TableCode.MISSING_SHEET not in self.problems.counts:
            self.problems.add(
                RowProblem(
                    code=TableCode.NO_SOURCE,
                    file=self.sheets[SOURCES.name].file,
                    sheet=self.sheets[SOURCES.name].title,
                )
            )
        if self.problems.blocks:
            self._tell_loops(branches, node_of_source)
            return None
        source = self.sheets[SOURCES.name]
        grid = build_grid(
            nodes=self._node_arrays(),
            branches=branches,
            switches=self._switches(),
            transformers=self._transformers(),
            loads=loads,
            sources={
                **_identity(source),
                "node": node_of_source,
                "capacity_kva": source.column("capacity_kva", np.nan),
            },
            feeders=feeders,
        )
        for finding in check_grid(grid):
            self.problems.extend(self._told(finding))
        return grid

    def _tell_loops(self, branches: dict[str, Sequence[Any]], node_of_source: list[int]) -> None:
        """The loops among the rows that are sound, told together with what is wrong with the others.

        A loop of theirs stays one, whatever the others turn out to be. A switch that may be open counts as open.
        """
        switches = self.sheets[SWITCHES.name]
        states = switches.column("normally_closed", 1) if "normally_closed" in switches.values else []
        closed = [
            index for index, state in enumerate(states) if state and (index, "normally_closed") not in switches.bad
        ]
        first = len(self.sheets[LINES.name].rows)
        conducts = np.asarray(branches["kind"]) != BranchKind.SWITCH
        conducts[[first + index for index in closed]] = True
        ends = list(zip(branches["from_node"], branches["to_node"], strict=True))
        names = {
            row: identifier
            for identifier, row in self.branches.position.items()
            if conducts[row] and min(ends[row]) >= 0 and ends[row][0] != ends[row][1]
        }
        kinds = [branches["kind"][row] for row in names]
        sources = [
            (name, node_of_source[row]) for name, row in self.sources.position.items() if node_of_source[row] >= 0
        ]
        grid = build_grid(
            nodes={"id": [str(node) for node in range(len(self.nodes.origin))]},
            branches={
                "id": list(names.values()),
                "from_node": [ends[row][0] for row in names],
                "to_node": [ends[row][1] for row in names],
                "kind": kinds,
            },
            switches={"branch": [place for place, kind in enumerate(kinds) if kind == BranchKind.SWITCH]},
            sources={"id": [name for name, _ in sources], "node": [node for _, node in sources]},
        )
        for finding in check_grid(grid):
            if finding.code in _LOOPS:
                self.problems.extend(self._told(finding))

    def _list_nodes(self) -> None:
        sheet = self.sheets[NODES.name]
        for index, identifier in enumerate(sheet.column("id")):
            self.nodes.add(identifier, (sheet, index, "id"), self.problems)

    def _node_arrays(self) -> dict[str, Sequence[Any]]:
        sheet = self.sheets[NODES.name]
        made = len(self.nodes.origin) - len(sheet.rows)
        ids = list(self.nodes.position)
        names = [n or i for n, i in zip(sheet.column("name"), ids[: len(sheet.rows)], strict=True)]
        columns: dict[str, Sequence[Any]] = {"id": ids, "name": names + ids[len(sheet.rows) :]}
        for name in ("base_kv", "x", "y"):
            columns[name] = sheet.column(name, np.nan) + [np.nan] * made
        return columns

    def _node(self, identifier: str | None, sheet: ReadSheet, index: int, name: str) -> int:
        """Position of a node; made on the first mention unless the nodes are listed."""
        if identifier is None:
            return -1
        position = self.nodes.position.get(identifier)
        if position is None:
            if self.listed:
                self._unknown(TableCode.UNKNOWN_NODE, identifier, self.nodes, (sheet, index, name))
                return -1
            position = len(self.nodes.origin)
            self.nodes.add(identifier, (sheet, index, name), self.problems)
        return position

    def _unknown(self, code: TableCode, typed: str, table: _Table, origin: tuple[ReadSheet, int, str]) -> None:
        sheet, index, name = origin
        hint = ""
        if self.suggestions < _SUGGESTIONS and len(table.position) <= _SUGGEST_AMONG:
            self.suggestions += 1
            hint = nearest(typed, table.position, cutoff=0.5)
        self.problems.add(sheet.problem(code, index=index, name=name, value=typed, hint=hint))

    def _supplied(self, name: str, table: _Table) -> list[int]:
        """Identify the rows of a sheet whose rows stand at one node, and give their node positions."""
        sheet = self.sheets[name]
        for index, identifier in enumerate(sheet.column("id")):
            table.add(identifier, (sheet, index, "id"), self.problems)
        return [self._node(node, sheet, index, "node") for index, node in enumerate(sheet.column("node"))]

    def _branches(self) -> tuple[dict[str, Sequence[Any]], list[int]]:
        """Lines, then switches, then transformers; and for each transformer the node of its low side."""
        columns: dict[str, list[Any]] = {"from_node": [], "to_node": [], "kind": [], "name": []}
        numbers = ("length_km", "rating_kva", "failure_rate_per_year", "repair_h")
        columns |= {name: [] for name in numbers}
        for name in (LINES.name, SWITCHES.name, TRANSFORMERS.name):
            sheet = self.sheets[name]
            ids, ends = sheet.column("id"), sheet.column("to_node")
            for index, start in enumerate(sheet.column("from_node")):
                self.branches.add(ids[index], (sheet, index, "id"), self.problems)
                columns["from_node"].append(self._node(start, sheet, index, "from_node"))
                columns["to_node"].append(self._far_end(ids[index], start, ends[index], sheet, index))
            columns["name"] += [n or i for n, i in zip(sheet.column("name"), ids, strict=True)]
            for number in numbers:
                columns[number] += sheet.column(number, np.nan)
        columns["kind"] = self.sheets[LINES.name].column("kind", BranchKind.LINE)
        columns["kind"] += [BranchKind.SWITCH] * len(self.sheets[SWITCHES.name].rows)
        columns["kind"] += [BranchKind.TRANSFORMER] * len(self.sheets[TRANSFORMERS.name].rows)
        transformers = len(self.sheets[TRANSFORMERS.name].rows)
        lv_nodes = columns["to_node"][len(columns["to_node"]) - transformers :]
        return {"id": list(self.branches.position), **columns}, lv_nodes

    def _far_end(self, identifier: str | None, start: str | None, end: str | None, sheet: ReadSheet, index: int) -> int:
        if end is not None:
            if end == start:
                self.problems.add(sheet.problem(TableCode.SAME_NODE, index=index, name="to_node", value=end))
            return self._node(end, sheet, index, "to_node")
        if sheet.sheet is not TRANSFORMERS or identifier is None:
            return -1
        if self._is_repeated(identifier, len(self.branches.origin) - 1):
            return -1
        # A distribution transformer in one row: its low side gets a node of its own, listed nodes or not.
        position = len(self.nodes.origin)
        self.nodes.add(f"{identifier}/LV", (sheet, index, "id"), self.problems)
        return position

    def _is_repeated(self, identifier: str, row: int) -> bool:
        """Whether an earlier branch is called so; that is told of the branch, and not again of its node and load."""
        return self.branches.position[identifier] != row

    def _loads(self, lv_nodes: list[int]) -> dict[str, Sequence[Any]]:
        sheet = self.sheets[LOADS.name]
        nodes = self._supplied(LOADS.name, self.loads)
        given = [sheet.column("mv_users"), sheet.column("lv_customers")]
        for index, (users, customers) in enumerate(zip(*given, strict=True)):
            if users is None and customers is None and not sheet.bad & {(index, "mv_users"), (index, "lv_customers")}:
                self.problems.add(sheet.problem(TableCode.MISSING_VALUE, index=index, name="lv_customers"))
        columns: dict[str, list[Any]] = {
            **_identity(sheet),
            "node": nodes,
            "mv_users": [users or 0 for users in given[0]],
            "lv_customers": [customers or 0 for customers in given[1]],
            "kva": sheet.column("kva", np.nan),
            "kw": sheet.column("kw", np.nan),
            "area": sheet.column("area", ""),
        }
        self._transformer_loads(columns, lv_nodes)
        return dict(columns)

    def _transformer_loads(self, columns: dict[str, list[Any]], lv_nodes: list[int]) -> None:
        """The customers that stand in the row of their transformer."""
        sheet = self.sheets[TRANSFORMERS.name]
        first = len(self.branches.origin) - len(sheet.rows)
        owners = sheet.column("ownership", Ownership.PUBLIC)
        ends, customers, users = sheet.column("to_node"), sheet.column("lv_customers"), sheet.column("mv_users")
        areas = sheet.column("area", "")
        kva, kw, names = sheet.column("rated_kva", np.nan), sheet.column("kw", np.nan), sheet.column("name")
        for index, identifier in enumerate(sheet.column("id")):
            one_row = ends[index] is None
            if not one_row and customers[index] is None and users[index] is None:
                continue
            if one_row and np.isnan(kva[index]) and (index, "rated_kva") not in sheet.bad:
                self.problems.add(sheet.problem(TableCode.MISSING_VALUE, index=index, name="rated_kva"))
            if (
                customers[index] is None
                and owners[index] == Ownership.PUBLIC
                and (index, "lv_customers") not in sheet.bad
            ):
                self.problems.add(sheet.problem(TableCode.MISSING_VALUE, index=index, name="lv_customers"))
            if identifier is not None and self._is_repeated(identifier, first + index):
                continue
            self.loads.add(identifier, (sheet, index, "id"), self.problems)
            row = {
                "id": identifier,
                "name": names[index] or identifier,
                "node": lv_nodes[index],
                "mv_users": 1 if users[index] is None else users[index],
                "lv_customers": 1 if customers[index] is None else customers[index],
                "kva": kva[index],
                "kw": kw[index],
                "area": areas[index],
            }
            for name, value in row.items():
                columns[name].append(value)

    def _switches(self) -> dict[str, Sequence[Any]]:
        sheet = self.sheets[SWITCHES.name]
        first = len(self.sheets[LINES.name].rows)
        return {
            "branch": list(range(first, first + len(sheet.rows))),
            "kind": sheet.column("kind", 0),
            "normally_closed": [bool(state) for state in sheet.column("normally_closed", 1)],
            "remote": [bool(remote) for remote in sheet.column("remote", 0)],
            "operating_h": sheet.column("operating_h", np.nan),
        }

    def _transformers(self) -> dict[str, Sequence[Any]]:
        sheet = self.sheets[TRANSFORMERS.name]
        first = len(self.sheets[LINES.name].rows) + len(self.sheets[SWITCHES.name].rows)
        return {
            "branch": list(range(first, first + len(sheet.rows))),
            "rated_kva": sheet.column("rated_kva", np.nan),
            "ownership": sheet.column("ownership", Ownership.PUBLIC),
        }

    def _feeders(self) -> dict[str, Sequence[Any]]:
        sheet = self.sheets[FEEDERS.name]
        heads = []
        for index, (identifier, head) in enumerate(zip(sheet.column("id"), sheet.column("head_branch"), strict=True)):
            self.feeders.add(identifier, (sheet, index, "id"), self.problems)
            heads.append(self.branches.position.get(head, -1) if head is not None else -1)
            if head is not None and heads[-1] < 0:
                self._unknown(TableCode.UNKNOWN_BRANCH, head, self.branches, (sheet, index, "head_branch"))
        return {**_identity(sheet), "head_branch": heads}

    def _told(self, finding: Finding) -> Iterator[RowProblem]:
        """A finding of the network check, at the row it stems from: one problem for a loop, else one for each row."""
        together = finding.code in _LOOPS
        shown = finding.ids[:_IDS_IN_HINT]
        hint = ", ".join(shown) + (" ..." if len(finding.ids) > len(shown) else "")
        named = {"nodes": self.nodes, "loads": self.loads, "sources": self.sources, "feeders": self.feeders}
        table = named.get(finding.component, self.branches)
        for value in finding.ids[:1] if together else finding.ids:
            position = table.position.get(value)
            if position is None:
                file = self.sheets[SOURCES.name].file
                yield RowProblem(code=_CODES[finding.code], file=file, value=value, hint=hint if together else "")
            else:
                sheet, index, name = table.origin[position]
                told = hint if together else ""
                yield sheet.problem(_CODES[finding.code], index=index, name=name, value=value, hint=told)


def _identity(sheet: ReadSheet) -> dict[str, list[Any]]:
    ids = sheet.column("id")
    return {"id": ids, "name": [n or i for n, i in zip(sheet.column("name"), ids, strict=True)]}


_CODES: dict[FindingCode, TableCode] = {
    FindingCode.DUPLICATE_ID: TableCode.DUPLICATE_ID,
    FindingCode.EMPTY_ID: TableCode.MISSING_VALUE,
    FindingCode.UNKNOWN_NODE: TableCode.UNKNOWN_NODE,
    FindingCode.UNKNOWN_BRANCH: TableCode.UNKNOWN_BRANCH,
    FindingCode.BOTH_ENDS_AT_ONE_NODE: TableCode.SAME_NODE,
    FindingCode.SWITCH_BRANCH_MISMATCH: TableCode.UNKNOWN_DEVICE,
    FindingCode.TRANSFORMER_BRANCH_MISMATCH: TableCode.UNKNOWN_BRANCH,
    FindingCode.NEGATIVE_NUMBER: TableCode.NEGATIVE,
    FindingCode.NO_SOURCE: TableCode.NO_SOURCE,
    FindingCode.CLOSED_LOOP: TableCode.CLOSED_LOOP,
    FindingCode.SUPPLIED_TWICE: TableCode.SUPPLIED_TWICE,
    FindingCode.NOT_SUPPLIED: TableCode.NOT_SUPPLIED,
    FindingCode.ISOLATED_NODE: TableCode.ISOLATED_NODE,
}
