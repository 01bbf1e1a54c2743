"""Slips of the hand that are caught before they stay, and what a page must not leave out or make up."""

import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from denghuo.apps.knowledge.actions.wording import take_over_default_wording
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.models import Channel, Kind, Order, OrderStep, State, SuspensionCause, Topic
from denghuo.apps.orders.templatetags.orders import due_of, moment, named, source_words
from tests.apps.orders.conftest import Open, People, client_of
from tests.apps.orders.test_deeds import do, said
from tests.world import AT, World

pytestmark = pytest.mark.usefixtures("english")

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def local(at: object) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M}"  # type: ignore[arg-type]


def page_of(row: Order, username: str = "he") -> str:
    return client_of(username).get(reverse("orders:order", args=[row.pk])).content.decode()


def recent(opened: Open, kind: str = Kind.FAULT, topic: str = Topic.NO_SUPPLY, **told: object) -> Order:
    return opened(kind, topic, at=timezone.now() - 5 * MINUTE, **told)


def test_an_order_that_is_over_is_found_by_its_number(opened: Open) -> None:
    row, other = opened(text="灯泡"), opened(text="灯泡")
    for one in (row, other):
        actions.take_step(order_id=one.pk, step="terminate", reason="重复", at=AT, actor="tang")
    client, path = client_of("he"), reverse("orders:home")
    for text in (row.number, str(row.pk), f"{row.pk:06d}"):
        page = client.get(path, {"q": text, "state": "open"}).content.decode()
        assert row.number in page
        assert other.number not in page
    assert row.number not in client.get(path, {"q": "灯泡", "state": "open"}).content.decode()
    assert row.number in client.get(path, {"q": row.number, "state": "registered"}).content.decode()


def test_the_evidence_holds_the_appeals_and_no_day_that_nobody_set(opened: Open) -> None:
    row = opened(Kind.SUGGESTION, Topic.BUSINESS, text="延长营业")
    filed = actions.file_appeal(order_id=row.pk, clock="answer", text="客户要求推迟", at=AT, actor="he")
    actions.decide_appeal(appeal_id=filed.pk, upheld=True, decision="录音属实", at=AT, actor="tang")
    answer = do("he", "evidence", row)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        page = bundle.read(f"{row.number}.html").decode()
        book = load_workbook(io.BytesIO(bundle.read(f"{row.number}.xlsx")))
    told = "".join(str(cell) for line in book["Appeals"].iter_rows(values_only=True) for cell in line)
    clocks = "".join(str(cell) for line in book["Clocks"].iter_rows(values_only=True) for cell in line)
    for words in (page, told):
        assert all(one in words for one in ("客户要求推迟", "录音属实", "upheld", "唐川"))
    shown = page_of(row)
    assert "1900" not in clocks + page + shown
    assert "figures leave it out" in shown


def test_a_promise_is_not_of_another_season_and_one_of_its_kind_is_named(opened: Open) -> None:
    row, now = recent(opened), timezone.now()
    late = do("he", "promise", row, what="call", due_at=local(now + 3_650 * DAY))
    assert "more than 60 days ahead" in said(late)
    actions.set_order_rule(
        values={"promise_within_days": 7}, from_date=timezone.localdate(now), source="本所", at=now, actor="meng"
    )
    assert "more than 7 days ahead" in said(do("he", "promise", row, what="call", due_at=local(now + 8 * DAY)))
    assert row.promises.count() == 0
    assert "too" not in said(do("he", "promise", row, what="call", due_at=local(now + DAY)))
    assert "both are kept" in said(do("he", "promise", row, what="call", due_at=local(now + 2 * DAY)))
    assert moment(AT, AT + 400 * DAY).startswith("2026-")
    assert moment(AT, AT) == "05-01 08:00"


