"""The pages of crews: the desk's, and the crew's own without script."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.facts import PhoneUnmasked
from denghuo.apps.crews.models import (
    Assignment,
    Certificate,
    Crew,
    CrewMember,
    FieldReport,
    LadderRule,
    Photo,
    PriceItem,
    Quote,
    ReportKind,
    Rule,
    RuleKind,
    Skill,
    State,
)
from denghuo.apps.crews.queries.cards import cards
from denghuo.apps.crews.queries.rules import DEFAULTS
from denghuo.apps.crews.queries.supply import Supply
from denghuo.apps.customers.actions import AccountEntry, CareEntry, add_phone, open_account, register_care
from denghuo.apps.customers.models import Boundary, CareKind
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.orders.models import Order
from denghuo.apps.organization.models import User
from tests.adapters.test_pictures import camera, read
from tests.apps.crews.conftest import TODAY, Town, make_order
from tests.apps.network.conftest import signed_in


def page(user: User, named: str, /, *args: Any, **query: Any) -> str:
    answer = signed_in(user).get(reverse(f"crews:{named}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(user: User, named: str, /, *args: Any, **told: Any) -> HttpResponse:
    answer: HttpResponse = signed_in(user).post(reverse(f"crews:{named}", args=args), told)
    return answer


def now_sent(town: Town, **told: Any) -> Assignment:
    """Sent by the clock of the wall, which pages go by."""
    plain: dict[str, Any] = {"about": "", "order_ids": [town.order.pk], "place": "青禾村3组", "x": None, "y": None}
    at = timezone.now() - timedelta(minutes=10)
    return actions.assign(crew_id=town.first.pk, **plain | told, at=at, actor="lin")


def step(town: Town, row: Assignment, kind: str, /, **told: Any) -> str:
    """Send a form of the crew's page as a browser without script does; the page that follows."""
    client = signed_in(town.world.ma)
    answer = client.post(reverse("crews:step", args=[row.pk]), {"kind": kind, **told}, follow=True)
    row.refresh_from_db()
    assert answer.status_code == 200
    return str(answer.content.decode())


# The desk


@pytest.mark.parametrize("is_over", [True, False])
def test_the_crew_and_the_desk_read_since_when_supply_is_back_by_the_log(
    town: Town, monkeypatch: pytest.MonkeyPatch, is_over: bool
) -> None:
    row = now_sent(town)
    back_at = timezone.now() - timedelta(minutes=5)
    known = Supply(gone_at=back_at - timedelta(hours=1), back_at=back_at, is_over=is_over)
    monkeypatch.setattr("denghuo.apps.crews.queries.cards.supply_of", lambda *_asked: known)
    mine = page(town.world.ma, "mine")
    assert f"supply is back since {timezone.localtime(back_at):%m-%d %H:%M}" in mine
    assert ("What had opened is open still" in mine) is not is_over
    assert "by the switching log" in page(town.world.lin, "assignment", row.pk)


def test_the_board_shows_crews_and_silence(town: Town) -> None:
    row = now_sent(town)
    actions.climb_ladder(at=timezone.now(), actor="rounds")
    told = page(town.world.lin, "home")
    assert "抢修一班" in told
    assert "Nobody has accepted yet" in told
    assert "expired 2026-04-30" in told
    assert reverse("crews:assignment", args=[row.pk]) in told


def test_an_empty_station_says_how_to_begin(town: Town) -> None:
    assert "No crews yet" in page(town.world.bai, "home")
    assert "No prices yet" in page(town.world.bai, "prices")


def test_who_drives_out_is_led_to_their_own_page(town: Town) -> None:
    answer = signed_in(town.world.ma).get(reverse("crews:home"))
    assert answer.headers["Location"] == reverse("crews:mine")
    assert "My work" in page(town.world.ma, "home", all=1)


