"""From an opening in the log to the figures of the year: through the pages and the API, each step to the last hour."""

import json
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from denghuo.apps.ledger import chain, deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.models import SwitchingOperation
from denghuo.engines.reliability import OutageKind
from tests.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

DAYS = {"period": "days", "since": "2025-06-10", "until": "2025-06-12"}
LOCAL = "+08:00"
# Users out: QF1 takes T1 to T6 out (60 customers), QL1 T4 to T6 (20), QL2 T5 (10), FU1 T3 (6); T7 hangs elsewhere.


class Desk:
    """One person at a desk in Lamp station."""

    def __init__(self, world: World, username: str) -> None:
        self.network_id = world.network.pk
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(getattr(world, username))

    def record(self, device: str, deed: str, at: str, event: str = "") -> SwitchingOperation:
        told = {"device": device, "closes": deed, "operated_at": at, "event_number": event, "note": "", "sure": "on"}
        answer = self.client.post(reverse("network:record", args=[self.network_id]), told)
        assert answer.status_code == 302, answer.content.decode()
        return SwitchingOperation.objects.latest("pk")

    def correct(self, wrong: SwitchingOperation, **told: str) -> None:
        right = {
            "device": wrong.device_code,
            "closes": "close" if wrong.closes else "open",
            "note": "misread",
            "sure": "on",
        }
        right |= {"event_number": wrong.event_number, "operated_at": "2025-06-10T10:00", **told}
        path = reverse("network:correct", args=[self.network_id, wrong.pk])
        assert self.client.post(path, right).status_code == 302

    def get(self, path: str, **asked: Any) -> Any:
        answer = self.client.get(path, asked)
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()

    def figures(self, **asked: str) -> tuple[float, float, float]:
        told = self.get("/api/reliability/indices", **{**DAYS, **asked})["figures"]
        return told["user_hours"], told["user_interruptions"], told["event_count"]

    def by_kind(self) -> dict[OutageKind, float]:
        groups = self.get("/api/reliability/breakdown", **DAYS, by="kind")["groups"]
        hours = {OutageKind(int(group["key"])): group["figures"]["user_hours"] for group in groups}
        return {kind: round(value, 6) for kind, value in hours.items() if value}

    def state(self) -> Any:
        return self.get(f"/network/{self.network_id}/state.json")


@pytest.fixture
def lin() -> Desk:
    """The dispatcher."""
    return Desk(make_world(), "lin")


def restore_in_steps(lin: Desk) -> tuple[str, dict[str, SwitchingOperation]]:
    """The line trips at 8:00; behind QL1 it stays dark until 11:00, the rest is back at 9:00."""
    trip = lin.record("QF1", "open", "2025-06-10T08:00")
    number = f"OP-{trip.pk}"
    rows = {"trip": trip, "isolate": lin.record("QL1", "open", "2025-06-10T08:30", number)}
    rows["close"] = lin.record("QF1", "close", "2025-06-10T09:00", number)
    rows["return"] = lin.record("QL1", "close", "2025-06-10T11:00", number)
    return number, rows


def test_while_it_lasts_the_hours_run_and_the_dead_part_is_counted(lin: Desk) -> None:
    assert lin.state()["dead"]["lv_customers"] == 0
    trip = lin.record("QF1", "open", "2025-06-10T08:00")
    state = lin.state()
    assert (state["dead"]["loads"], state["dead"]["mv_users"], state["dead"]["lv_customers"]) == (6, 6, 60)
    assert [row["feeder"] for row in state["by_feeder"]] == ["10kV灯山线"]
    (outage,) = lin.get("/api/outages", state="lasting")["items"]
    assert outage["number"] == f"OP-{trip.pk}"
    cost = lin.get(f"/api/outages/{outage['id']}")["cost"]
    for hours, at in (
        (state["lasting"]["lv_customer_hours"], state["lasting"]["at"]),
        (cost["lv_customer_hours"], cost["at"]),
    ):
        lasted = parse_datetime(at) - parse_datetime(f"2025-06-10T08:00:00{LOCAL}")  # type: ignore[operator]
        assert hours == pytest.approx(60 * lasted.total_seconds() / 3600)
    lin.record("QL1", "open", "2025-06-10T08:30", outage["number"])
    lin.record("QF1", "close", "2025-06-10T09:00", outage["number"])
    state = lin.state()
    assert state["dead"]["lv_customers"] == state["lasting"]["lv_customers"] == 20
    assert lin.get(f"/api/outages/{outage['id']}")["cost"]["loads_out"] == 3


def test_what_is_restored_is_booked_and_the_figures_move_by_just_that(lin: Desk) -> None:
    assert lin.get("/api/reliability/indices", **DAYS)["unknown"] == "nothing_booked"
    number, _rows = restore_in_steps(lin)
    (outage,) = lin.get("/api/outages", q=number)["items"]
    assert outage["restored_at"] == "2025-06-10T03:00:00Z"
    assert (outage["mv_user_hours"], outage["lv_customer_hours"]) == (3 * 1 + 3 * 3, 40 * 1 + 20 * 3)
    assert lin.figures() == (12, 6, 1)
    assert lin.figures(basis="lv_customers") == (100, 60, 1)
    assert [step["out_after"]["lv_customers"] for step in lin.get(f"/api/outages/{outage['id']}/steps")] == [60, 20, 0]
    assert lin.by_kind() == {OutageKind.UNCLASSIFIED: 12}
    told = {"kind": OutageKind.FAULT_INTERNAL, "cause": 20}
    path = f"/api/outages/{outage['id']}/classification"
    assert lin.client.post(path, json.dumps(told), content_type="application/json").status_code == 200
    assert lin.by_kind() == {OutageKind.FAULT_INTERNAL: 12}
    assert lin.figures() == (12, 6, 1)