def test_a_transformer_area_that_there_is_not_is_asked_about(people: People, opened: Open) -> None:
    client = client_of("he")
    form = client.get(reverse("orders:new")).context["form"]
    told = {
        "kind": "fault",
        "topic": "no_supply",
        "unit": str(form.fields["unit"].choices[0][0]),
        "place": "青禾村",
        "channel": "phone",
        "load_code": "T33",
    }
    answer = client.post(reverse("orders:new"), told)
    assert answer.status_code == 422
    assert "Is it T3?" in answer.content.decode()
    assert client.post(reverse("orders:new"), told | {"load_code": "乱写"}).status_code == 422
    assert client.post(reverse("orders:new"), told | {"load_code": "T3"}).status_code == 302
    row = Order.objects.get()
    wrong = client.post(reverse("orders:correct", args=[row.pk]), _as_is(row) | {"load_code": "T44"})
    assert "Is it T4?" in wrong.content.decode()
    assert client.post(reverse("orders:correct", args=[row.pk]), _as_is(row) | {"load_code": "T4"}).status_code == 302
    assert Order.objects.get().load_code == "T4"


def _as_is(row: Order) -> dict[str, str]:
    return {"kind": row.kind, "topic": row.topic, "area": row.area, "place": row.place, "reason": "看错"}


def test_nobody_wants_it_back_before_it_came_in_nor_types_what_the_system_raises(people: People) -> None:
    client = client_of("he")
    form = client.get(reverse("orders:new"), {"kind": "opinion"}).context["form"]
    assert Channel.SYSTEM not in dict(form.fields["channel"].choices)
    told = {
        "kind": "opinion",
        "topic": "quality",
        "text": "电压不稳",
        "unit": str(form.fields["unit"].choices[0][0]),
        "place": "青禾村",
        "channel": "12345",
    }
    late = client.post(reverse("orders:new"), told | {"upstream_due_at": "2020-01-01T08:00"})
    assert (late.status_code, "before it came in" in late.content.decode()) == (422, True)
    now = timezone.now()
    came = {"received_at": local(now - 3 * DAY), "upstream_due_at": local(now - DAY)}  # late, but it was so
    assert client.post(reverse("orders:new"), told | came).status_code == 302


@pytest.mark.parametrize("rude", ["不归我们管，你自己找人，烦死了", "随便你投诉，我没空", "客户有病，已经解释"])
def test_what_ought_not_to_be_said_is_read_once_more_before_it_stays(opened: Open, world: World, rude: str) -> None:
    take_over_default_wording(unit_id=world.lamp.pk, from_date=date(2026, 1, 1), at=AT, actor="tang")
    row = recent(opened, Kind.ENQUIRY, Topic.BILL, text="电费")
    told = {"finding": "nothing", "found": "客户询问电费", "done": rude, "told_customer": "已说明电费构成"}
    answer = do("he", "receipt", row, **told)
    assert answer.status_code == 422
    assert "Better not" in answer.content.decode()
    assert Order.objects.get(pk=row.pk).state == State.REGISTERED
    assert do("he", "receipt", row, **told, as_said="1").status_code == 302
    assert Order.objects.get(pk=row.pk).state == State.DONE


def test_what_is_to_be_read_again_hides_nothing_that_is_wrong(opened: Open, world: World) -> None:
    take_over_default_wording(unit_id=world.lamp.pk, from_date=date(2026, 1, 1), at=AT, actor="tang")
    row = recent(opened)
    told = {"finding": "our_equipment", "found": "熔丝熔断", "done": "随便你投诉，我没空"}
    told["restored_at"] = local(timezone.now() - DAY)
    answer = do("he", "receipt", row, **told).content.decode()
    assert "Read once more what is marked below" in answer
    assert "not taken yet. Look at: Supply restored at." in answer


def test_what_has_no_deadline_is_listed_last(opened: Open) -> None:
    without, due = opened(), opened()
    Order.objects.filter(pk=without.pk).update(next_due_at=None)
    listed = queries.find(("/",), queries.Wanted(state="open"), at=AT)
    assert [row.pk for row in listed] == [due.pk, without.pk]