def test_a_crew_is_set_up_and_changed(town: Town) -> None:
    unit = town.world.lamp.pk
    wrong = post(town.world.zhou, "new", unit=unit, name="抢修一班")
    assert (wrong.status_code, "already" in wrong.content.decode()) == (422, True)
    half = post(town.world.zhou, "new", unit=unit, name="三班", base_x="1")
    assert "both coordinates" in half.content.decode()
    assert post(town.world.zhou, "new", unit=unit, name="三班", base_x="1", base_y="2").status_code == 302
    crew = Crew.objects.get(name="三班")
    assert post(town.world.zhou, "edit", crew.pk, unit=unit, name="三班", vehicle="车 03").status_code == 302
    crew.refresh_from_db()
    assert (crew.vehicle, crew.base_x) == ("车 03", None)
    assert post(town.world.lin, "new", unit=unit, name="四班").status_code == 403
    assert post(town.world.zhou, "close", crew.pk).status_code == 302
    crew.refresh_from_db()
    assert crew.closed_at is not None
    assert post(town.world.zhou, "join", crew.pk, user=town.hu.pk, phone="19900000003").status_code == 404


def test_people_certificates_and_duties_are_told(town: Town) -> None:
    crew, zhou = town.second.pk, town.world.zhou
    assert post(zhou, "join", crew, user=town.shen.pk, phone="x").status_code == 422
    assert post(zhou, "join", crew, user=town.shen.pk, phone="19900000003", is_leader="on").status_code == 302
    told: dict[str, Any] = {"user": town.shen.pk, "skill": "hv", "number": "HV-1", "valid_until": "2030-01-01"}
    assert post(zhou, "certificate", crew, **told | {"user": town.hu.pk}).status_code == 422
    assert post(zhou, "certificate", crew, **told).status_code == 302
    row = Certificate.objects.get(skill=Skill.HV)
    assert "through 2030-01-01" in page(zhou, "crew", crew)
    assert post(zhou, "drop-certificate", row.pk).status_code == 302
    assert "through 2030-01-01" not in page(zhou, "crew", crew)
    night = {"first": "2030-01-01", "days": 2, "from_time": "20:00", "until_time": "08:00"}
    assert post(zhou, "duty", crew, **night).status_code == 302
    assert "already" in post(zhou, "duty", crew, **night).content.decode()
    duties = queries.duties_of([crew], since=timezone.now())[crew]
    assert [(one.until_at - one.from_at) for one in duties] == [timedelta(hours=12)] * 2
    assert post(zhou, "drop-duty", duties[0].pk).status_code == 302
    member = CrewMember.objects.get(user=town.hu)
    assert post(zhou, "leave", member.pk).status_code == 302
    assert queries.membership_of(town.hu.pk) is None


def test_a_number_is_shown_for_a_reason_and_recorded(town: Town) -> None:
    member = CrewMember.objects.get(user=town.world.ma)
    assert "19900000001" not in page(town.world.lin, "crew", town.first.pk)
    assert post(town.world.lin, "phone", member.pk, reason="").status_code == 302
    told = post(town.world.lin, "phone", member.pk, reason="核实位置").content.decode()
    assert "19900000001" in told
    assert ledger.facts(classes=[PhoneUnmasked])[0].fact.subject == f"crews.member:{member.pk}"
    assert post(town.world.ma, "phone", member.pk, reason="核实位置").status_code == 403


