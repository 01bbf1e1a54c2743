"""Pages of customers: they work without script, and hide what is not asked for."""

import re
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.customers.actions import (
    CardEntry,
    CareEntry,
    CarerEntry,
    close_account,
    give_responsibility,
    register_care,
    set_contact_card,
    unmask,
)
from denghuo.apps.customers.facts import CustomersExported, CustomerUnmasked
from denghuo.apps.customers.models import Account, Care, CareKind, Extent, Phone, Responsibility, Unmasked, Unmasking
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.models import Notice
from denghuo.apps.organization.models import Role, User
from tests.apps.customers.conftest import DAY, SYSTEM, account, person, row, take_in
from tests.apps.network.conftest import signed_in
from tests.world import AT, World

SECRETS = ("张小灯", "12800000001", "3组12号", "李小照", "12800000077", "呼吸机")


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def path(name: str, *args: Any) -> str:
    return reverse(f"customers:{name}", args=args)


def text(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(path(name, *args), query, headers={"accept-language": "en"})
    assert answer.status_code == 200
    return str(answer.content.decode())


def cared(number: str = "1001", **told: Any) -> Care:
    usual: dict[str, Any] = {
        "kind": CareKind.LIFE_SUPPORT,
        "detail": "呼吸机",
        "proof": "县医院证明",
        "proof_seen_date": DAY,
        "agreed_how": "当面",
        "review_date": date(2027, 5, 1),
        "carers": [CarerEntry(name="李小照", number="12800000077", relation="女儿")],
    }
    return register_care(account_id=account(number).pk, entry=CareEntry(**(usual | told)), **SYSTEM)


def test_the_box_finds_and_says_why(town: World, he: User) -> None:
    page = text(signed_in(he), "home", q="青禾")
    assert "张*灯" in page and "单*禾" in page and "the place" in page
    assert "Nobody found" in text(signed_in(he), "home", q="没有这个人")
    assert "Type, and whoever fits" in text(signed_in(he), "home")


def test_one_hit_opens_at_once_and_is_remembered(town: World, he: User) -> None:
    client = signed_in(he)
    answer = client.get(path("home"), {"q": "12800000001"})
    assert answer.status_code == 302 and answer.headers["Location"] == path("account", account().pk)
    assert client.get(answer.headers["Location"]).status_code == 200
    assert "Opened last" in text(client, "home")


def test_as_it_is_typed_only_what_was_found_is_sent(town: World, he: User) -> None:
    answer = signed_in(he).get(path("home"), {"q": "1001"}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode() and "cu-hit" in answer.content.decode()


def test_without_customers_the_page_says_how_to_fill_it(world: World, he: User) -> None:
    assert "No customers yet" in text(signed_in(he), "home")
    assert path("import") in text(signed_in(world.gu), "home")
    assert path("import") not in text(signed_in(he), "home")


def test_nothing_hidden_is_on_any_page(town: World) -> None:
    cared()
    pk, client = account().pk, signed_in(town.gu)
    pages = [
        *(text(client, name) for name in ("home", "care", "cut", "responsible", "unmaskings", "new")),
        *(text(client, name, pk) for name in ("account", "hidden", "timeline", "correct", "contact", "supply-state")),
        *(text(client, name, pk) for name in ("edit-care", "review-care", "visit-care", "end-care", "anonymize")),
        text(client, "home", q="张小"),
        *(client.get(f"/api/customers/{one}").content.decode() for one in (f"accounts/{pk}", "care", "search?q=100")),
    ]
    assert [(place, secret) for place, page in enumerate(pages) for secret in SECRETS if secret in page] == []


def test_what_is_hidden_is_shown_with_a_reason_and_noted(town: World, he: User) -> None:
    client, pk = signed_in(he), account().pk
    refused = client.post(path("unmask", pk), {"what": "phones", "reason": " "})
    assert refused.status_code == 422 and "12800000001" not in refused.content.decode()
    short = client.post(path("unmask", pk), {"what": "phones", "reason": "a"}, headers={"accept-language": "en"})
    assert "One character is no reason." in short.content.decode()
    answer = client.post(path("unmask", pk), {"what": "phones", "reason": "回访"})
    page = answer.content.decode()
    assert "12800000001" in page and "张小灯" not in page and "3组12号" not in page
    assert answer.headers["Refresh"] == f"60; url={path('account', pk)}"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "12800000001" not in text(client, "account", pk)
    assert [one.fact for one in ledger.facts(classes=[CustomerUnmasked])] == [
        CustomerUnmasked(account_id=pk, what="phones", reason="回访")
    ]


@pytest.mark.parametrize(
    ("what", "told"),
    [("name", "张小灯"), ("address", "灯火镇青禾村3组12号"), ("care", "呼吸机"), ("phones", "12800000077")],
)
def test_a_part_is_shown_and_no_other(town: World, he: User, what: str, told: str) -> None:
    cared()
    answer = signed_in(he).post(
        path("unmask", account().pk), {"what": what, "reason": "抢修"}, headers={"hx-request": "true"}
    )
    page = answer.content.decode()
    assert told in page and "<html" not in page and 'data-cu-hide-after="60"' in page
    others = {"张小灯", "3组12号", "呼吸机", "12800000001"} - {told} - ({"3组12号"} if what == "address" else set())
    others -= {"12800000001"} if what == "phones" else set()
    assert [one for one in others if one in page] == []


def test_who_may_not_unmask_is_not_offered_it(town: World) -> None:
    pk = account().pk
    assert "Show what is hidden" not in text(signed_in(town.chen), "account", pk)
    assert signed_in(town.chen).post(path("unmask", pk), {"what": "name", "reason": "x"}).status_code == 403


def test_another_station_sees_nothing(town: World) -> None:
    pk, client = account().pk, signed_in(town.bai)
    assert client.get(path("account", pk)).status_code == 404
    assert client.post(path("unmask", pk), {"what": "name", "reason": "x"}).status_code == 404
    assert not Unmasking.objects.exists()


def test_what_is_so_now(town: World, he: User) -> None:
    pk = account().pk
    assert "Supplied" in text(signed_in(he), "account", pk)
    told: dict[str, Any] = {"network_id": town.network.pk, "device_code": "QF1", "closes": False, "operated_at": AT}
    record_switching(**told, event_number="T-9", note="", **SYSTEM)
    page = text(signed_in(he), "account", pk)
    assert "Without supply" in page and "T-9" in page
    cut = text(signed_in(he), "account", account("1003").pk)
    assert "Cut off" in cut and "TD-9" in cut


def test_an_account_is_opened_put_right_and_closed(town: World, su: User) -> None:
    client = signed_in(su)
    form = {"unit": town.lamp.pk, "number": "2001", "name": "新来者", "kind": "person", "phone": "12800000321"}
    form |= {"address": "灯火镇石桥村9号", "category": "residential", "load_code": "T7"}
    assert client.post(path("new"), form).status_code == 302
    assert client.post(path("new"), form).status_code == 422, "the number is taken"
    made = account("2001")
    assert made.person.phones.get().number == "12800000321"
    right = {
        "name": "",
        "kind": "person",
        "address": "",
        "category": "commercial",
        "load_code": "T6",
        "meter_number": "M",
    }
    assert client.post(path("correct", made.pk), right).status_code == 302
    now = account("2001")
    assert (now.person.name, now.premises.door, now.category) == ("新来者", "9号", "commercial")
    assert now.supply_points.get().load_code == "T6"
    Account.objects.filter(pk=made.pk).update(opened_date=date(2019, 3, 1))
    for day in ("2019-02-28", "2099-01-01"):
        assert client.post(path("close", made.pk), {"closed_date": day}).status_code == 422
    assert client.post(path("close", made.pk), {"closed_date": "2020-05-01"}).status_code == 302
    assert account("2001").closed_date == date(2020, 5, 1)


def test_numbers_and_what_they_may_be_used_for(town: World, su: User) -> None:
    client, pk = signed_in(su), account().pk
    assert client.post(path("contact", pk), {"number": "95598"}).status_code == 422
    assert client.post(path("contact", pk), {"number": "128 0000 0444", "note": "儿子"}).status_code == 302
    phone = Phone.objects.get(note="儿子")
    assert client.post(path("consent", pk, phone.pk), {"outage": "on"}).status_code == 302
    assert Phone.objects.get(pk=phone.pk).for_bills, "without saying how, nothing is kept"
    client.post(path("consent", pk, phone.pk), {"outage": "on", "news": "on", "how": "电话"})
    phone.refresh_from_db()
    assert (phone.for_outages, phone.for_bills, phone.for_news) == (True, False, True)
    client.post(path("phone-first", pk, phone.pk))
    assert account().person.phones.first() == phone
    assert client.post(path("quiet", pk), {"quiet_from": "22:00"}).status_code == 422
    assert client.post(path("quiet", pk), {"quiet_from": "22:00", "quiet_until": "07:00"}).status_code == 302
    assert "from 22:00 to 07:00" in text(client, "account", pk)
    client.post(path("remove-phone", pk, phone.pk))
    assert not Phone.objects.filter(pk=phone.pk).exists()
    other = Account.objects.get(unit=town.wick).person.phones.get()
    assert client.post(path("remove-phone", pk, other.pk)).status_code == 404


def test_cutting_off_and_connecting(town: World, su: User) -> None:
    client, pk = signed_in(su), account().pk
    form = {"reason": "arrears", "since_date": "2026-05-01", "record_number": "TD-1"}
    cared()
    refused = client.post(path("supply-state", pk), form)
    assert refused.status_code == 422 and "special care" in refused.content.decode()
    client.post(path("review-care", pk), {"review_date": f"{timezone.localdate() + timedelta(days=300):%Y-%m-%d}"})
    assert client.post(path("supply-state", pk), form).status_code == 302
    assert account().cut_record == "TD-1"
    assert client.post(path("supply-state", pk), {"record_number": "FD-1"}).status_code == 302
    assert (account().supply_state, account().cut_reason) == ("connected", "")


def test_the_register_and_what_is_due(town: World, su: User) -> None:
    assert "Nobody is in the register" in text(signed_in(su), "care")
    client, pk = signed_in(su), account().pk
    form = {
        "kind": "alone",
        "proof": "证明",
        "proof_seen_date": "2026-05-01",
        "agreed_how": "当面",
        "carers": "李小照 | 12",
    }
    form |= {"review_date": "2026-01-01", "visit_every_days": "30", "next_visit_date": "2026-04-01"}
    assert client.post(path("edit-care", pk), form).status_code == 422
    form["carers"] = "李小照，12800000077，女儿\n王小望 | 12800000078"
    refused = client.post(path("edit-care", pk), form | {"proof_seen_date": "2099-01-01"}).content.decode()
    for words in ("next visit cannot be due before", "next review cannot be due before", "That day is still to come."):
        assert words in refused, words
    cared(review_date=date(2026, 1, 1), next_visit_date=date(2026, 4, 1))
    assert client.post(path("edit-care", pk), form).status_code == 302, "what came due meanwhile is still due"
    page = text(client, "care", due="1")
    assert "Due now" not in page
    assert page.count("days over") == 2  # the review and the visit
    assert (
        client.post(path("visit-care", pk), {"visited_date": "2026-05-01", "met": "on", "note": "好"}).status_code
        == 302
    )
    care = Care.objects.get()
    assert (care.next_visit_date, care.carers.count()) == (date(2026, 5, 31), 2)
    keep = form | {"carers": "", "detail": "", "kind": "disabled", "next_visit_date": "2026-05-31"}
    client.post(path("edit-care", pk), keep)
    assert (Care.objects.get().kind, Care.objects.get().carers.count()) == ("disabled", 2), "left blank it stays"
    assert client.post(path("end-care", pk), {"because": "搬走"}).status_code == 302
    assert client.get(path("visit-care", pk)).status_code == 404


def test_who_answers_finds_their_own_and_writes_down_visits(town: World) -> None:
    """A crew member keeps no file, but answers for T1's customers by name: their care is theirs to do."""
    ma = person("mu", town.lamp, Role.CREW)
    client, pk, today = signed_in(ma), account().pk, timezone.localdate()
    cared(visit_every_days=30, next_visit_date=today, review_date=today)
    cared("1002", review_date=today)
    assert client.get(path("visit-care", pk)).status_code == 403
    assert "your customers" not in client.get("/").content.decode()
    answers = {"unit_id": town.lamp.pk, "extent": Extent.LOAD, "targets": ["T1"], "user_id": ma.pk}
    give_responsibility(because="分片", **answers, **SYSTEM)
    assert "Special care: your customers" in client.get("/").content.decode()
    everybody, mine = text(client, "care", due="1"), text(client, "care", due="1", mine="1")
    assert [name in everybody for name in ("张*灯", "张*明")] == [True, True]
    assert [name in mine for name in ("张*灯", "张*明")] == [True, False]
    assert path("visit-care", pk) in text(client, "account", pk)
    visit = client.post(path("visit-care", pk), {"visited_date": f"{today:%Y-%m-%d}", "met": "on"})
    assert visit.status_code == 302
    assert Care.objects.get(account=pk).next_visit_date == today + timedelta(days=30)
    again = {"review_date": f"{today + timedelta(days=300):%Y-%m-%d}"}
    assert client.post(path("review-care", pk), again).status_code == 302
    assert client.post(path("review-care", account("1002").pk), again).status_code == 403
    assert "your customers" not in client.get("/").content.decode()


def test_a_register_leaves_the_house_masked_and_noted(town: World) -> None:
    cared()
    answer = signed_in(town.lin).post(path("export", "care"))
    book = openpyxl.load_workbook(BytesIO(answer.content))
    told = str([[cell.value for cell in line] for line in book.worksheets[0]])
    assert "张*灯" in told and [one for one in SECRETS if one in told] == []
    assert [one.fact.row_count for one in ledger.facts(classes=[CustomersExported])] == [1]
    assert signed_in(town.lin).get(path("export", "cut")).status_code == 302
    assert signed_in(town.lin).post(path("export", "none")).status_code == 404


def test_who_answers(town: World, su: User) -> None:
    client = signed_in(su)
    page = text(client, "responsible")
    assert "Nobody answers for these" in page and "青禾村T1台区" in page
    assert "Nobody answers for this customer" in text(client, "account", account().pk)
    zhou, lin = town.zhou.pk, town.lin.pk
    client.post(path("responsible"), {"user": zhou, "targets": ["station:"]})
    client.post(path("responsible"), {"user": lin, "targets": ["area:青禾村", "load:T3"], "because": "新分片"})
    assert "Nobody answers for these" not in text(client, "responsible")
    names = {number: _answers(client, number) for number in ("1001", "1002", "1004")}
    assert names == {"1001": "林晓岚", "1002": "林晓岚", "1004": "周国平"}
    client.post(path("answers", account().pk), {"user": zhou, "because": "点名要他"})
    assert _answers(client, "1001") == "周国平"
    client.post(path("responsible"), {"user": zhou, "targets": ["area:青禾村"]})
    assert "Who answered before" in text(client, "responsible")
    ended = Responsibility.objects.get(extent=Extent.AREA, until_at__isnull=False)
    assert (ended.user_id, ended.because) == (lin, "新分片")
    held = Responsibility.objects.get(extent=Extent.LOAD)
    client.post(path("end-responsible", held.pk), {"because": "并回片区"})
    assert _answers(client, "1002") == "周国平"


def _answers(client: Client, number: str) -> str:
    told = client.get(f"/api/customers/accounts/{account(number).pk}").json()
    return str(told["responsible"]["name"])


def test_the_card(town: World, su: User) -> None:
    client = signed_in(su)
    assert "No card yet" in text(client, "card", town.zhou.pk)
    form = {"phone": "0571-8123456", "title": "台区经理", "office": "灯山供电所", "hours": "8:00–18:00"}
    assert client.post(path("edit-card", town.zhou.pk), form).status_code == 302
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.AREA, targets=["青禾村"], user_id=town.zhou.pk, **SYSTEM)
    page = text(client, "card", town.zhou.pk, size="a5")
    assert "05718123456" in page and "<svg" in page and "cu-card--a5" in page and "青禾村" in page
    assert not re.search(r"<svg[^>]*style=", page), "the policy lets no style into a page"
    assert signed_in(town.bai).get(path("card", town.zhou.pk)).status_code == 404


def test_looks_are_reviewed_by_somebody_else(town: World, su: User) -> None:
    now = timezone.now()
    look = unmask(account_id=account().pk, what=Unmasked.NAME, reason="核对", at=now, actor="su")
    own = unmask(account_id=account().pk, what=Unmasked.NAME, reason="自己", at=now, actor="zhou")
    client = signed_in(town.zhou)
    page = text(client, "unmaskings")
    assert "核对" in page and "Somebody else looks at what you saw" in page
    answer = client.post(path("review-unmasking", look.pk), {"finding": "doubtful", "note": " "}, follow=True)
    assert "Write down what is to be asked" in answer.content.decode()
    assert not Unmasking.objects.exclude(finding="").exists()
    client.post(path("review-unmasking", look.pk), {"finding": "doubtful", "note": "问一下"})
    (told,) = Notice.objects.filter(kind="customers.asked")
    assert (told.recipient, "问一下" in told.subject, told.path) == (su, True, path("account", account().pk))
    client.post(path("review-unmasking", own.pk), {"finding": "needed"})
    assert sorted(Unmasking.objects.values_list("finding", flat=True)) == ["", "doubtful"]
    assert "Nothing was unmasked" in text(client, "unmaskings", day="2020-01-01")
    assert text(client, "unmaskings", day="2020-99-01")
    assert signed_in(su).get(path("unmaskings")).status_code == 403


def test_somebody_is_made_anonymous(town: World) -> None:
    cared()
    client, pk = signed_in(town.zhou), account().pk
    form = {"reason": "本人要求", "sure": "on"}
    assert client.post(path("anonymize", pk), {"reason": "x"}).status_code == 422
    refused = client.post(path("anonymize", pk), form)
    assert refused.status_code == 422 and "still open" in refused.content.decode()
    close_account(account_id=pk, closed_date=DAY, **SYSTEM)
    assert path("anonymize", pk) in text(signed_in(town.gu), "account", pk)
    leader = signed_in(person("leader", town.lamp, Role.SHIFT_LEADER))
    assert path("anonymize", pk) not in text(leader, "account", pk)
    assert leader.get(path("anonymize", pk)).status_code == 403
    assert client.post(path("anonymize", pk), form).status_code == 302
    page = text(client, "account", pk)
    assert "Life support" not in page and "Supplied" not in page, "nothing of health, and no supply of a closed account"
    assert (Care.objects.get().kind, Care.objects.get().ended_at is None) == ("other", False)
    assert "Nobody any more" in page and "张" not in page
    for asked in ("12800000001", "张小灯", "zxd", "3-12", "12800000077"):
        numbers = client.get("/api/customers/search", {"q": asked}).json()["hits"]
        assert [one["number"] for one in numbers if one["number"] == "1001"] == [], asked
    assert client.get("/api/customers/search", {"q": "1001"}).json()["hits"][0]["name"] == ""
    for name in ("anonymize", "correct", "contact", "edit-care", "answers", "important"):
        assert client.get(path(name, pk)).status_code == 404, name
        assert path(name, pk) not in page, name
    for name in ("quiet", "end-care", "close"):
        assert client.post(path(name, pk), {"because": "x"}).status_code == 404, name


def test_the_api_tells_what_pages_tell(town: World, he: User) -> None:
    set_contact_card(user_id=town.zhou.pk, entry=CardEntry(phone="0571812345"), **SYSTEM)
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.STATION, targets=[""], user_id=town.zhou.pk, **SYSTEM)
    client = signed_in(he)
    told = client.get(f"/api/customers/accounts/{account('1003').pk}").json()
    assert (told["name"], told["cut_reason"], told["supplied"]) == ("单*禾", "arrears", True)
    assert told["responsible"]["phone"] == "0571812345"
    found = client.get("/api/customers/search", {"q": "青禾", "size": 1}).json()
    assert (len(found["hits"]), found["more"], found["hits"][0]["why"]) == (1, True, ["place"])
    assert client.get("/api/customers/accounts/999999").status_code == 404
    assert client.get("/api/customers/search", {"q": "a", "size": 0}).status_code == 422
    wick = Account.objects.get(unit=town.wick)
    assert client.get(f"/api/customers/accounts/{wick.pk}").status_code == 404


def test_moments_before_an_instant(town: World, he: User) -> None:
    take_in(town.lamp, row("1003", "单小禾", load_code="T2", supply_state="connected"), at=AT + timedelta(days=2))
    pk = account("1003").pk
    page = text(signed_in(he), "timeline", pk, before=(AT + timedelta(days=1)).isoformat())
    assert "Cut off since" in page and "Connected again" not in page
    assert text(signed_in(he), "timeline", pk, before="yesterday")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x"])
def test_a_day_that_cannot_be_is_today(town: World, day: str) -> None:
    assert f"{timezone.localdate():%Y-%m-%d}" in text(signed_in(town.gu), "unmaskings", day=day)