def test_a_visit_brings_no_supply_back_and_its_clock_says_when_it_was_due(opened: Open) -> None:
    visit = recent(opened, Kind.SERVICE, Topic.CARE_VISIT)
    back = recent(opened, Kind.SERVICE, Topic.RECONNECT)
    restores = 'name="step" value="restore"'
    assert restores in page_of(back) and restores not in page_of(visit)
    actions.take_step(order_id=visit.pk, step="arrive", at=timezone.now(), actor="he")
    (shown,) = [one for one in queries.course_of(visit, at=timezone.now()).clocks if one.clock == "arrive"]
    assert (shown.due_at, due_of(shown)) == (None, visit.received_at + timedelta(hours=2))


def test_a_receipt_of_one_letter_says_nothing(opened: Open) -> None:
    row = recent(opened, Kind.ENQUIRY, Topic.BILL, text="电费")
    told = {"finding": "nothing", "found": "滚", "done": "客户询问电费", "told_customer": "已说明电费构成"}
    assert do("he", "receipt", row, **told).status_code == 422


def test_a_number_in_a_remark_would_be_read_by_everybody(opened: Open) -> None:
    row = opened()
    answer = do("he", "remark", row, side="customer", text="改打13812345678")
    assert "read this telephone number in full" in said(answer)
    assert row.remarks.count() == 0


def test_what_waits_for_an_answer_is_not_offered_twice(opened: Open, world: World) -> None:
    row = opened()
    both = do("he", "hand-over", row, to_username="su", to_unit=str(world.wick.pk), reason="请处理")
    assert "Choose one of both" in said(both)
    assert row.hand_overs.count() == 0
    do("he", "hand-over", row, to_username="su", reason="请处理")
    do("he", "suspension", row, cause="customer", reason="客户外出")
    page = page_of(row)
    assert "an answer is waited for" in page
    assert "a decision is waited for" in page
    assert reverse("orders:hand-over", args=[row.pk]) not in page
    assert reverse("orders:suspension", args=[row.pk]) not in page


def test_no_code_of_the_program_is_shown(opened: Open) -> None:
    row = opened(Kind.OPINION, Topic.QUALITY, text="电压", source_ref="portal.words")
    page = page_of(row)
    assert "portal.words" not in page
    assert "the public pages" in page
    assert [source_words(one) for one in ("hotline.call:7", "A-2026-15")] == ["", "A-2026-15"]
    assert named({}, "customer") == "The customer"
    assert named({"customer": "顾客"}, "customer") == "顾客"


def test_why_clocks_stand_still_is_read_in_one_s_own_language(opened: Open) -> None:
    row = opened()
    asked = actions.ask_suspension(
        order_id=row.pk, cause=SuspensionCause.CUSTOMER, reason="出差", at=AT + MINUTE, actor="he"
    )
    actions.decide_suspension(suspension_id=asked.pk, granted=True, at=AT + MINUTE, actor="tang")
    assert OrderStep.objects.get(step="suspend").reason == "应客户要求 · 出差"
    assert "At the customer&#x27;s wish · 出差" in page_of(row)


def test_a_suspension_that_is_refused_says_why_to_who_asked_and_on_the_order(opened: Open) -> None:
    row = opened()
    told: dict[str, Any] = {"cause": SuspensionCause.CUSTOMER, "reason": "出差", "at": AT + MINUTE, "actor": "he"}
    asked = actions.ask_suspension(order_id=row.pk, **told)
    deed = reverse("orders:decide-suspension", args=[row.pk, asked.pk])
    assert client_of("tang").post(deed, {"granted": "no", "decision": " "}).status_code == 422
    assert client_of("tang").post(deed, {"granted": "no", "decision": "不符合条件"}).status_code == 302
    assert Notice.objects.get(kind="orders.declined", recipient__username="he").text == "不符合条件"
    assert not Notice.objects.filter(kind="orders.suspension", withdrawn_at=None).exists(), "it is decided"
    page = page_of(row)
    assert "refused: 不符合条件" in page and "出差" in page


def test_the_receipt_begins_with_when_supply_came_back(opened: Open) -> None:
    row = recent(opened)
    lit_at = row.received_at + MINUTE
    for step in ("accept", "arrive", "restore"):
        actions.take_step(order_id=row.pk, step=step, told_at=lit_at, at=timezone.now(), actor="he")
    assert f'value="{local(lit_at)}"' in page_of(row)