def test_a_crew_is_sent_from_the_page(town: Town) -> None:
    told: dict[str, Any] = {"place": "柳溪村", "note": "熔丝", "orders": f"{town.order.pk}", "x": "1", "y": "1"}
    assert "抢修一班" in page(town.world.lin, "assign", skill="lv")
    for wrong in ({"crew": ""}, {"orders": "x"}, {"orders": "99999999"}, {"y": ""}, {"crew": 10**6}):
        answer = post(town.world.lin, "assign", **{"crew": town.first.pk} | told | wrong)
        assert answer.status_code == 422, wrong
    blocked = post(town.world.lin, "assign", crew=town.second.pk, skill="lv", **told)
    assert "certificate in force" in blocked.content.decode()
    assert post(town.world.lin, "assign", crew=town.first.pk, skill="lv", **told).status_code == 302
    row = Assignment.objects.get()
    assert (row.crew, row.x, list(row.orders.values_list("order_id", flat=True))) == (town.first, 1.0, [town.order.pk])
    assert post(town.world.ma, "assign", crew=town.first.pk, **told).status_code == 403
    assert post(town.world.bai, "assign", crew=town.first.pk, **told).status_code == 422


def test_suggestions_are_a_part_of_other_pages(town: Town) -> None:
    told = page(town.world.lin, "suggestions", x="3", y="2", skill="lv")
    assert "<html" not in told
    assert told.index("抢修一班") < told.index("抢修二班")
    assert "Certificate has expired" in told
    assert "disabled" in told
    assert "抢修一班" in page(town.world.lin, "suggestions", x="not a number")


def test_where_a_place_is_the_network_knows_and_without_that_nobody_is_the_soonest(town: Town) -> None:
    told = page(town.world.lin, "suggestions", place="青禾村3组12号")
    assert "The soonest there first" in told and "km away" in told
    told = page(town.world.lin, "suggestions", place="桃花岛")
    assert "No distance is known" in told and "km away" not in told


def test_an_assignment_shows_its_course_and_is_withdrawn(town: Town) -> None:
    row = now_sent(town)
    assert post(town.world.lin, "withdraw", row.pk, reason="").status_code == 422
    step(town, row, "accepted")
    told = page(town.world.lin, "assignment", row.pk)
    for text in ("马立军", "林晓岚", "Accepted", "张*丰"):
        assert text in told
    assert "13800138000" not in told
    assert post(town.world.lin, "withdraw", row.pk, reason="误报").status_code == 302
    assert post(town.world.lin, "withdraw", row.pk, reason="误报").status_code == 302
    assert "误报" in page(town.world.lin, "assignment", row.pk)
    assert "need not go" in page(town.world.ma, "mine")


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("speed_km_per_h", "5000", "估算路程的车速（km/h）：须在5至120之间。"),
        ("speed_km_per_h", "4.9", "须在5至120之间"),
        ("long_day_h", "100", "须在1至24之间"),
        ("tired_min", "-1", "须在0至1,440之间"),
    ],
)
def test_a_number_that_cannot_be_is_refused_and_said_why(town: Town, kind: str, value: str, said: str) -> None:
    told = {"form": "rule", "kind": kind, "value": value, "from_date": TODAY.isoformat(), "source": "所规"}
    client = signed_in(town.world.zhou, "zh-hans")
    answer = client.post(reverse("crews:rules") + f"?unit={town.world.lamp.pk}", told)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert queries.number(town.world.lamp, RuleKind(kind), on=TODAY) == DEFAULTS[kind]


def test_prices_and_rules_are_set(town: Town) -> None:
    zhou, day = town.world.zhou, "2026-06-01"
    price = {"code": "B1", "name": "空开", "measure": "只", "price": "85.50", "from_date": day, "source": "价目"}
    assert post(town.world.lin, "prices", **price).status_code == 403
    assert post(zhou, "prices", **price | {"price": "-1"}).status_code == 422
    assert post(zhou, "prices", **price).status_code == 302
    assert PriceItem.objects.get(code="B1").price_fen == 8550
    rule = {"form": "rule", "kind": "open_min", "value": "30", "from_date": day, "source": "通知"}
    assert post(zhou, "rules", **rule | {"kind": "speed_km_per_h", "value": "0"}).status_code == 422
    assert post(zhou, "rules", **rule).status_code == 302
    assert Rule.objects.get().value == 30
    ladder: dict[str, Any] = {"form": "ladder", "from_date": day, "source": "通知"}
    for number in range(1, 7):
        ladder |= {f"after_{number}": "", f"channel_{number}": "sms", f"whom_{number}": "leader"}
    assert post(zhou, "rules", **ladder).status_code == 422
    assert post(zhou, "rules", **ladder | {"after_1": "90", "after_2": "60"}).status_code == 422
    assert post(zhou, "rules", **ladder | {"after_1": "60", "after_2": "90"}).status_code == 302
    assert list(LadderRule.objects.values_list("rung", "after_s")) == [(1, 60), (2, 90)]
    assert post(zhou, "rules", form="dance").status_code == 404
    assert "空开" in page(town.world.lin, "prices")
    assert "通知" in page(town.world.lin, "rules")