def test_a_correction_is_followed_by_everything(lin: Desk) -> None:
    number, rows = restore_in_steps(lin)
    lin.correct(rows["return"], operated_at="2025-06-10T10:00")
    assert lin.figures() == (3 * 1 + 3 * 2, 6, 1)
    assert lin.get("/api/outages", q=number)["items"][0]["restored_at"] == "2025-06-10T02:00:00Z"
    lin.correct(rows["trip"], void="on", operated_at="2025-06-10T08:00")
    # It was QL1 alone that opened, at 8:30.
    assert lin.figures() == (3 * 1.5, 3, 1)
    (outage,) = lin.get("/api/outages", q=number)["items"]
    assert (outage["device_code"], outage["started_at"], outage["lv_customers"]) == ("QL1", "2025-06-10T00:30:00Z", 20)
    for name in ("isolate", "close"):
        lin.correct(rows[name], void="on", operated_at="2025-06-10T09:00")
    lin.correct(SwitchingOperation.objects.get(corrects=rows["return"]), void="on")
    assert lin.get("/api/outages", q=number)["items"][0]["started_at"] is None, "it never happened"
    assert lin.get("/api/reliability/indices", **DAYS)["unknown"] == "nothing_booked"


def test_what_is_told_late_moves_nothing_else(lin: Desk) -> None:
    number, _rows = restore_in_steps(lin)
    late = lin.record("FU1", "open", "2025-06-10T06:00")
    lin.record("FU1", "close", "2025-06-10T06:30", f"OP-{late.pk}")
    assert lin.figures() == (12.5, 7, 2)
    assert lin.get("/api/outages", q=number)["items"][0]["mv_user_hours"] == 12
    lin.record("FU1", "open", "2025-06-10T07:30")  # and is still open when the line trips
    assert lin.figures(until="2025-06-10")[1:] == (7, 3), "T3 was out already, and is not interrupted once more"


def test_what_overran_its_plan_is_counted_apart(lin: Desk) -> None:
    plan = {
        "network": lin.network_id,
        "number": "P-1",
        "planned_device_codes": "QL2",
        "kind": OutageKind.PLANNED_MAINTENANCE_INTERNAL.value,
        "cause": 60,
        "planned_start_at": "2025-06-11T08:00",
        "planned_end_at": "2025-06-11T10:00",
        "sure": "on",  # it lies behind
    }
    assert lin.client.post(reverse("outages:new"), plan).status_code == 302
    lin.record("QL2", "open", "2025-06-11T08:00", "P-1")
    lin.record("QL2", "close", "2025-06-11T11:30", "P-1")
    assert lin.by_kind() == {OutageKind.PLANNED_MAINTENANCE_INTERNAL: 2, OutageKind.TEMPORARY_MAINTENANCE: 1.5}
    assert lin.figures() == (3.5, 1, 1), "who lost supply once is interrupted once"


def test_workbook_list_and_figures_are_one(lin: Desk) -> None:
    restore_in_steps(lin)
    listed = lin.get("/api/reliability/interruptions", **DAYS)
    assert listed["totals"]["user_hours"] == sum(row["user_hours"] for row in listed["items"]) == lin.figures()[0]
    path = reverse("continuity:export")
    book = openpyxl.load_workbook(
        BytesIO(lin.client.post(f"{path}?period=days&since=2025-06-10&until=2025-06-12").content)
    )
    head, *rows, totals = book["Interruptions"].iter_rows(values_only=True)
    for name, total in (("User-hours", lin.figures()[0]), ("User-interruptions", lin.figures()[1])):
        at = head.index(name)
        assert sum(row[at] or 0 for row in rows) == pytest.approx(total)
        assert totals[at] == pytest.approx(total)
    for name in ("By kind", "By cause", "By line", "By area"):
        assert sum(row[2] or 0 for row in book[name].iter_rows(min_row=2, values_only=True)) == pytest.approx(12), name


def test_text_that_looks_like_a_formula_stays_text(lin: Desk) -> None:
    evil = '=HYPERLINK("http://x","y")'
    for number, hour in ((evil, 8), ("+1+1", 10), ("@SUM(1)", 12), ("-2+3", 14)):
        lin.record("QL2", "open", f"2025-06-11T{hour:02d}:00", number)
        lin.record("QL2", "close", f"2025-06-11T{hour + 1:02d}:00", number)
    path = f"{reverse('continuity:export')}?period=days&since=2025-06-10&until=2025-06-12"
    book = openpyxl.load_workbook(BytesIO(lin.client.post(path).content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert evil in {cell.value for cell in cells}
    assert "f" not in {cell.data_type for cell in cells}, "no cell is a formula"


def test_nothing_is_owed_in_the_end_and_the_chain_holds(lin: Desk) -> None:
    _number, rows = restore_in_steps(lin)
    lin.correct(rows["return"])
    deliveries.drain()  # what is left to the worker, such as telling customers
    assert ledger.backlog() == ledger.Backlog(open=0, failing=0, parked=0, oldest_at=None)
    assert chain.verify().breaks == ()
