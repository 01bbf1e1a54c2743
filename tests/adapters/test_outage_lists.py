"""Outage lists: which rows become events, which do not, and that none is lost without a word."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from denghuo.adapters.outage_lists import (
    EVENTS,
    EndOf,
    EventList,
    LeftOut,
    SameEvent,
    parse_mapping,
    read_outage_list,
    write_events_template,
)
from denghuo.adapters.tables import TableCode, TableError
from denghuo.adapters.tables.columns import describe
from denghuo.adapters.tables.logs import SWITCHING_LOG
from denghuo.adapters.tables.schema import NETWORK
from denghuo.engines.reliability import OutageKind

BC_HEAD = (
    "id,gisId,regionId,municipality,area,cause,numCustomersOut,crewEta,dateOff,estDateOn,lastUpdated,regionName,"
    "crewEtr,latitude,longitude,dateOn"
)
PGE_HEAD = "id,region,start,first_seen,last_seen,first_absent,cust_first,cust_max,cust_last,cause_code,lat,lon,snaps"


def bc_row(
    number: int,
    out: int,
    *,
    cause: str = "Tree down",
    updated: str = "10:00:00",
    off: str = "08:00:00",
    on: str = "12:30:00",
) -> str:
    day = "2024-01-02"
    return (
        f'{number},1.0,2,Duncan,"100 - 200 block, A ST",{cause},{out},,{day} {off}+00:00,,{day} {updated}+00:00,'
        f"North VI,,49.1,-122.5,{day} {on}+00:00"
    )


def read(path: Path, text: str, **options: object) -> EventList:
    (path / "events.csv").write_text(text, encoding="utf-8")
    return read_outage_list(path / "events.csv", **options)  # type: ignore[arg-type]


def hours(events: EventList) -> list[float]:
    return ((events.end - events.start).astype(np.int64) / 3.6e9).tolist()  # type: ignore[no-any-return]


def test_bc_hydro(tmp_path: Path) -> None:
    rows = [BC_HEAD, bc_row(1, 20), bc_row(2, 30, cause="Planned work being done on our equipment")]
    events = read(tmp_path, "\n".join(rows))

    assert events.form == "bc_hydro"
    assert hours(events) == [4.5, 4.5]
    assert events.customers.tolist() == [20, 30]
    assert events.kind.tolist() == [OutageKind.FAULT, OutageKind.PLANNED]
    assert events.region.tolist() == ["North VI", "North VI"]
    assert not events.left_out
    assert not events.problems


def test_of_a_re_issued_event_the_row_updated_last_counts(tmp_path: Path) -> None:
    rows = [
        bc_row(1, 71, updated="10:00:00"),
        bc_row(1, 20, updated="11:00:00"),
        bc_row(2, 9, updated="11:00:00"),
        bc_row(2, 8, updated="10:00:00"),
        bc_row(3, 5, updated="10:00:00"),
        bc_row(3, 6, updated="10:00:00"),
    ]
    events = read(tmp_path, "\n".join([BC_HEAD, *rows]))

    assert events.customers.tolist() == [20, 9, 6]
    assert events.left_out == {LeftOut.REISSUED: 3}
    assert {problem.code for problem in events.problems} == {TableCode.REISSUED}
    assert not any(problem.code.blocks for problem in events.problems)

    every = read(tmp_path, "\n".join([BC_HEAD, *rows]), same_event=SameEvent.STEPS)
    assert every.customers.tolist() == [71, 20, 9, 8, 5, 6]
    assert len(np.unique(every.event_code)) == 3
    assert not every.left_out


def test_a_correction_that_cannot_be_read_corrects_nothing(tmp_path: Path) -> None:
    rows = [bc_row(1, 71, updated="10:00:00"), bc_row(1, 0, updated="11:00:00")]
    events = read(tmp_path, "\n".join([BC_HEAD, *rows]))

    assert events.customers.tolist() == [71]
    assert events.left_out == {LeftOut.ZERO_CUSTOMERS: 1}


PGE_ROW = (
    "404209,Firebaugh,2019-06-11T00:00:00Z,2019-06-11T00:15:00Z,2019-06-11T02:00:00Z,2019-06-11T02:10:00Z,"
    "8,12,9,equipment,36,-120,49"
)


@pytest.mark.parametrize(
    ("end_of", "expected"), [(EndOf.LAST_SEEN, 120), (EndOf.MIDDLE, 125), (EndOf.FIRST_ABSENT, 130)]
)
def test_pge_ends_between_last_seen_and_first_absent(end_of: EndOf, expected: float, tmp_path: Path) -> None:
    events = read(tmp_path, f"{PGE_HEAD}\n{PGE_ROW}\n", end_of=end_of)

    assert events.form == "pge"
    assert hours(events) == [pytest.approx(expected / 60, abs=1e-12)]
    assert events.customers.tolist() == [12]
    assert events.end_earliest.astype(str).tolist() == ["2019-06-11T02:00:00.000000"]
    assert events.end_latest.astype(str).tolist() == ["2019-06-11T02:10:00.000000"]


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("scheduled_maintenance", OutageKind.PLANNED),
        ("psps_public_safety_shutoff", OutageKind.PREARRANGED),
        ("weather", OutageKind.FAULT),
        ("计划检修", OutageKind.PLANNED),
        ("有序用电限电", OutageKind.RATIONING),
        ("树障", OutageKind.FAULT),
        ("Work being done on our equipment", OutageKind.FAULT),
        ("Unplanned", OutageKind.FAULT),
        ("", OutageKind.UNCLASSIFIED),
    ],
)
def test_the_kind_follows_from_the_words_of_the_cause(cause: str, kind: OutageKind, tmp_path: Path) -> None:
    events = read(tmp_path, f"start,end,customers,cause\n2024-05-01 08:00,2024-05-01 09:00,1,{cause}\n")

    assert events.kind.tolist() == [kind]


def test_our_own_columns_in_chinese(tmp_path: Path) -> None:
    text = (
        "事件编号,停电性质,停电原因,停电时间,复电时间,停电户数,中压用户数,线路\n"
        "E1,外部故障停电,用户设备,2024年5月1日 8时30分,2024-05-01 10:00,86,1,城关线\n"
        "E1,外部故障停电,用户设备,2024年5月1日 8时30分,2024-05-01 11:00,40,1,城关线\n"
    )
    (tmp_path / "台账.csv").write_bytes(text.encode("gbk"))
    events = read_outage_list(tmp_path / "台账.csv", timezone="Asia/Shanghai")

    assert events.start.astype(str).tolist() == ["2024-05-01T00:30:00.000000"] * 2
    assert events.kind.tolist() == [OutageKind.FAULT_EXTERNAL] * 2
    assert events.event_code.tolist() == [0, 0]
    interruptions = events.interruptions()
    assert interruptions.mv_users.tolist() == [1, 1]
    assert interruptions.lv_customers.tolist() == [86, 40]


def test_columns_are_mapped_by_name(tmp_path: Path) -> None:
    text = "start,off,back,n\nx,2024-05-01 08:00,2024-05-01 09:30,7\n"
    events = read(tmp_path, text, columns=parse_mapping("start=off,end=back,customers=n"))

    assert events.form == "mapped"
    assert hours(events) == [1.5]
    assert events.customers.tolist() == [7]


def test_what_is_mapped_goes_before_what_is_known_of_a_form(tmp_path: Path) -> None:
    """The list stays BC Hydro's, with its corrections; that it has an area and a region is nothing to trip over."""
    rows = [BC_HEAD, bc_row(1, 71, updated="10:00:00"), bc_row(1, 20, updated="11:00:00")]
    events = read(tmp_path, "\n".join(rows), columns=parse_mapping("start=dateOff,end=dateOn,region=municipality"))

    assert events.form == "bc_hydro"
    assert events.customers.tolist() == [20]
    assert events.region.tolist() == ["Duncan"]