# The crew's own page, without script


def test_three_taps_to_arrived_and_on_to_the_receipt(town: Town) -> None:
    row = now_sent(town)
    assert "青禾村3组" in page(town.world.ma, "mine")
    for kind in ("accepted", "departed", "arrived"):
        step(town, row, kind)
    assert row.state == State.ARRIVED
    assert "Write what was found" in step(town, row, "finished", finding="done", receipt="")
    step(town, row, "finished", finding="our_equipment", receipt="更换入户熔断器，已送电")
    assert (row.state, row.finding) == (State.FINISHED, "our_equipment")
    assert row.restored_at is not None


def test_paid_work_by_quote_without_script(town: Town) -> None:
    row = now_sent(town)
    today = timezone.localdate()
    entry = actions.PriceEntry(
        code="A01", name="空开", measure="只", price_fen=8500, from_date=today - timedelta(days=9), source="价目"
    )
    item = actions.set_price(unit_id=town.world.lamp.pk, entry=entry, at=timezone.now(), actor="zhou")
    for kind in ("accepted", "departed", "arrived"):
        step(town, row, kind)
    step(town, row, "boundary", side="customer")
    quantities = {f"quantity-{item.pk}": "2", f"price-{item.pk}": "8500", f"quantity-{town.cable.pk}": ""}
    told = step(town, row, "quote", decision="refuse", because="", **quantities)
    assert "Say why" in told
    told = step(town, row, "quote", decision="accept", name="张三丰", **quantities)
    assert "170.00" in told
    assert "Another quote instead</summary>" in told, "what was accepted is not asked for again"
    assert Quote.objects.get().total_fen == 17000
    step(town, row, "begun")
    assert FieldReport.objects.filter(kind=ReportKind.BEGUN).exists()
    shown = page(town.world.lin, "assignment", row.pk)
    assert "170.00" in shown


def test_a_quote_says_for_whom_it_is_where_several_wait(town: Town) -> None:
    other = make_order(town.world)
    row = now_sent(town)
    actions.add_orders(assignment_id=row.pk, order_ids=[other.pk], at=timezone.now(), actor="lin")
    for kind in ("accepted", "departed", "arrived"):
        step(town, row, kind)
    step(town, row, "boundary", side="customer")
    quantities = {f"quantity-{town.cable.pk}": "2", f"price-{town.cable.pk}": "985", "name": "张三丰"}
    assert "Say for whom this quote is" in step(town, row, "quote", decision="accept", **quantities)
    told = step(town, row, "quote", decision="accept", order=str(other.pk), **quantities)
    assert f"{other.number}</strong>" in told and "Another quote instead" not in told
    assert Quote.objects.get().order_id == other.pk
    assert f"geo:0,0?q={quote('青禾村3组')}" in told
    assert other.number in page(town.world.lin, "assignment", row.pk)


