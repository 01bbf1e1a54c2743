"""`denghuo report`: the figures against plain arithmetic, and what it says about the rows behind them."""

import csv
import gzip
import json
import math
import statistics
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from denghuo.adapters.tables.problems import PROBLEM_LIMIT
from denghuo.main import cli

HEAD = "event,start,end,customers,cause,region,kind\n"


Run = tuple[int, dict[str, Any], str]


@pytest.fixture
def outcome(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Exit code, JSON and what the error stream says."""

    def run(text: str, *options: str) -> Run:
        (tmp_path / "events.csv").write_text(text, encoding="utf-8")
        code = cli.main(["report", str(tmp_path / "events.csv"), "--json", *options])
        said = capsys.readouterr()
        return code, json.loads(said.out), said.err

    return run


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(text: str, *options: str) -> dict[str, Any]:
        path = tmp_path / "events.csv"
        path.write_text(text, encoding="utf-8")
        assert cli.main(["report", str(path), "--json", *options]) == 0
        return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]

    return run


def index(result: dict[str, Any], name: str) -> float:
    (row,) = [row for row in result["indices"] if row["index"] == name]
    return float(row["value"])


def row(seconds: int, customers: int = 10, *, start: str = "2024-05-01T08:00:00", rest: str = ",,") -> str:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    end = datetime.fromtimestamp(begin.timestamp() + seconds, UTC)
    return f",{begin.isoformat()},{end.isoformat()},{customers},{rest}\n"


def test_the_indices_by_hand(report: Any) -> None:
    result = report(HEAD + row(7200, 30) + row(3600, 10), "--customers", "100", "--period", "2024-05-01/2024-06-01")

    assert result["system"]["hours_per_user"] == pytest.approx(0.7)
    assert result["system"]["minutes_per_user"] == pytest.approx(42)
    assert result["system"]["interruptions_per_user"] == pytest.approx(0.4)
    assert result["system"]["hours_per_interruption"] == pytest.approx(1.75)
    assert result["system"]["availability_share"] == pytest.approx(1 - 70 / (100 * 744))
    assert index(result, "SAIDI-1") == result["system"]["hours_per_user"]
    assert index(result, "CTAIDI-1") == result["system"]["hours_per_interruption"]


@pytest.mark.parametrize(("seconds", "sustained"), [(299, 0), (300, 0), (301, 10)])
def test_ieee_1366_counts_what_lasts_longer_than_five_minutes(seconds: int, sustained: int, report: Any) -> None:
    result = report(HEAD + row(seconds) + row(3600), "--customers", "10", "--standard", "ieee1366")

    assert result["system"]["user_interruptions"] == sustained + 10
    assert result["system"]["user_hours"] == pytest.approx((seconds / 360 if sustained else 0) + 10)
    assert index(result, "MAIFI") == (0 if sustained else 1)
    assert result["counted"]["short_rows"] == (0 if sustained else 1)


@pytest.mark.parametrize(("seconds", "sustained"), [(1, 0), (180, 0), (181, 1)])
def test_dlt_836_counts_all_and_in_variant_4_what_lasts_longer_than_three_minutes(
    seconds: int, sustained: int, report: Any
) -> None:
    result = report(HEAD + row(seconds) + row(3600), "--customers", "10")

    assert index(result, "SAIFI-1") == 2
    assert index(result, "SAIDI-1") == pytest.approx(1 + seconds / 3600)
    assert index(result, "SAIFI-4") == 1 + sustained
    assert index(result, "MAIFI") == 1 - sustained


def test_the_variants_follow_the_kind(report: Any) -> None:
    kinds = ("internal fault", "external fault", "planned", "source shortage")
    text = HEAD + "".join(row(3600, rest=f",,{kind}") for kind in kinds)
    result = report(text, "--customers", "10")

    assert [index(result, f"SAIDI-{variant}") for variant in ("1", "2", "3", "F", "S")] == [4, 3, 3, 2, 2]


def test_an_outage_across_the_edge_of_the_period_is_cut_and_said(report: Any) -> None:
    text = (
        HEAD
        + row(7200, start="2023-12-31T23:00:00")
        + row(7200, start="2024-12-31T23:00:00")
        + row(60, start="2022-01-01")
    )
    result = report(text, "--customers", "10", "--period", "2024-01-01/2025-01-01")

    assert result["system"]["user_hours"] == 20
    assert result["system"]["user_interruptions"] == 10
    assert result["system"]["period_hours"] == 8784
    counted = result["counted"]
    assert counted["rows_in_period"] == 2
    assert counted["rows_outside_period"] == 1
    assert counted["rows_that_began_earlier"] == 1
    assert counted["rows_that_end_later"] == 1
    assert counted["user_hours_of_rows_that_begin_in_period"] == 20


def test_the_period_left_out_is_the_whole_days_of_the_data(report: Any) -> None:
    result = report(HEAD + row(86_400, start="2024-05-01T20:00:00"), "--customers", "10", "--timezone", "Asia/Shanghai")

    assert result["counted"]["from"] == "2024-05-02T00:00:00+08:00"
    assert result["counted"]["to"] == "2024-05-04T00:00:00+08:00"
    assert result["system"]["period_hours"] == 48


def test_groups_add_up_to_the_system(report: Any) -> None:
    text = HEAD + "".join(
        row(1800 * place, place, start=f"2024-0{1 + place % 4}-28T23:30:00", rest=f"c{place % 3},r{place % 2},")
        for place in range(1, 40)
    )
    result = report(text, "--customers", "1000", "--by", "month,year,cause,region,kind")

    for key in ("month", "year", "cause", "region", "kind"):
        groups = result[f"by_{key}"]
        for figure in ("user_hours", "user_interruptions", "hours_per_user", "interruptions_per_user"):
            total = sum(group[figure] for group in groups)
            assert total == pytest.approx(result["system"][figure], rel=1e-12), (key, figure)
    assert [group["month"] for group in result["by_month"]] == ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05"][
        : len(result["by_month"])
    ]
    assert {group["cause"] for group in result["by_cause"]} == {"c0", "c1", "c2"}


def test_a_table_by_several_keys_adds_up_to_those_by_one(report: Any) -> None:
    text = HEAD + "".join(
        row(1800 * place, place, start=f"2024-0{1 + place % 4}-28T23:30:00", rest=f"c{place % 3},r{place % 2},")
        for place in range(1, 40)
    )
    result = report(text, "--customers", "1000", "--by", "month, cause,month+cause+region")

    for key in ("month", "cause"):
        sums: dict[str, float] = defaultdict(float)
        for cell in result["by_month_cause_region"]:
            sums[cell[key]] += cell["user_hours"]
        assert sums == pytest.approx({group[key]: group["user_hours"] for group in result[f"by_{key}"]}, rel=1e-12)
    assert sum(cell["share_of_user_hours"] for cell in result["by_month_cause_region"]) == pytest.approx(1)
    assert list(result["by_month_cause_region"][0])[:3] == ["month", "cause", "region"]


def test_more_out_than_served_is_said(outcome: Any) -> None:
    text = HEAD + row(86_400, 7) + row(86_400, 6, start="2024-05-01T12:00:00") + row(60, 900, start="2024-06-01")
    options = ("--period", "2024-05-01/2024-05-02")

    code, result, said = outcome(text, "--customers", "5", *options)
    assert code == 0
    assert result["system"]["availability_share"] < 0
    (finding,) = result["findings"]
    assert (finding["code"], finding["rows"]) == ("more_out_than_served", 2)
    assert "13 are out at once at 2024-05-01T12:00:00+00:00" in finding["sentence"]
    assert finding["sentence"] in said

    assert outcome(text, "--customers", "13", *options, "--strict")[::2] == (0, "")
    assert outcome(text, "--customers", "12", *options, "--strict")[0] == 1


def test_rows_left_out_are_a_finding_but_corrected_ones_are_not(outcome: Any, tmp_path: Path) -> None:
    text = HEAD + row(3600) + ",2024-05-01 08:00,,5,,,\n,2024-05-01 08:00,2024-05-01 07:00,5,,,\n"
    code, result, said = outcome(text, "--customers", "10", "--strict")
    assert code == 1
    assert [(finding["code"], finding["rows"]) for finding in result["findings"]] == [
        ("no_end", 1),
        ("end_before_start", 1),
    ]
    assert said.count("events.csv: 1 of 3 rows are left out") == 2

    updated = "event,start,end,customers,updated\n" + "".join(
        f"1,2024-05-01 08:00,2024-05-01 {hour}:00,5,2024-05-01 {hour}:00\n" for hour in (10, 11)
    )
    code, result, said = outcome(updated, "--customers", "10", "--strict")
    assert (code, result["findings"], said, result["left_out"]) == (0, [], "", {"reissued": 1})

    (tmp_path / "history.csv").write_text(text, encoding="utf-8")
    history = ("--history", str(tmp_path / "history.csv"))
    code, result, said = outcome(HEAD + row(3600), "--customers", "10", *history)
    assert code == 0
    assert "history.csv: 1 of 3 rows" in said


def test_the_figures_lie_between_those_of_the_earliest_and_the_latest_end(report: Any) -> None:
    head = "id,start,last_seen,first_absent,customers\n"
    text = head + "1,2024-05-01T08:00Z,2024-05-01T09:00Z,2024-05-01T09:30Z,10\n"
    text += "2,2024-05-02T08:00Z,2024-05-02T07:50Z,2024-05-02T08:20Z,6\n"
    result = report(text, "--customers", "100")

    assert result["list"]["end"] == "middle of last_seen and first_absent"
    early, late = result["end_bounds"]
    assert (early["end"], early["user_hours"]) == ("earliest", 10)
    assert (late["end"], late["user_hours"]) == ("latest", 17)
    assert result["system"]["user_hours"] == pytest.approx(10 * 1.25 + 6 / 12)


def test_a_period_that_ends_at_midnight_ends_there(report: Any) -> None:
    result = report(HEAD + row(7200, start="2024-05-01T22:00:00"), "--customers", "10")

    assert result["counted"]["to"] == "2024-05-02T00:00:00+00:00"
    assert result["system"]["period_hours"] == 24


def test_what_is_undefined_is_null(report: Any) -> None:
    result = report(HEAD + row(60), "--customers", "10", "--standard", "ieee1366")

    assert result["system"]["hours_per_interruption"] is None
    assert index_value(result, "CTAIDI") is None


def index_value(result: dict[str, Any], name: str) -> float | None:
    (found,) = [entry["value"] for entry in result["indices"] if entry["index"] == name]
    return found  # type: ignore[no-any-return]


def test_mv_users_are_counted_where_the_list_has_them(report: Any) -> None:
    text = "start,end,customers,mv_users\n2024-05-01 08:00,2024-05-01 09:00,80,2\n"

    assert report(text, "--customers", "10")["counted"]["basis"] == "mv_users"
    assert report(text, "--customers", "10")["system"]["user_hours"] == 2
    assert report(text, "--customers", "10", "--basis", "lv_customers")["system"]["user_hours"] == 80
    assert report(text, "--customers", "10", "--standard", "ieee1366")["system"]["user_hours"] == 80


def test_the_account_of_rows(report: Any) -> None:
    text = HEAD + row(3600) + ",2024-05-01 08:00,,5,,,\n"
    result = report(text, "--customers", "10")

    assert result["list"]["rows_read"] == 2
    assert result["list"]["rows_kept"] == 1
    assert result["left_out"] == {"reissued": 0, "no_end": 1}
    assert result["problems"] == ["events.csv, row 3, column 'end' (C3): a value is required here. Fill it in."]


@pytest.mark.parametrize(
    ("text", "options", "code", "words"),
    [
        (HEAD + row(3600) + ",2024-05-01 08:00,2024-05-01 09:00,1,200,ice,,fault\n", (), "odd_cells", "1 of 2 rows"),
        (HEAD + row(3600, rest="=1+1,,"), (), "odd_cells", "1 of 1 rows"),
        ("start,end,customers,mv_users\n2024-05-01 08:00,2024-05-01 09:00,80,\n", (), "nobody_on_basis", "mv_users"),
        (HEAD + row(3600) + row(3600, start="2124-05-01"), (), "not_yet", "1 of 2 rows"),
        (HEAD + row(3600), ("--period", "2023-01-01/2024-01-01"), "nothing_in_period", "2024-05-01T08:00:00+00:00"),
        (HEAD + row(3600), ("--major-event-days",), "no_threshold", "there are 1"),
    ],
)  # fmt: skip
def test_what_is_counted_in_doubt_is_a_finding(
    text: str, options: tuple[str, ...], code: str, words: str, outcome: Any
) -> None:
    exit_code, result, said = outcome(text, "--customers", "1000", "--strict", *options)

    assert exit_code == 1
    assert [finding["code"] for finding in result["findings"]] == [code]
    assert words in said


def test_zero_users_on_a_basis_are_a_count_and_no_finding(outcome: Any) -> None:
    text = "start,end,customers,mv_users\n2024-05-01 08:00,2024-05-01 09:00,80,0\n"

    assert outcome(text, "--customers", "1000", "--strict")[0] == 0


def test_problems_name_repeated_rows_and_go_from_the_top(report: Any) -> None:
    text = HEAD + "1" + row(3600) + "1" + row(3600) + ",,2024-05-01 08:00,5,,,\n" + row(3600, -5)

    told = report(text, "--customers", "10")["problems"]
    assert [problem.split(",")[1] for problem in told] == [" row 3", " row 4", " row 5"]


def test_corrected_rows_are_no_problem_however_many(report: Any) -> None:
    text = "event,start,end,customers,updated\n" + "1,2024-05-01 08:00,2024-05-01 09:00,5,\n" * (PROBLEM_LIMIT + 2)
    result = report(text, "--customers", "10")

    assert result["left_out"] == {"reissued": PROBLEM_LIMIT + 1}
    assert result["problems"] == []


def test_months_are_those_of_the_zone_whatever_the_offset_of_the_period(report: Any) -> None:
    text = HEAD + row(3600, start="2024-01-31T18:00:00") + row(3600, start="2024-02-15T08:00:00")
    period = ("--period", "2024-01-01T00:00+08:00/2024-03-01T00:00+08:00")

    def months(zone: str) -> dict[str, float]:
        table = report(text, "--customers", "10", "--by", "month", "--timezone", zone, *period)["by_month"]
        return {cell["month"]: cell["user_hours"] for cell in table}

    assert months("UTC") == {"2023-12": 0, "2024-01": 10, "2024-02": 10}
    assert months("Asia/Shanghai") == {"2024-01": 0, "2024-02": 20}


def test_a_history_on_another_basis_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events, history = tmp_path / "events.csv", tmp_path / "history.csv"
    events.write_text("start,end,customers,mv_users\n2024-05-01 08:00,2024-05-01 09:00,80,2\n", encoding="utf-8")
    history.write_text(HEAD + row(3600) + row(7200, start="2024-04-01"), encoding="utf-8")

    assert cli.main(["report", str(events), "--customers", "100", "--history", str(history)]) == 2
    said = capsys.readouterr()
    assert "history.csv has no column of mv_users" in said.err
    assert said.out == ""


def test_customers_are_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["report", "events.csv", "--customers", "8,200"])
    assert "'8,200' is not a number; write it like 8200" in capsys.readouterr().err


def test_major_event_days_are_set_apart(report: Any, tmp_path: Path) -> None:
    sizes = [3600 * (1 + day % 5) for day in range(300)]
    history = HEAD + "".join(
        row(size, start=f"{2019 + day // 100}-{1 + day % 100 // 25:02}-{1 + day % 25:02}T08:00:00")
        for day, size in enumerate(sizes)
    )
    (tmp_path / "history.csv").write_text(history, encoding="utf-8")
    text = HEAD + row(3600) + row(86_400, 500, start="2024-05-02T22:00:00") + row(3600, start="2024-05-04T08:00:00")
    options = ("--customers", "1000", "--history", str(tmp_path / "history.csv"))
    result = report(text, *options)

    logs = [math.log(size / 3600 * 10 / 1000 * 60) for size in sizes]
    expected = math.exp(statistics.fmean(logs) + 2.5 * statistics.stdev(logs))
    assert result["major_event_days"]["threshold_minutes_per_user"] == pytest.approx(expected)
    assert result["major_event_days"]["days_with_interruptions"] == 300
    assert [day["day"] for day in result["days_set_apart"]] == ["2024-05-02"]
    assert result["days_set_apart"][0]["hours_per_user"] == 12
    assert result["without_major_event_days"]["user_hours"] == 20
    assert result["system"]["user_hours"] == 12_020


def test_major_event_days_are_those_of_the_zone_where_clocks_change(report: Any) -> None:
    """07:30 UTC in summer is half past midnight in Vancouver, in winter the evening before."""
    sizes = [3600 * (1 + day % 5) for day in range(200)]
    text = HEAD + "".join(
        row(size, start=f"2023-{1 + d // 25:02}-{1 + d % 25:02}T20:00") for d, size in enumerate(sizes)
    )
    text += row(36_000, 900, start="2024-01-10T07:30") + row(36_000, 900, start="2024-07-10T07:30")
    options = ("--customers", "1000", "--major-event-days", "--timezone", "America/Vancouver")
    result = report(text, *options)

    assert [day["day"] for day in result["days_set_apart"]] == ["2024-01-09", "2024-07-10"]
    assert result["without_major_event_days"]["user_hours"] == pytest.approx(sum(sizes) / 3600 * 10)


def test_without_a_history_the_list_gives_the_threshold_and_it_is_said(report: Any) -> None:
    result = report(HEAD + row(3600), "--customers", "10", "--major-event-days")

    assert result["major_event_days"]["window"] == "the list itself"
    assert result["major_event_days"]["threshold_minutes_per_user"] is None
    assert result["days_set_apart"] == []


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("start,end\n1,2\n", [], ["events.csv", "required column", "customers", "--columns"]),
        (HEAD + ",soon,2024-05-01,5,,,\n", [], ["1 no_start", "row 2", "'soon' is not a date"]),
        (HEAD + row(60), ["--period", "2024-01-01/2024-01-01"], ["is empty"]),
        (HEAD, [], ["holds no outage", "0 rows read"]),
        (HEAD + row(60), ["--by", "moon"], ["--by", "moon"]),
        (HEAD + row(60), ["--by", "month+year"], ["--by month+year", "one of"]),
        (HEAD + row(60), ["--by", "cause+cause"], ["--by cause+cause", "once"]),
        (HEAD + row(60), ["--period", "2024"], ["--period", "FROM/TO"]),
        (HEAD + row(60), ["--period", "2025-01-01/2024-01-01"], ["ends before it begins"]),
        (HEAD + row(60), ["--columns", "start"], ["FIELD=HEADING"]),
        (HEAD + row(60), ["--columns", "start=off"], ["events.csv", "off"]),
        (HEAD + row(60), ["--timezone", "Nowhere/Here"], ["time zone"]),
        (HEAD + row(60), ["--basis", "mv_users"], ["mv_users"]),
        (HEAD + '"a\n', [], ["events.csv", "row 2", "quote"]),
    ],
)  # fmt: skip
def test_bad_input_is_a_sentence(
    text: str, options: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.csv").write_text(text, encoding="utf-8")

    assert cli.main(["report", str(tmp_path / "events.csv"), "--customers", "10", *options]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert all(word in said.err for word in words), said.err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", "nowhere.csv", "--customers", "10"]) == 2
    assert "nowhere.csv" in capsys.readouterr().err


@pytest.mark.data
@pytest.mark.parametrize("standard", ["dlt836", "ieee1366"])
def test_bc_hydro_against_plain_arithmetic(
    standard: str, reference_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = reference_data / "outages" / "bchydro_2023-10_2025-01_events.csv.gz"
    options = ["--customers", "2200000", "--standard", standard, "--by", "month,region", "--json"]
    assert cli.main(["report", str(path), "--period", "2024-01-01/2025-01-01", *options]) == 0
    result = json.loads(capsys.readouterr().out)

    latest: dict[str, tuple[datetime, dict[str, str]]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for entry in csv.DictReader(stream):
            updated = datetime.fromisoformat(entry["lastUpdated"])
            if entry["id"] not in latest or updated >= latest[entry["id"]][0]:
                latest[entry["id"]] = (updated, entry)
    first, last = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    hours: dict[str, float] = defaultdict(float)
    count = 0
    for _, entry in latest.values():
        off, on, out = (
            datetime.fromisoformat(entry["dateOff"]),
            datetime.fromisoformat(entry["dateOn"]),
            int(entry["numCustomersOut"]),
        )
        inside = (min(on, last) - max(off, first)).total_seconds() / 3600
        hours[entry["regionName"]] += max(inside, 0) * out
        count += out if first <= off < last else 0

    assert result["system"]["user_hours"] == pytest.approx(sum(hours.values()), rel=1e-12)
    assert result["system"]["user_interruptions"] == count
    assert {group["region"]: group["user_hours"] for group in result["by_region"]} == pytest.approx(hours, rel=1e-12)
    assert len(result["by_month"]) == 12
    assert result["left_out"] == {"reissued": 268}