def test_what_rows_of_one_event_are_may_be_said(tmp_path: Path) -> None:
    text = "event,start,end,customers\n1,2024-05-01 08:00,2024-05-01 09:00,30\n1,2024-05-01 08:00,2024-05-01 11:00,5\n"

    assert read(tmp_path, text).customers.tolist() == [30, 5]
    assert read(tmp_path, text).same_event is SameEvent.STEPS
    corrected = read(tmp_path, text, same_event=SameEvent.CORRECTIONS)
    assert corrected.customers.tolist() == [5]
    assert corrected.left_out == {LeftOut.REISSUED: 1}


@pytest.mark.parametrize("mapping", ["begin=off", "start", "start=", "=off", "start=off,end=off", "end=on,end=off"])
def test_a_mapping_that_says_nothing_is_refused(mapping: str) -> None:
    with pytest.raises(ValueError, match=r"not a field|does not say|mapped twice"):
        parse_mapping(mapping)


@pytest.mark.parametrize(
    ("head", "mapping", "missing"),
    [
        ("start,customers", {}, "end"),
        ("end,customers", {}, "start"),
        ("start,end", {}, "customers"),
        ("start,end,customers", {"start": "dateOff"}, "dateOff"),
    ],
)
def test_a_missing_column_is_named(head: str, mapping: dict[str, str], missing: str, tmp_path: Path) -> None:
    with pytest.raises(TableError) as caught:
        read(tmp_path, f"{head}\n1,2,3\n", columns=mapping)

    assert [(problem.code, problem.value) for problem in caught.value.problems] == [(TableCode.MISSING_COLUMN, missing)]