def test_what_came_after_it_was_withdrawn_is_told_so(town: Town) -> None:
    row, now = now_sent(town), timezone.now()
    actions.withdraw_assignment(assignment_id=row.pk, reason="误报", at=now, actor="lin")
    assert "It was over by then" in step(town, row, "departed")
    entry: dict[str, Any] = {"client_id": str(uuid4()), "assignment_id": row.pk, "kind": "arrived", "fields": []}
    entry["told_at"] = (now - timedelta(minutes=1)).isoformat()
    told = {"reports": json.dumps([entry]), "sent_at": timezone.now().isoformat()}
    (answer,) = signed_in(town.world.ma, "en").post(reverse("crews:reports"), told).json()["reports"]
    assert answer["status"] == "kept" and answer["text"].startswith("It was taken back before this reached the desk")
    assert "the assignment was taken back before this came" in page(town.world.lin, "assignment", row.pk)


def test_materials_checklist_photo_and_correction_without_script(town: Town, tmp_path: Any) -> None:
    row = now_sent(town)
    for kind in ("accepted", "departed", "arrived"):
        step(town, row, kind)
    step(town, row, "materials", name=["熔丝", "", ""], quantity=["2", "", ""], measure=["只", "", ""])
    step(town, row, "checklist", checked=["gear"])
    with override_settings(MEDIA_ROOT=tmp_path):
        step(town, row, "photo", photo=SimpleUploadedFile("x.png", camera(kind="PNG"), "image/png"))
        photo = Photo.objects.get()
        answer = signed_in(town.world.lin).get(reverse("crews:photo", args=[photo.pk]))
        content = b"".join(answer.streaming_content)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert not read(content).getexif(), "neither place nor camera"
        assert signed_in(town.world.bai).get(reverse("crews:photo", args=[photo.pk])).status_code == 404
    assert signed_in(town.world.lin).get(reverse("crews:photo", args=[photo.pk])).status_code == 404
    told = page(town.world.lin, "assignment", row.pk)
    assert "熔丝 2 只" in told
    arrived = FieldReport.objects.get(kind=ReportKind.ARRIVED)
    local = f"{timezone.localtime(arrived.happened_at - timedelta(minutes=3)):%Y-%m-%dT%H:%M}"
    step(town, row, "correction", of=str(arrived.client_id), at=local, because="晚点了", decision="corrected")
    assert f"{timezone.localtime(row.arrived_at):%Y-%m-%dT%H:%M}" == local


def test_the_card_says_where_the_boundary_is(town: Town) -> None:
    entry = AccountEntry(
        number="1000000001", name="张三丰", address="青禾村3组12号", boundary=Boundary.METER, boundary_note="表箱出线"
    )
    account = open_account(unit_id=town.world.lamp.pk, entry=entry, at=timezone.now(), actor="zhou")
    Order.objects.filter(pk=town.order.pk).update(account_id=account.pk)
    now_sent(town)
    told = page(town.world.ma, "mine")
    assert "Ownership boundary: Behind the meter 表箱出线" in told
    assert "3组12号" not in told


def test_another_crews_assignment_is_not_there(town: Town) -> None:
    row = now_sent(town)
    for user in (town.shen, town.world.gu):
        assert signed_in(user).post(reverse("crews:step", args=[row.pk]), {"kind": "accepted"}).status_code == 404
    assert signed_in(town.world.ma).post(reverse("crews:step", args=[row.pk]), {"kind": "dance"}).status_code == 404


def test_who_told_no_number_is_called_by_the_one_in_the_customer_file(town: Town) -> None:
    by = {"at": timezone.now(), "actor": "zhou"}
    entry = AccountEntry(number="0502000011", name="演示客户", address="灯山镇枫林村3组11号")
    account = open_account(unit_id=town.world.lamp.pk, entry=entry, **by)
    add_phone(person_id=account.person_id, number="13900000011", **by)
    Order.objects.filter(pk=town.order.pk).update(account_id=account.pk, caller="")
    row = now_sent(town)
    assert "139****0011" in page(town.world.ma, "mine")
    path = reverse("crews:call", args=[row.pk, town.order.pk])
    assert "tel:13900000011" in signed_in(town.world.ma).post(path).content.decode()


