"""Pages of the network: for whom, with what, in which language, with how many questions to the database."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.ledger.models import Fact
from denghuo.apps.ledger.queries import facts
from denghuo.apps.network import queries
from denghuo.apps.network.actions import correct_switching
from denghuo.apps.network.facts import SwitchingRecorded
from denghuo.apps.network.forms import CorrectionForm, OperationForm
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.apps.outages.actions import OutageEntry, register_outage
from denghuo.engines.reliability import OutageKind
from denghuo.engines.switching import IsolationMode
from tests.apps.network.conftest import Switch, after, signed_in
from tests.world import AT, World

PAGES = ("picture", "log", "isolation", "findings")


def told(**changes: str) -> dict[str, str]:
    """What a person types at a device."""
    local = timezone.localtime(after(5)).strftime("%Y-%m-%dT%H:%M:%S")
    row = {"device": "QL1", "closes": "open", "operated_at": local, "event_number": "", "note": ""}
    return row | {"sure": "on"} | changes  # the tests' clock stands far back


def text(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"network:{name}", args=args), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", PAGES)
def test_pages_speak_both_languages(world: World, switch: Switch, name: str, language: str) -> None:
    switch("QL77", "open", 1)
    page = text(signed_in(world.lin, language), name, world.network.pk)
    words = {"picture": "停电隔离方案", "log": "操作记录", "isolation": "工作对象", "findings": "电网中没有此设备"}
    assert (words[name] in page) is (language == "zh-hans")


def test_who_has_one_network_is_led_to_it(world: World) -> None:
    answer = signed_in(world.lin).get(reverse("network:home"))
    assert answer.headers["Location"] == reverse("network:picture", args=[world.network.pk])


def test_who_has_none_is_told_what_will_be_here(world: World) -> None:
    assert "No network yet" in text(signed_in(world.bai), "home")


def test_who_recorded_a_row_is_told_by_name_and_a_program_as_one(world: World, switch: Switch) -> None:
    switch("QL1", "open", 1, "N-1")
    switch("QL2", "open", 2, "N-1", actor="scada")
    page = text(signed_in(world.lin), "log", world.network.pk)
    assert ">林晓岚</span>" in page
    assert '<span title="scada">a program</span>' in page


@pytest.mark.parametrize("name", [*PAGES, "drawing", "state", "search"])
def test_another_station_finds_nothing(world: World, name: str) -> None:
    assign_role(user=world.bai, unit=world.wick, role=Role.ADMINISTRATOR, at=AT, actor="test")
    assert signed_in(world.bai).get(reverse(f"network:{name}", args=[world.network.pk])).status_code == 404


def test_the_crew_looks_but_does_not_record(world: World, switch: Switch) -> None:
    row = switch("FU1", "open", 1)
    client, network_id = signed_in(world.ma), world.network.pk
    page = text(client, "device", network_id, "FU1")
    assert "Record an operation" not in page
    assert reverse("network:correct", args=[network_id, row.pk]) not in page
    assert client.post(reverse("network:record", args=[network_id]), told()).status_code == 403
    assert client.get(reverse("network:correct", args=[network_id, row.pk])).status_code == 403
    assert SwitchingOperation.objects.count() == 1


def test_recording_at_a_device(world: World) -> None:
    client, network_id = signed_in(world.lin), world.network.pk
    answer = client.post(reverse("network:record", args=[network_id]), told(note="storm"))
    assert answer.headers["Location"] == reverse("network:device", args=[network_id, "QL1"])
    row = SwitchingOperation.objects.get()
    assert (row.device_code, row.closes, row.operated_at, row.recorded_by) == ("QL1", False, after(5), "lin")
    page = text(client, "device", network_id, "QL1")
    assert "storm" in page
    assert f"OP-{row.pk}" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"operated_at": "2999-01-01T00:00"}, "This time has not come yet"),
        ({"operated_at": "0001-01-01T00:00"}, "Check the year"),
        ({"operated_at": "noon"}, "valid date/time"),
        ({"closes": "maybe"}, "Select a valid choice"),
        ({"note": "x" * 251}, "at most 250 characters"),
        ({"event_number": "\x00"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_is_told_where_it_stands(world: World, wrong: dict[str, str], said: str) -> None:
    answer = signed_in(world.lin).post(reverse("network:record", args=[world.network.pk]), told(**wrong))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not SwitchingOperation.objects.exists()


def test_a_device_that_the_network_does_not_have_is_kept_and_told(world: World) -> None:
    client, network_id = signed_in(world.lin), world.network.pk
    answer = client.post(reverse("network:record", args=[network_id]), told(device="QL 77/2"), follow=True)
    page = answer.content.decode()
    assert "QL 77/2" in page
    assert "The network has no such device" in page
    assert client.get(reverse("network:device", args=[network_id, "QL 77/2"])).status_code == 404


def test_correcting_a_row(world: World, switch: Switch) -> None:
    row = switch("QL1", "open", 1, "N-1")
    client, network_id = signed_in(world.zhou), world.network.pk
    path = reverse("network:correct", args=[network_id, row.pk])
    assert 'value="N-1"' in client.get(path).content.decode()
    answer = client.post(path, told(device="QL2", event_number="N-1"))
    assert answer.status_code == 302
    assert [one.corrects_id for one in SwitchingOperation.objects.order_by("pk")] == [None, row.pk]
    assert SwitchingOperation.objects.get(corrects=row).device_code == "QL2"
    assert client.get(path).status_code == 404, "a row is corrected once"
    page = text(client, "log", network_id, event="N-1")
    assert "nw-crossed" in page
    assert "instead of" in page


def test_two_who_correct_a_row_at_once_do_not_both(
    world: World, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = switch("QL1", "open", 1, "N-1")

    def another_is_quicker(form: CorrectionForm) -> bool:
        correct_switching(operation_id=row.pk, right=None, note="", at=AT, actor="lin")
        return OperationForm.is_valid(form)

    monkeypatch.setattr(CorrectionForm, "is_valid", another_is_quicker)
    path = reverse("network:correct", args=[world.network.pk, row.pk])
    answer = signed_in(world.zhou).post(path, told(device="QL2", event_number="N-1"))
    assert answer.status_code == 422
    assert "Somebody else has just corrected this row" in answer.content.decode()
    assert SwitchingOperation.objects.get(corrects=row).recorded_by == "lin"


def test_a_form_sent_twice_is_one_operation(world: World) -> None:
    client, path = signed_in(world.lin), reverse("network:record", args=[world.network.pk])
    first, second = client.post(path, told()), client.post(path, told())
    assert first.headers["Location"] == second.headers["Location"]
    assert SwitchingOperation.objects.count() == 1
    assert len(facts(classes=[SwitchingRecorded])) == 1
    client.post(path, told(closes="close"))
    assert SwitchingOperation.objects.count() == 2


def test_taking_a_row_out(world: World, switch: Switch) -> None:
    row = switch("QL1", "open", 1)
    answer = signed_in(world.zhou).post(reverse("network:correct", args=[world.network.pk, row.pk]), told(void="on"))
    assert answer.status_code == 302
    assert SwitchingOperation.objects.get(corrects=row).void
    assert queries.state_now(world.network.pk).dead.loads == 0


def test_the_drawing_is_sent_once(world: World) -> None:
    client, path = signed_in(world.lin), reverse("network:drawing", args=[world.network.pk])
    first = client.get(path)
    assert json.loads(first.content)["revision"] == 1
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_if_over_the_wire_records_nothing(world: World) -> None:
    client, path = signed_in(world.ma), reverse("network:state", args=[world.network.pk])
    facts = Fact.objects.count()
    assert client.get(path, {"toggle": "QF1,QL9"}).json()["dead"]["loads"] == 0
    assert client.get(path, {"toggle": "QF1"}).json()["dead"]["lv_customers"] == 60
    assert client.get(path).json()["dead"]["loads"] == 0
    assert client.get(path, {"toggle": "QL77"}).status_code == 404
    assert Fact.objects.count() == facts


@pytest.mark.parametrize(
    ("q", "codes"),
    [("QL", ["QL1", "QL9", "QL2"]), ("柳溪村T3", ["T3"]), ("nothing", []), ("  ", []), ("%", []), ("\x00", [])],
)
def test_search(world: World, q: str, codes: list[str]) -> None:
    answer = signed_in(world.ma).get(reverse("network:search", args=[world.network.pk]), {"q": q})
    assert [one["code"] for one in answer.json()["found"]] == codes


@pytest.mark.parametrize("mode", list(IsolationMode))
def test_the_sheet_is_the_engines(world: World, mode: IsolationMode) -> None:
    sheet = queries.isolation_sheet(world.network.pk, elements=["L2"], hours=3, mode=mode)
    page = text(signed_in(world.ma), "isolation", world.network.pk, element="L2", hours=3, mode=mode.value)
    assert sheet.out.lv_customers == 8 + 10 + 2
    for line in (*sheet.lines, *sheet.return_lines):
        assert line.device_code in page
    assert f"{sheet.plan.lv_customer_hours:,.1f}" in page
    assert f"{sheet.plan.whole_line.lv_customer_hours:,.1f}" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"element": "L99"}, "no element called L99"),
        ({"element": "S"}, "needs the upstream operator"),
        ({"element": "L2", "hours": "0"}, "greater than or equal to 0.1"),
        ({"element": "L2", "hours": "nan"}, "Enter a number"),
        ({"element": " , ,"}, "Say what shall be worked on"),
    ],
)
def test_where_there_is_no_sheet_it_says_why(world: World, query: dict[str, str], said: str) -> None:
    assert said in text(signed_in(world.ma), "isolation", world.network.pk, **query)


@pytest.mark.parametrize(
    ("name", "args", "most"),
    [("picture", (), 10), ("device", ("QL1",), 19), ("log", (), 14), ("isolation", (), 8), ("findings", (), 11)],
)
def test_pages_ask_the_database_little_however_long_the_log(
    world: World, switch: Switch, name: str, args: tuple[str, ...], most: int
) -> None:
    for hour in range(6):
        switch("QL1", "open" if hour % 2 == 0 else "close", hour)
    client = signed_in(world.lin)
    text(client, name, world.network.pk, *args)
    with CaptureQueriesContext(connection) as asked:
        text(client, name, world.network.pk, *args)
    assert len(asked) <= most, "\n".join(query["sql"][:150] for query in asked)


def test_what_is_doubtful_is_asked_back_and_then_taken(world: World, switch: Switch) -> None:
    switch("QL2", "open", 6, "N-1")
    client, path = signed_in(world.lin), reverse("network:record", args=[world.network.pk])
    asked = {"closes": "close", "event_number": "N-9", "sure": ""}
    answer = client.post(path, told(**asked))
    page = answer.content.decode()
    assert answer.status_code == 422
    for words in ("Normally this device is closed", "before the first row of the log", "no outage with the number N-9"):
        assert words in page
    assert 'name="sure"' in page
    assert SwitchingOperation.objects.count() == 1
    assert client.post(path, told(**asked) | {"sure": "on"}).status_code == 302
    assert SwitchingOperation.objects.count() == 2


def test_nothing_is_asked_back_about_what_is_usual(world: World) -> None:
    entry = OutageEntry(number="P-1", kind=OutageKind.PLANNED_MAINTENANCE_INTERNAL)
    register_outage(network_id=world.network.pk, entry=entry, at=AT, actor="test")
    usual = {"operated_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M:%S"), "event_number": "P-1", "sure": ""}
    client, path = signed_in(world.lin), reverse("network:record", args=[world.network.pk])
    assert 'name="sure"' not in text(client, "device", world.network.pk, "QL1")
    assert client.post(path, told(**usual)).status_code == 302
    assert client.post(path, told(**usual)).status_code == 302, "the same sent twice is no doubt"


def test_what_lies_far_back_and_what_stands_so_already(world: World, switch: Switch) -> None:
    def doubts(hours: float, days_later: float) -> list[str]:
        told = {"device_code": "QL1", "closes": False, "operated_at": after(hours), "event_number": ""}
        return queries.doubts(world.network.pk, **told, at=after(hours + 24 * days_later))  # type: ignore[arg-type]

    assert doubts(1, 31) == []
    assert doubts(1, 31.1) == ["It lies more than 31 days back."]
    switch("QL1", "open", 1)
    assert doubts(2, 1) == ["It was open already, since 2026-05-01 09:00."]


def test_recording_says_what_it_did(world: World) -> None:
    client, path = signed_in(world.lin, "zh-hans"), reverse("network:record", args=[world.network.pk])
    page = client.post(path, told(), follow=True).content.decode()
    number = f"OP-{SwitchingOperation.objects.get().pk}"
    link = f'<a href="/outages/{world.network.pk}/numbered/{number}/">{number}</a>'
    assert f"已登记：3 台配变、20 户停电，停电事件 {link}" in page
    later = timezone.localtime(after(6)).strftime("%Y-%m-%dT%H:%M:%S")
    page = client.post(path, told(device="QL9", closes="close", operated_at=later), follow=True).content.decode()
    assert f"已登记：3 台配变、20 户复电，停电事件 {link}" in page
    page = client.post(path, told(device="QL77"), follow=True).content.decode()
    assert "已登记：无用户因此停电或复电" in page


def test_a_closing_is_offered_the_outage_of_its_opening(world: World, switch: Switch) -> None:
    client, network_id = signed_in(world.lin), world.network.pk
    row = switch("QL1", "open", 1)
    offered = 'name="event_number" value="OP-'
    assert f'{offered}{row.pk}"' in text(client, "device", network_id, "QL1")
    assert offered not in text(client, "device", network_id, "QL9"), "the tie has taken nothing away"
    switch("QL1", "close", 2)
    assert offered not in text(client, "device", network_id, "QL1")


def test_a_correction_shows_the_row_and_keeps_its_number_and_note(world: World) -> None:
    client, network_id = signed_in(world.zhou), world.network.pk
    client.post(reverse("network:record", args=[network_id]), told(note="storm"))
    row = SwitchingOperation.objects.get()
    page = client.get(reverse("network:correct", args=[network_id, row.pk])).content.decode()
    assert f'value="OP-{row.pk}"' in page
    assert 'value="storm"' in page
    assert f"<dd>OP-{row.pk}</dd>" in page
    assert "周国平" in page


def test_what_was_taken_out_stands_once(world: World, switch: Switch) -> None:
    row = switch("QL1", "open", 1)
    correct_switching(operation_id=row.pk, right=None, note="told by mistake", at=AT, actor="zhou")
    [shown] = queries.log_rows(world.network.pk, queries.operations_of(world.network.pk))
    assert (shown.id, shown.void, shown.corrected_by, shown.reason) == (row.pk, True, "周国平", "told by mistake")
    page = text(signed_in(world.lin), "log", world.network.pk)
    assert "told by mistake" in page
    assert page.count('id="op-') == 1
    assert "林晓岚" in page


def test_an_open_device_may_have_supply_on_one_side_only(world: World, switch: Switch) -> None:
    client = signed_in(world.lin, "zh-hans")
    assert "一侧有电、一侧停电" not in text(client, "device", world.network.pk, "QL9")
    switch("QL1", "open", 1)
    for code in ("QL1", "QL9"):
        assert "一侧有电、一侧停电" in text(client, "device", world.network.pk, code)
    assert "一侧有电、一侧停电" not in text(client, "device", world.network.pk, "QL2")


def test_the_plan_says_where_and_how_and_for_whom(world: World) -> None:
    sheet = queries.isolation_sheet(world.network.pk, elements=["L2"], hours=3, mode=IsolationMode.PLANNED)
    places = [(line.action_code, line.device_code) for line in sheet.lines if line.at_working_side]
    assert [action for action, _ in places] == ["verify_dead", "earth"] * (len(places) // 2)
    assert [code for _, code in places[::2]] == [code for _, code in places[1::2]], "earthed where it was verified"
    assert [line.number for line in sheet.lines] == list(range(1, len(sheet.lines) + 1))
    assert {line.device_code: line.remote for line in sheet.lines if line.action_code == "open"}["QL1"] is False
    assert {row.code for row in sheet.loads} == {"T4", "T5", "T6"}
    page = text(signed_in(world.ma, "zh-hans"), "isolation", world.network.pk, element="L2", hours=3)
    for words in ("供编写操作票用", "工作侧", "受令人", "监护人", "云台村T5台区"):
        assert words in page


def test_a_transformer_behind_its_fuse_is_taken_out_at_the_low_voltage_side_first(world: World) -> None:
    sheet = queries.isolation_sheet(world.network.pk, elements=["T3"], hours=4, mode=IsolationMode.PLANNED)
    there, back = ([line.action_code for line in lines] for lines in (sheet.lines, sheet.return_lines))
    assert there == ["switch_off_lv", "open", *["verify_dead", "earth"] * 2]
    assert back == ["remove_earth"] * 2 + ["close", "switch_on_lv"]
    assert [(line.device_code, line.at_lv_side) for line in sheet.lines[-4::2]] == [("FU1", False), ("T3", True)]
    assert sheet.places == (("T3", "柳溪村T3台区"),)
    line = queries.isolation_sheet(world.network.pk, elements=["L2"], hours=4, mode=IsolationMode.PLANNED)
    assert line.places == (("L2", ""),), "what has no name is not said twice"
    page = text(signed_in(world.ma, "zh-hans"), "isolation", world.network.pk, element="T3", hours=4)
    for words in ("断开低压侧", "· 低压侧", "为不能带负荷操作的设备卸去负荷", "合上低压侧", "柳溪村T3台区", "3:30"):
        assert words in page
    page = text(signed_in(world.ma, "zh-hans"), "isolation", world.network.pk, element="T3", hours=4, mode="fault")
    assert "熔断跌落" in page
    assert "跳闸" not in page, "a fuse has nothing that trips"


def test_an_outage_too_short_for_its_operations_says_so(world: World) -> None:
    client, warning = signed_in(world.ma), "no time is left for the work"
    assert warning in text(client, "isolation", world.network.pk, element="T3", hours=0.2)
    assert warning not in text(client, "isolation", world.network.pk, element="T3", hours=4)
    assert warning not in text(client, "isolation", world.network.pk, element="T3", hours=0.2, mode="fault")


def test_a_wrong_duration_does_not_ask_for_the_place_again(world: World) -> None:
    client = signed_in(world.ma)
    assert "Say where" in text(client, "isolation", world.network.pk)
    assert "Say where" not in text(client, "isolation", world.network.pk, element="L2", hours=0)


def test_a_doubt_is_read_before_it_is_ticked_off(world: World) -> None:
    path = reverse("network:record", args=[world.network.pk])
    page = signed_in(world.lin).post(path, told(closes="close", sure="")).content.decode()
    assert page.index("Normally this device is closed") < page.index('name="sure"')