def test_every_row_left_out_has_its_reason(tmp_path: Path) -> None:
    text = (
        "event,start,end,customers\n"
        "1,,2024-05-01 09:00,5\n"
        "2,2024-05-01 08:00,,5\n"
        "3,2024-05-01 08:00,soon,5\n"
        "4,2024-05-01 08:00,2024-05-01 07:00,5\n"
        "5,2024-05-01 08:00,2024-05-01 08:00,5\n"
        "6,2024-05-01 08:00,2024-05-01 09:00,\n"
        "7,2024-05-01 08:00,2024-05-01 09:00,-5\n"
        "8,2024-05-01 08:00,2024-05-01 09:00,0\n"
        "9,2024-05-01 08:00,2024-05-01 09:00,5\n"
        "9,2024-05-01 08:00,2024-05-01 09:00,5\n"
        "9,2024-05-01 08:00,2024-05-01 10:00,5\n"
    )
    events = read(tmp_path, text)

    assert events.row.tolist() == [10, 12]
    assert events.left_out == {
        LeftOut.NO_START: 1,
        LeftOut.NO_END: 2,
        LeftOut.END_BEFORE_START: 1,
        LeftOut.NO_DURATION: 1,
        LeftOut.NO_CUSTOMERS: 2,
        LeftOut.ZERO_CUSTOMERS: 1,
        LeftOut.REPEATED: 1,
    }
    assert sorted(problem.row for problem in events.problems) == [2, 3, 4, 5, 6, 7, 8, 9, 11]


def test_a_list_may_be_packed(tmp_path: Path) -> None:
    text = "start,end,customers\n2024-05-01 08:00,2024-05-01 09:00,5\n"
    (tmp_path / "events.csv.gz").write_bytes(gzip.compress(text.encode()))

    assert len(read_outage_list(tmp_path / "events.csv.gz")) == 1


def test_the_template_filled_in_is_read(tmp_path: Path) -> None:
    write_events_template(tmp_path / "register.xlsx")
    workbook = load_workbook(tmp_path / "register.xlsx")
    heads = {str(cell.value).split("\n")[0].split(" ")[0]: cell.column for cell in workbook["停电事件"][1]}
    filled = {"事件编号": "E1", "停电性质": "计划停电", "停电时间": "2024/5/1 8:00", "停电户数": 12,
              "复电时间": datetime(2024, 5, 1, 9, 0)}  # fmt: skip  # noqa: DTZ001 - as Excel keeps it
    for heading, value in filled.items():
        workbook["停电事件"].cell(row=3, column=heads[heading], value=value)
    workbook.save(tmp_path / "register.xlsx")

    events = read_outage_list(tmp_path / "register.xlsx", timezone="Asia/Shanghai")

    assert hours(events) == [1.0]
    assert events.kind.tolist() == [OutageKind.PLANNED]


def test_an_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        read(tmp_path, "start,end,customers\n", timezone="Mars/Olympus")


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
CELLS = st.tuples(
    st.sampled_from(["", "A", "B"]),
    MOMENTS.map(str) | st.sampled_from(["", "never"]),
    st.integers(-600, 6000) | st.none(),
    st.sampled_from(["", "0", "-1", "x", "3", "40"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(CELLS, max_size=12), updates=st.booleans())
def test_no_row_is_lost(rows: list[tuple[str, str, int | None, str]], updates: bool, tmp_path: Path) -> None:
    lines = ["event,start,end,customers" + (",updated" if updates else "")]
    for event, start, seconds, customers in rows:
        end = "" if seconds is None or not start[:1].isdigit() else (
            datetime.fromisoformat(start).replace(tzinfo=UTC) + timedelta(seconds=seconds)
        ).isoformat()  # fmt: skip
        lines.append(f"{event},{start},{end},{customers}" + (",2024-01-01 00:00" if updates else ""))
    events = read(tmp_path, "\n".join(lines) + "\n")

    blank = sum(not any((event, start, customers)) and not updates for event, start, _, customers in rows)
    assert events.rows_read == len(rows) - blank
    assert len(events) + sum(events.left_out.values()) == events.rows_read
    assert bool((events.end > events.start).all())
    assert bool((events.customers > 0).all())
    told = {problem.row for problem in events.problems}
    assert told >= set(range(2, len(rows) + 2)) - set(events.row.tolist()) if not blank else True


@pytest.mark.data
def test_the_published_lists(reference_data: Path) -> None:
    folder = reference_data / "outages"
    bc_hydro = read_outage_list(folder / "bchydro_2023-10_2025-01_events.csv.gz")
    assert (bc_hydro.rows_read, len(bc_hydro), bc_hydro.left_out) == (33_876, 33_608, {LeftOut.REISSUED: 268})
    assert int((bc_hydro.kind == OutageKind.PLANNED).sum()) == 9_580

    pge = read_outage_list(folder / "pge_2019-06_2019-12_events_min2cust.csv.gz")
    assert (pge.rows_read, len(pge), pge.left_out) == (51_575, 51_570, {LeftOut.END_BEFORE_START: 5})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reference_names_every_column_as_it_is(language: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "adapters-tables.md"

    assert describe((*NETWORK, SWITCHING_LOG, EVENTS), language=language) in page.read_text(encoding="utf-8")