def test_a_caller_is_called_and_that_is_recorded(town: Town) -> None:
    row = now_sent(town)
    assert "138****8000" in page(town.world.ma, "mine")
    assert "13800138000" not in page(town.world.ma, "mine")
    path = reverse("crews:call", args=[row.pk, town.order.pk])
    assert "tel:13800138000" in signed_in(town.world.ma).post(path).content.decode()
    part = signed_in(town.world.ma).post(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert [one.fact.subject for one in ledger.facts(classes=[PhoneUnmasked])] == [f"orders.order:{town.order.pk}"] * 2
    assert signed_in(town.shen).post(path).status_code == 404
    other = Order.objects.create(
        kind="fault", topic="part", unit=town.world.lamp, channel="phone", caller="1", received_at=row.sent_at,
        opened_at=row.sent_at,
    )  # fmt: skip
    assert signed_in(town.world.ma).post(reverse("crews:call", args=[row.pk, other.pk])).status_code == 404
    actions.withdraw_assignment(assignment_id=row.pk, reason="误报", at=timezone.now(), actor="lin")
    assert signed_in(town.world.ma).post(path).status_code == 404


def test_who_is_in_no_crew_is_told_so(town: Town) -> None:
    assert "You are in no crew" in page(town.world.gu, "mine")


# What the phone sends


def sent(town: Town, reports: object, **files: Any) -> HttpResponse:
    told = {"reports": json.dumps(reports), "sent_at": timezone.now().isoformat(), **files}
    answer: HttpResponse = signed_in(town.world.ma).post(reverse("crews:reports"), told)
    return answer


def report(row: Assignment, kind: str, *fields: tuple[str, str], **more: Any) -> dict[str, Any]:
    plain = {"client_id": str(uuid4()), "assignment_id": row.pk, "kind": kind, "told_at": timezone.now().isoformat()}
    return {**plain, "fields": fields, **more}


def test_a_batch_is_answered_report_by_report(town: Town, tmp_path: Any) -> None:
    row = now_sent(town)
    where = {"latitude": 30.2, "longitude": 120.1, "accuracy_m": 9.5}
    told = [
        report(row, "accepted"),
        report(row, "arrived", where=where),
        report(row, "finished", ("finding", "done"), ("receipt", "")),
        report(row, "photo"),
    ]
    upload = SimpleUploadedFile("photo.jpg", camera())
    with override_settings(MEDIA_ROOT=tmp_path):
        answer = sent(town, told, **{f"photo-{told[3]['client_id']}": upload}).json()
        (kept,) = tmp_path.rglob("*.jpg")
        assert not read(kept.read_bytes()).getexif(), "what waited on the phone is drawn anew as well"
    assert [one["status"] for one in answer["reports"]] == ["taken", "taken", "refused", "taken"]
    assert (answer["reports"][2]["refusal"], bool(answer["reports"][2]["text"])) == ("receipt_missing", True)
    assert answer["reports"][1]["state"] == "arrived"
    assert FieldReport.objects.get(kind=ReportKind.ARRIVED).accuracy_m == 9.5
    again = sent(town, told[:2]).json()
    assert [one["status"] for one in again["reports"]] == ["known", "known"]


ONE = {"client_id": str(uuid4()), "assignment_id": 1, "kind": "note", "told_at": "2026-05-01T00:00:00Z"}


@pytest.mark.parametrize(
    "told",
    [
        "x",
        {},
        ["x"],
        [{"client_id": "x"}],
        [ONE | {"client_id": "x"}],
        [ONE | {"client_id": 1}],
        [ONE] * 51,
    ],
)
def test_what_has_no_keys_is_refused_whole(town: Town, told: object) -> None:
    assert sent(town, told).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "dance"},
        {"told_at": "2026-05-01T00:00:00"},
        {"told_at": "never"},
        {"told_at": 5},
        {"where": 1},
        {"fields": [1]},
        {"fields": None},
        {"assignment_id": None},
    ],
)
def test_what_cannot_be_read_holds_up_nothing_else(town: Town, wrong: dict[str, Any]) -> None:
    row = now_sent(town)
    first, second = report(row, "accepted"), report(row, "departed")
    told = sent(town, [first, ONE | {"client_id": str(uuid4())} | wrong, second]).json()["reports"]
    assert [(one["status"], one["refusal"]) for one in told] == [("taken", ""), ("refused", "malformed"), ("taken", "")]
    row.refresh_from_db()
    assert row.state == State.DEPARTED


