"""Pages of orders: what each role finds there, what it can do, and that what is told is masked."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import ReceiptEntry
from denghuo.apps.orders.models import HandOver, Kind, LimitRule, Order, OrderRule, Sign, State, Topic
from tests.apps.orders.conftest import Open, People, client_of

pytestmark = pytest.mark.usefixtures("english")

MINUTE = timedelta(minutes=1)


def fresh(opened: Open, **told: object) -> Order:
    return opened(at=timezone.now() - MINUTE, caller="13800138000", contact_name="周安", place="青禾村3组", **told)


def test_the_list_shows_what_is_due_first_and_nobody_s_number(opened: Open) -> None:
    row = fresh(opened)
    answer = client_of("he").get(reverse("orders:home"))
    page = answer.content.decode()
    assert row.number in page
    assert "138****8000" in page
    assert "13800138000" not in page
    assert client_of("he").get(reverse("orders:home"), {"q": "13800138000"}).content.decode().count(row.number) == 1
    assert row.number in client_of("he").get(reverse("orders:home"), {"q": row.number}).content.decode()
    assert row.number not in client_of("he").get(reverse("orders:home"), {"due": "overdue"}).content.decode()


def test_a_new_order_is_opened_once_however_often_it_is_sent(people: People) -> None:
    client = client_of("he")
    form = client.get(reverse("orders:new"), {"kind": "complaint"}).context["form"]
    told = {
        "client_key": form.initial["client_key"],
        "kind": "complaint",
        "topic": "attitude",
        "text": "窗口怠慢",
        "unit": str(form.fields["unit"].choices[0][0]),
        "caller": "13800138000",
        "channel": "counter",
    }
    for _ in range(2):
        assert client.post(reverse("orders:new"), told).status_code == 302
    row = Order.objects.get()
    assert (row.first_asked, row.handler, row.kind, row.channel) == ("he", "he", "complaint", "counter")


def test_another_kind_asks_for_other_fields_and_opens_nothing(people: People) -> None:
    client = client_of("he")
    told = {"kind": "complaint", "topic": "no_supply", "text": "停电了", "channel": "phone"}
    answer = client.post(reverse("orders:new"), told, headers={"hx-request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "停电了" in page
    assert 'value="attitude"' in page
    assert 'value="no_supply"' not in page
    assert "load_code" not in page
    assert not Order.objects.exists()


def test_what_is_being_written_is_kept_and_sealed(people: People) -> None:
    client = client_of("he")
    client.post(reverse("orders:draft"), {"kind": "opinion", "topic": "bill", "text": "希望短信提醒"})
    assert "希望短信提醒" in client.get(reverse("orders:new")).content.decode()
    assert client.post(reverse("orders:draft"), {"anything": "else"}).status_code == 422
    assert Fact.objects.filter(kind="orders.DraftBegun").count() == 1


def test_an_order_without_anybody_it_is_from_says_what_is_missing(people: People) -> None:
    told = {"kind": "fault", "topic": "no_supply", "channel": "phone", "unit": "0"}
    assert client_of("he").post(reverse("orders:new"), told).status_code == 422
    assert not Order.objects.exists()


@pytest.mark.parametrize("day", ["0001-01-01T00:00", "1850-01-01T00:00", "9999-12-31T23:59"])
def test_an_instant_that_nobody_means_is_refused(opened: Open, day: str) -> None:
    client, row = client_of("he"), fresh(opened)
    told = {"kind": "fault", "topic": "no_supply", "channel": "phone", "unit": str(row.unit_id), "place": "青禾村3组"}
    answer = client.post(reverse("orders:new"), told | {"received_at": day})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"received_at"}
    client.post(reverse("orders:promise", args=[row.pk]), {"what": "visit", "due_at": day})
    assert not row.promises.exists()


def test_a_part_begins_with_what_the_whole_says_and_keeps_its_number_sealed(opened: Open) -> None:
    client, row = client_of("he"), fresh(opened, load_code="T1")
    page = client.get(reverse("orders:new"), {"parent": row.pk})
    form = page.context["form"]
    assert "13800138000" not in page.content.decode()
    told = {name: value for name, value in form.initial.items() if value is not None}
    client.post(reverse("orders:new"), told | {"topic": "danger"})
    part = Order.objects.get(parent=row)
    assert (part.place, part.load_code, part.caller, part.kind) == (row.place, "T1", row.caller, row.kind)


def test_the_page_of_an_order_offers_what_may_be_done_and_does_it(opened: Open) -> None:
    row = fresh(opened)
    client = client_of("he")
    page = client.get(reverse("orders:order", args=[row.pk])).content.decode()
    assert "周*" in page
    assert "周安" not in page
    assert 'value="accept"' in page
    client.post(reverse("orders:take-step", args=[row.pk]), {"step": "accept"})
    assert Order.objects.get(pk=row.pk).state == State.IN_HAND
    client.post(reverse("orders:take-step", args=[row.pk]), {"step": "terminate", "reason": "x"})
    assert Order.objects.get(pk=row.pk).state == State.IN_HAND  # that is for a supervisor
    client_of("tang").post(reverse("orders:take-step", args=[row.pk]), {"step": "terminate", "reason": "重复"})
    assert Order.objects.get(pk=row.pk).state == State.TERMINATED


def test_the_receipt_is_checked_as_it_is_written(opened: Open) -> None:
    row = fresh(opened)
    client = client_of("he")
    told = {"finding": "customer_wiring", "found": "已处理", "done": "协助客户复位漏保"}
    page = client.post(reverse("orders:check-receipt", args=[row.pk]), told).content.decode()
    assert "says nothing" in page
    refused = client.post(reverse("orders:receipt", args=[row.pk]), told)
    assert refused.status_code == 422
    assert "The receipt is not taken yet. Look at: What was found." in refused.content.decode()
    assert refused.context["receipt_form"].fields["found"].widget.attrs["autofocus"]
    told["found"] = "客户侧漏电保护器跳闸"
    assert "complete" in client.post(reverse("orders:check-receipt", args=[row.pk]), told).content.decode()
    assert client.post(reverse("orders:receipt", args=[row.pk]), told).status_code == 302
    assert Order.objects.get(pk=row.pk).finding == "customer_wiring"


@pytest.mark.parametrize("kind", [Kind.ENQUIRY, Kind.PRAISE, Kind.SUGGESTION, Kind.SERVICE])
def test_what_has_no_cause_is_not_asked_for_one(opened: Open, kind: str) -> None:
    row = fresh(opened, kind=kind, topic=Topic.BILL if kind == Kind.SERVICE else Topic.OTHER)
    if kind == Kind.ENQUIRY:
        actions.take_step(order_id=row.pk, step="contact", at=timezone.now(), actor="he")
    client = client_of("he")
    assert 'name="finding"' not in client.get(reverse("orders:order", args=[row.pk])).content.decode()
    told = {"found": "客户想了解分时电价", "done": "已逐项说明并发送资料", "told_customer": "已说明"}
    wrong = ReceiptEntry(finding="our_equipment", **told)
    assert [one.code for one in queries.check_receipt(row, wrong, at=timezone.now()) if one.forbids] == ["not_of_kind"]
    assert client.post(reverse("orders:receipt", args=[row.pk]), told).status_code == 302
    assert Order.objects.get(pk=row.pk).finding == ""
    for page in (reverse("orders:order", args=[row.pk]), reverse("orders:print", args=[row.pk])):
        read = client.get(page).content.decode()
        assert "客户想了解分时电价" in read
        assert "Not told ·" not in read


def test_a_hand_over_goes_from_page_to_page(opened: Open) -> None:
    row = fresh(opened)
    client_of("he").post(reverse("orders:hand-over", args=[row.pk]), {"to_username": "su", "reason": "柜台资料"})
    offer = HandOver.objects.get()
    assert row.number in client_of("su").get(reverse("orders:home"), {"offered": "on"}).content.decode()
    client_of("su").post(reverse("orders:answer-hand-over", args=[row.pk, offer.pk]), {"answer": "accept"})
    assert Order.objects.get(pk=row.pk).handler == "su"


def test_a_suspension_is_granted_on_the_page_of_somebody_else(opened: Open) -> None:
    row = fresh(opened)
    told = {"cause": "force_majeure", "reason": "洪水"}
    client_of("tang").post(reverse("orders:suspension", args=[row.pk]), told)
    asked = row.suspensions.get()
    decide = reverse("orders:decide-suspension", args=[row.pk, asked.pk])
    client_of("tang").post(decide, {"granted": "yes"})
    assert Order.objects.get(pk=row.pk).state == State.REGISTERED
    client_of("zhou").post(decide, {"granted": "yes"})
    assert Order.objects.get(pk=row.pk).state == State.SUSPENDED


def test_promises_remarks_and_merging_have_their_forms(opened: Open) -> None:
    row, other = fresh(opened, load_code="T1"), fresh(opened, load_code="T1")
    client = client_of("he")
    due = timezone.localtime(timezone.now() + timedelta(hours=2))
    client.post(reverse("orders:promise", args=[row.pk]), {"what": "visit", "due_at": f"{due:%Y-%m-%dT%H:%M}"})
    promise = row.promises.get()
    later = due + timedelta(hours=2)
    moved = {"answer": "moved", "due_at": f"{later:%Y-%m-%dT%H:%M}", "note": "已电话告知"}
    client.post(reverse("orders:answer-promise", args=[row.pk, promise.pk]), moved)
    promise.refresh_from_db()
    assert promise.moved_at is not None
    client.post(reverse("orders:answer-promise", args=[row.pk, row.promises.get(moved_at=None).pk]), {"answer": "kept"})
    client.post(reverse("orders:remark", args=[row.pk]), {"side": "reply", "text": "师傅已出发"})
    client.post(reverse("orders:merge", args=[row.pk]), {"order": [str(other.pk)]})
    page = client.get(reverse("orders:order", args=[row.pk])).content.decode()
    assert "师傅已出发" in page
    assert other.number in page
    assert Order.objects.get(pk=other.pk).merged_into_id == row.pk


def test_all_evidence_comes_in_one_file_and_that_is_recorded(opened: Open) -> None:
    row = fresh(opened)
    client = client_of("he")
    client.post(reverse("orders:appeal", args=[row.pk]), {"clock": "arrive", "text": "道路中断"})
    answer = client.post(reverse("orders:evidence", args=[row.pk]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert sorted(bundle.namelist()) == [f"{row.number}.html", f"{row.number}.xlsx"]
        page = bundle.read(f"{row.number}.html").decode()
    assert "GB/T 28583-2012" in page
    assert "13800138000" not in page
    assert Fact.objects.filter(kind="orders.EvidenceHandedOut").count() == 1
    decide = reverse("orders:decide-appeal", args=[row.pk, row.appeals.get().pk])
    client_of("tang").post(decide, {"granted": "yes", "decision": "属实"})
    assert row.appeals.get().upheld is True
    assert client.get(reverse("orders:print", args=[row.pk])).status_code == 200


def test_a_full_number_is_shown_for_a_reason_that_is_recorded(opened: Open) -> None:
    row = fresh(opened)
    path = reverse("orders:show-number", args=[row.pk])
    assert "13800138000" in client_of("su").post(path, {"reason": "回电"}).content.decode()
    assert client_of("su").post(path, {"reason": " "}).status_code == 422
    assert client_of("meng").post(path, {"reason": "看看"}).status_code == 403
    assert "13800138000" not in Fact.objects.get(kind="orders.CallerShown").data


def test_signs_are_answered_by_who_supervises(opened: Open) -> None:
    fresh(opened, topic=Topic.DANGER)
    actions.raise_signs(at=timezone.now(), actor="rounds")
    sign = Sign.objects.get()
    assert "Danger" in client_of("he").get(reverse("orders:signs")).content.decode()
    assert client_of("he").post(reverse("orders:see-sign", args=[sign.pk]), {"answer": "x"}).status_code in (403, 404)
    client_of("tang").post(reverse("orders:see-sign", args=[sign.pk]), {"answer": "已派人"})
    assert "已派人" in client_of("he").get(reverse("orders:signs")).content.decode()


def test_a_limit_shows_what_it_would_do_before_it_is_saved(opened: Open) -> None:
    row = fresh(opened)
    client = client_of("meng")
    told = {
        "kind": Kind.FAULT,
        "clock": "arrive",
        "amount": "1",
        "unit": "min",
        "limit_kind": "ceiling",
        "layer": "internal",
        "basis": "本所",
        "from_date": f"{timezone.localdate() - timedelta(days=2):%Y-%m-%d}",
    }
    answer = client.post(reverse("orders:set-limit"), told | {"look": ""})
    assert answer.context["preview"].moved == 1
    assert not LimitRule.objects.exists()
    assert Order.objects.get(pk=row.pk).overdue_at is None
    client.post(reverse("orders:set-limit"), told | {"save": "1"})
    assert LimitRule.objects.get().limit_s == 60
    assert Order.objects.get(pk=row.pk).overdue_at is not None


@pytest.mark.parametrize("kind", Kind.values)
def test_rules_are_shown_for_every_kind(people: People, kind: str) -> None:
    for name in ("limits", "steps"):
        assert client_of("he").get(reverse(f"orders:{name}"), {"kind": kind}).status_code == 200


def test_a_step_and_the_numbers_are_set_from_a_day_on(people: People) -> None:
    client = client_of("meng")
    today = f"{timezone.localdate():%Y-%m-%d}"
    told = {"kind": "fault", "step": "park", "from_states": ["in_hand"], "who": "works", "effect_arrive": "fly"}
    form = told | {"from_date": today, "source": "本所"}
    assert client.post(reverse("orders:steps"), form).status_code == 422
    assert (
        client.post(
            reverse("orders:steps"), form | {"effect_arrive": "", "effect_all": "suspend", "save": "1"}
        ).status_code
        == 302
    )
    numbers = client.get(reverse("orders:numbers")).context["form"].initial | {"stuck_after_s": 12.5, "source": "本所"}
    numbers |= {"from_date": today, "save": "1"}
    assert client.post(reverse("orders:numbers"), numbers).status_code == 302
    assert OrderRule.objects.get().stuck_after_s == 750, "typed in minutes, kept in seconds"
    form = client.get(reverse("orders:numbers")).context["form"]
    assert form["stuck_after_s"].value() == "12.5"
    wrong = client.post(reverse("orders:numbers"), numbers | {"repeat_count": "-1"}).context["form"]
    assert len(wrong.errors["repeat_count"]) == 1
    assert client_of("he").post(reverse("orders:numbers"), numbers).status_code == 403


def test_a_month_and_an_export_are_handed_out(opened: Open) -> None:
    of = {"month": f"{timezone.localdate(fresh(opened).received_at):%Y-%m}"}  # a minute ago may be last month
    assert "Means of the month" in client_of("he").get(reverse("orders:month"), of).content.decode()
    assert client_of("he").get(reverse("orders:month"), {"month": "2020-02"}).status_code == 200
    assert client_of("he").get(reverse("orders:month"), {"month": "nonsense"}).status_code == 200
    assert client_of("tang").get(reverse("orders:export")).content[:2] == b"PK"
    assert Fact.objects.filter(kind="orders.OrdersExported").count() == 1


def test_wording_is_checked_as_it_is_typed(people: People) -> None:
    answer = client_of("he").post(reverse("orders:wording"), {"text": "这不归我管"})
    assert answer.status_code == 200