def test_a_plain_form_sent_twice_is_told_once(town: Town) -> None:
    row = now_sent(town)
    for token, text in (("a", "围栏已设"), ("a", "围栏已设"), ("a", "电杆倾斜"), ("b", "围栏已设")):
        step(town, row, "note", text=text, csrfmiddlewaretoken=token)
    assert FieldReport.objects.filter(kind=ReportKind.NOTE).count() == 3


def test_of_many_who_wait_a_few_stand_on_the_card_and_special_care_first(town: Town) -> None:
    told = AccountEntry(number="1000000002", name="赵大娘", address="青禾村3组2号")
    account = open_account(unit_id=town.world.lamp.pk, entry=told, at=timezone.now(), actor="zhou")
    care = CareEntry(
        kind=CareKind.ALONE, proof="村委会证明", proof_seen_date=TODAY, agreed_how="电话", review_date=TODAY
    )
    register_care(account_id=account.pk, entry=care, at=timezone.now(), actor="zhou")
    orders = [make_order(town.world) for _ in range(4)]
    Order.objects.filter(pk=orders[-1].pk).update(account_id=account.pk)
    row = now_sent(town, order_ids=[one.pk for one in orders])
    (card,) = cards([row])
    assert card.orders[0].order_id == orders[-1].pk
    shown = page(town.world.ma, "mine")
    assert "1 more who wait" in shown
    assert shown.index("Special care") < shown.index("1 more who wait")
    assert not FieldReport.objects.exists()


def test_too_many_at_once(town: Town) -> None:
    row = now_sent(town)
    assert sent(town, [report(row, "note", ("text", "x"))] * 51).status_code == 422


def test_the_service_worker_and_the_manifest(town: Town) -> None:
    client = signed_in(town.world.ma)
    worker = client.get(reverse("crews:service-worker"))
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert worker.headers["Service-Worker-Allowed"] == reverse("crews:mine")
    told = worker.content.decode()
    assert "&quot;" not in told
    assert '"/static/crews/mine.js"' in told
    manifest = client.get(reverse("crews:manifest")).json()
    assert manifest["scope"] == manifest["start_url"] == reverse("crews:mine")
    assert "no-store" in client.get(reverse("crews:mine")).headers["Cache-Control"]


def test_programs_are_told_the_same(town: Town) -> None:
    row = now_sent(town)
    client = signed_in(town.world.lin)
    crews = {one["name"]: one for one in client.get("/api/crews").json()}
    assert crews["抢修一班"]["open_assignment_ids"] == [row.pk]
    (told,) = client.get("/api/crews/assignments?is_open=true").json()
    assert (told["id"], told["state"], told["order_ids"]) == (row.pk, "sent", [town.order.pk])
    assert client.get("/api/crews/assignments?about=nothing").json() == []
    suggested = client.get("/api/crews/suggestions?x=3&y=2&skill=lv").json()
    assert suggested[-1]["why_not"][0] == "expired"
    assert client.get("/api/crews/suggestions?x=nan").status_code == 422
    assert signed_in(town.world.bai).get("/api/crews").json() == []


def test_pages_read_in_chinese_too(town: Town) -> None:
    with translation.override("zh-hans"):
        answer = signed_in(town.world.ma, "zh-hans").get(reverse("crews:mine"))
    assert answer.status_code == 200
