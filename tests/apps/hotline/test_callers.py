"""Who calls: by the customer file, with everything that an agent has to know before a word is said."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.customers.actions import (
    AccountEntry,
    CardEntry,
    CareEntry,
    CarerEntry,
    ImportantEntry,
    add_phone,
    close_account,
    give_responsibility,
    open_account,
    register_care,
    set_contact_card,
    set_important,
    set_supply_state,
)
from denghuo.apps.customers.models import Account, CareKind, Extent
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.models import Call, CallerNumber, NoteKind
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Finding, Kind, Order, Topic
from denghuo.apps.orders.queries import Reader
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission
from denghuo.apps.organization.models import Role
from denghuo.apps.outages.actions import give_estimate
from denghuo.apps.outages.models import Suspicion
from denghuo.apps.outages.models.estimates import Method
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import Switch, after, signed_in, switch
from tests.world import AT, World

__all__ = ["switch"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
NUMBER = "13800000077"
Join = Callable[..., Account]


@pytest.fixture
def joins(world: World, hotline: Hotline) -> Join:
    """Open an account at a load, for somebody new or for the person of another account."""

    def take(number: str, load_code: str = "T1", *, phone: str = NUMBER, of: Account | None = None) -> Account:
        entry = AccountEntry(number=number, name="王小五", address="青禾村3组12号", load_code=load_code)
        account = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
        if of is not None:
            Account.objects.filter(pk=account.pk).update(person=of.person)
        elif phone:
            add_phone(person_id=account.person_id, number=phone, **SYSTEM)
        return Account.objects.get(pk=account.pk)

    return take


def about(hotline: Hotline, number: str = NUMBER, *, at: datetime = AT, **told: Any) -> queries.About:
    return queries.about_of(hotline.exchange, number, at=at, reader=None, **told)


def page(hotline: Hotline, **query: Any) -> str:
    answer = signed_in(hotline.agent).get(reverse("hotline:desk"), query or {"number": NUMBER})
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_customer_file_comes_before_the_table(hotline: Hotline, joins: Join) -> None:
    CallerNumber.objects.create(unit=hotline.exchange.unit, number=NUMBER, name="旧表", account="0501", load_code="T7")
    assert [one.account for one in queries.callers_of(hotline.exchange, NUMBER)] == ["0501"]
    account = joins("0601")
    (caller,) = queries.callers_of(hotline.exchange, "+86 138-0000-0077")
    assert (caller.account_id, caller.name, caller.load_code) == (account.pk, "王*五", "T1")
    assert caller.address == "青禾村3组***"
    told = page(hotline)
    assert "王*五" in told
    assert "旧*" not in told


def test_who_moved_out_is_told_only_where_nobody_else_has_the_number(hotline: Hotline, joins: Join) -> None:
    first = joins("0601")
    close_account(account_id=first.pk, closed_date=AT.date(), **SYSTEM)
    assert [one.account for one in queries.callers_of(hotline.exchange, NUMBER)] == ["0601"]
    joins("0602", of=first)
    assert [one.account for one in queries.callers_of(hotline.exchange, NUMBER)] == ["0602"]


def test_of_several_accounts_the_one_without_supply_is_in_question(
    hotline: Hotline, joins: Join, switch: Switch
) -> None:
    first = joins("0601", "T1")
    second = joins("0602", "T4", of=first)
    assert about(hotline).known == queries.caller_on(hotline.exchange, first.pk)
    switch("QL1", "open", 1, "F-1")
    told = about(hotline)
    assert [one.account_id for one in told.callers] == [first.pk, second.pk]
    assert told.known is not None
    assert (told.known.account_id, told.dark) == (second.pk, {second.pk})
    assert [one.outage.number for one in told.out] == ["F-1"]
    chosen = about(hotline, account_id=first.pk)
    assert chosen.known is not None
    assert (chosen.known.account_id, chosen.out) == (first.pk, ())
    nobody = about(hotline, account_id=queries.NOBODY)
    assert nobody.known is None
    assert len(nobody.callers) == 2
    assert [one.outage.number for one in nobody.around] == ["F-1"]
    shown = page(hotline)
    assert f'value="{second.pk}" form="note" checked' in shown
    assert "Somebody else" in shown


def test_who_is_cut_off_is_told_with_the_record(hotline: Hotline, joins: Join) -> None:
    account = joins("0601")
    cut = {"reason": "arrears", "since_date": date(2026, 4, 2), "record_number": "催停117号"}
    set_supply_state(account_id=account.pk, state="cut", **cut, **SYSTEM)
    told = page(hotline)
    for words in ("Cut off for arrears", "2026-04-02", "催停117号", "A crew would go for nothing"):
        assert words in told
    set_supply_state(account_id=account.pk, state="cut", **(cut | {"reason": "safety"}), **SYSTEM)
    assert "Cut off for safety" in page(hotline)


def test_special_care_the_carer_who_calls_and_who_answers_for_them(world: World, hotline: Hotline, joins: Join) -> None:
    account = joins("0601")
    care = CareEntry(
        kind=CareKind.LIFE_SUPPORT,
        proof="证明",
        proof_seen_date=AT.date(),
        agreed_how="电话",
        review_date=date(2027, 1, 1),
        backup_min=90,
        carers=[CarerEntry(name="赵小梅", number="13800000100", relation="女儿")],
    )
    register_care(account_id=account.pk, entry=care, **SYSTEM)
    set_important(account_id=account.pk, entry=ImportantEntry(level="second"), **SYSTEM)
    station: dict[str, Any] = {"unit_id": world.lamp.pk, "extent": Extent.STATION, "targets": [""]}
    give_responsibility(**station, user_id=world.ma.pk, **SYSTEM)
    set_contact_card(user_id=world.ma.pk, entry=CardEntry(phone="0572-8880001"), **SYSTEM)
    told = page(hotline, number="13800000100")
    for words in ("赵*梅 女儿", "Life support at home", "90 minutes", "Second level", "马立军", "0572-8880001"):
        assert words in told
    assert "赵小梅" not in told
    assert "Called by somebody who cares" not in page(hotline)


def test_what_is_open_and_what_was_found_before(world: World, hotline: Hotline, joins: Join) -> None:
    account = joins("0601")
    told: dict[str, Any] = {"unit_id": world.lamp.pk, "received_at": AT}
    own = open_order(entry=OrderEntry(kind="fault", topic="no_supply", account_id=account.pk, **told), **SYSTEM)
    called = open_order(entry=OrderEntry(kind="complaint", topic="bill", caller=NUMBER, **told), **SYSTEM)
    elsewhere = {"unit_id": world.wick.pk, "received_at": AT, "caller": NUMBER}
    open_order(entry=OrderEntry(kind="complaint", topic="bill", **elsewhere), **SYSTEM)
    assert {row.pk for row in about(hotline).orders} == {own.pk, called.pk}, "not those of another station"
    shown = page(hotline)
    assert own.number in shown
    assert "overdue since" in shown
    assert f'name="chase" value="{own.pk}"' in shown
    Order.objects.filter(pk=own.pk).update(finding=Finding.CUSTOMER_WIRING, state="closed", closed_at=AT)
    found = about(hotline)
    assert [row.pk for row in found.orders] == [called.pk]
    assert queries.proposed("fault_report", found) == queries.Proposal(topic="no_supply", why=queries.Why.OWN_WIRING)
    assert "it was their own wiring" in page(hotline)


def test_a_suspected_fault_is_told_to_who_lies_behind_it(world: World, hotline: Hotline, joins: Join) -> None:
    joins("0601", "T3")
    counted = {"load_count": 1, "mv_users": 1, "lv_customers": 6, "report_count": 4}
    instants = dict.fromkeys(("first_reported_at", "suspected_at", "changed_at"), AT)
    row = Suspicion(network=world.network, number="G1", device_code="FU1", probability=0.9, **counted, **instants)
    row.save()
    told = about(hotline)
    assert told.suspected == row
    assert queries.proposed("fault_report", told).why == queries.Why.SUSPECTED
    assert "A fault is suspected" in page(hotline)
    row.device_code = "QL2"
    row.save()
    assert about(hotline).suspected is None, "another's"


def test_an_expected_time_is_what_is_said(hotline: Hotline, joins: Join, switch: Switch) -> None:
    joins("0601", "T4")
    now = timezone.now()
    switch("QL1", "open", (now - AT) / timedelta(hours=1) - 0.5, "F-1")
    (out,) = about(hotline, at=now).out
    expected = now + timedelta(hours=2)
    told: dict[str, Any] = {"method": Method.CREW, "team": "一班", "reason": "", "at": now, "actor": "ma"}
    give_estimate(about=out.outage.about, expected_at=expected, **told)
    (out,) = about(hotline, at=now).out
    assert out.promised_at == expected
    assert f"{timezone.localtime(expected):%H:%M}" in out.text


def test_whom_somebody_called_for_is_proposed_when_the_number_calls_again(
    world: World, hotline: Hotline, joins: Join, switch: Switch
) -> None:
    account, number = joins("0601", "T4", phone=""), "13911111111"
    switch("QL1", "open", 1, "F-1")
    assert about(hotline, number).callers == ()
    entry = actions.NoteEntry(text="邻居家停电", kind="fault_report", account_id=account.pk)
    key = {"exchange_id": hotline.exchange.pk, "call_id": "", "number": number}
    actions.keep_note(**key, entry=entry, at=after(2), actor="he")
    switch("QL1", "close", 3, "F-1")
    told = about(hotline, number, at=after(3.1))
    assert told.known is not None and told.back is not None
    assert (told.known.account_id, told.known.called_at, told.back.back_at) == (account.pk, after(2), after(3))
    shown = page(hotline, number=number)
    for words in (f'value="{account.pk}" form="note" checked', "called for from this number at 2026-05-01 10:00"):
        assert words in shown
    assert "Nothing is known of this number" not in shown
    found = signed_in(hotline.agent).post(
        reverse("hotline:desk-customers"), key | {"customer": "060", "account": str(account.pk)}
    )
    assert f'value="{account.pk}"' not in found.content.decode(), "who is proposed stands above"
    own = joins("0602", phone=number)
    assert [one.account_id for one in about(hotline, number).callers] == [own.pk, account.pk]
    assert about(hotline, number).known == queries.caller_on(hotline.exchange, own.pk), "whose number it is comes first"
    assert about(hotline, number, account_id=queries.NOBODY).known is None
    close_account(account_id=account.pk, closed_date=AT.date(), **SYSTEM)
    assert [one.account_id for one in about(hotline, number).callers] == [own.pk]


def test_whom_an_order_is_about_now_is_proposed_and_none_who_is_accused(
    world: World, hotline: Hotline, joins: Join
) -> None:
    first, other, number = joins("0601", phone=""), joins("0602", phone=""), "13911111111"
    told: dict[str, Any] = {"unit_id": world.lamp.pk, "received_at": AT, "caller": number}
    open_order(entry=OrderEntry(kind="misconduct", topic="other", account_id=first.pk, **told), **SYSTEM)
    row = open_order(entry=OrderEntry(kind="fault", topic="no_supply", account_id=first.pk, **told), **SYSTEM)
    Order.objects.filter(pk=row.pk).update(account_id=other.pk)
    assert [one.account_id for one in about(hotline, number).callers] == [other.pk]


def test_a_search_finds_customers_and_keeps_who_was_chosen(world: World, hotline: Hotline, joins: Join) -> None:
    first, other = joins("0601"), joins("0602", phone="")
    client, address = signed_in(hotline.agent), reverse("hotline:desk-customers")
    told = {"exchange_id": hotline.exchange.pk, "number": NUMBER, "customer": "06", "account": str(other.pk)}
    found = client.post(address, told | {"customer": "060"}).content.decode()
    assert f'value="{other.pk}" form="note" checked' in found
    found = client.post(address, told | {"customer": "王小", "account": "0"}).content.decode()
    assert f'value="{other.pk}" form="note"' in found
    assert f'value="{first.pk}"' not in found, "who is known by the number stands above"
    assert "is above already" in found
    assert "Nobody found" in client.post(address, told | {"customer": "没有这个人"}).content.decode()
    assert client.post(address, {"exchange_id": "x"}).status_code == 404
    elsewhere = open_account(
        unit_id=world.wick.pk, entry=AccountEntry(number="0700", name="王小六", address="柳溪村1号"), **SYSTEM
    )
    told |= {"customer": "0700", "account": str(elsewhere.pk)}
    assert str(elsewhere.number) not in client.post(address, told).content.decode()


def test_a_search_is_for_who_may_look_customers_up(
    hotline: Hotline, joins: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins("0601")
    allowed = PERMISSIONS_OF_ROLE[Role.AGENT] - {Permission.CUSTOMERS_VIEW}
    monkeypatch.setitem(PERMISSIONS_OF_ROLE, Role.AGENT, allowed)
    told = {"exchange_id": hotline.exchange.pk, "number": NUMBER, "customer": "060"}
    assert signed_in(hotline.agent).post(reverse("hotline:desk-customers"), told).status_code == 403
    assert "Find the customer" not in page(hotline)


def test_another_account_changes_what_is_told_and_proposed(hotline: Hotline, joins: Join) -> None:
    first = joins("0601")
    second = joins("0602", of=first)
    cut = {"reason": "arrears", "since_date": date(2026, 4, 2), "record_number": "催停117号"}
    set_supply_state(account_id=second.pk, state="cut", **cut, **SYSTEM)
    client, told = signed_in(hotline.agent), {"exchange_id": hotline.exchange.pk, "number": NUMBER, "text": "没电"}
    asked = told | {"kind": "fault_report", "topic": "no_supply", "account": str(second.pk), "place": "村口"}
    shown = client.post(reverse("hotline:desk-about"), asked).content.decode()
    assert "Cut off for arrears" in shown
    assert '<option value="arrears" selected>' in shown
    assert 'value="村口"' in shown, "what was written stays"
    back = client.post(reverse("hotline:desk-about"), asked | {"topic": "arrears", "account": str(first.pk)})
    assert '<option value="no_supply" selected>' in back.content.decode()
    kept = client.post(reverse("hotline:desk-about"), asked | {"topic": "danger"}).content.decode()
    assert '<option value="danger" selected>' in kept, "what was chosen stays"


def test_fields_follow_the_kind(hotline: Hotline, joins: Join) -> None:
    joins("0601")
    client, told = signed_in(hotline.agent), {"exchange_id": hotline.exchange.pk, "number": NUMBER}
    address = reverse("hotline:desk-order")
    assert "id_topic" not in client.post(address, told).content.decode()
    fault = client.post(address, told | {"kind": "fault_report"}).content.decode()
    assert '<option value="danger">' in fault
    complaint = client.post(address, told | {"kind": "complaint", "topic": "danger"}).content.decode()
    assert "danger" not in complaint
    enquiry = client.post(address, told | {"kind": "enquiry"}).content.decode()
    assert "id_passed_on" in enquiry
    assert "id_topic" not in enquiry
    assert "id_topic" in client.post(address, told | {"kind": "enquiry", "passed_on": "on"}).content.decode()
    assert client.post(address, {"exchange_id": 0}).status_code == 404


def test_a_number_with_many_accounts_asks_no_more_questions(hotline: Hotline, joins: Join, switch: Switch) -> None:
    first = joins("0601", "T4")
    switch("QL1", "open", 1, "F-1")
    about(hotline)
    counts = []
    for number in (602, 603, 604):
        with CaptureQueriesContext(connection) as asked:
            about(hotline)
        counts.append(len(asked))
        joins(f"0{number}", "T4", of=first)
    assert counts[0] == counts[1] == counts[2] < 40


def test_calls_stand_in_the_timeline_of_whose_they_are(hotline: Hotline, joins: Join, ring: Ring) -> None:
    first = joins("0601")
    second = joins("0602", of=first)
    ring(call(NUMBER, 5, call_id="c-1"), call(NUMBER, 60, call_id="c-2"), call("13911111111", 90, call_id="c-3"))
    unit_id = hotline.exchange.unit_id

    def told(account: Account) -> list[str]:
        moments = queries.customer_moments(account.pk, "T1", unit_id, limit=5, before=after(24))
        return [one.path.rstrip("/").rpartition("/")[2] for one in moments]

    by_id = {row.call_id: str(row.pk) for row in Call.objects.all()}
    assert told(first) == told(second) == [by_id["c-2"], by_id["c-1"]]
    entry = actions.NoteEntry(text="催费电话", kind="complaint", account_id=second.pk)
    key = {"exchange_id": hotline.exchange.pk, "call_id": "c-2", "number": NUMBER}
    actions.keep_note(**key, entry=entry, at=after(2), actor="he")
    assert told(first) == [by_id["c-1"]]
    assert told(second) == [by_id["c-2"], by_id["c-1"]]
    with translation.override("en"):
        moments = queries.customer_moments(second.pk, "T1", unit_id, limit=5, before=after(24))
    assert "催费" not in moments[0].text, "what agents wrote stays at the desk"
    assert "Complaint" in moments[0].text
    other = key | {"call_id": "", "number": "13911111111"}
    actions.keep_note(**other, entry=entry, at=after(3), actor="he")
    assert len(told(second)) == 3, "somebody else called about it"
    assert queries.customer_moments(second.pk, "T1", unit_id, limit=5, before=AT) == []
    secret = actions.NoteEntry(text="收红包", kind="misconduct", account_id=second.pk)
    actions.keep_note(**other | {"number": "13922222222"}, entry=secret, at=after(4), actor="he")
    actions.keep_note(**key, entry=secret, at=after(4), actor="he")
    with translation.override("en"):
        moments = queries.customer_moments(second.pk, "T1", unit_id, limit=5, before=after(24))
    assert len(moments) == 3 and not any("misconduct" in one.text.lower() for one in moments), "nobody learns who told"
    notes = [
        len(queries.notes_of(Call.objects.get(call_id="c-2"), reader=one)) for one in (None, Reader(username="he"))
    ]
    assert notes == [1, 2], "who wrote it reads it"


def test_what_accuses_somebody_is_shown_to_who_took_it_alone(world: World, hotline: Hotline, joins: Join) -> None:
    account = joins("1001")
    told: dict[str, Any] = {"unit_id": world.lamp.pk, "received_at": AT, "caller": NUMBER, "account_id": account.pk}
    entry = OrderEntry(kind=Kind.MISCONDUCT, topic=Topic.BRIBERY, text="收礼", first_asked="he", **told)
    secret = open_order(entry=entry, at=AT, actor="he")
    note = actions.NoteEntry(kind=NoteKind.MISCONDUCT, text="举报收礼")
    actions.keep_note(
        exchange_id=hotline.exchange.pk, call_id="", number=NUMBER, entry=note, at=timezone.now(), actor="he"
    )
    numbers = {row.number for row in Order.objects.filter(kind=Kind.MISCONDUCT)}
    assert len(numbers) == 2
    for user, sees in ((hotline.agent, True), (hotline.leader, False)):
        page = signed_in(user).get(reverse("hotline:desk"), {"number": NUMBER}).content.decode()
        assert {one for one in numbers if one in page} == (numbers if sees else set())
        assert ("举报收礼" in page) is sees
    chase: dict[str, Any] = {"exchange_id": hotline.exchange.pk, "call_id": "", "number": NUMBER}
    with pytest.raises(queries.NoteRefusedError, match="over"):
        actions.chase_order(order_id=secret.pk, at=timezone.now(), actor="jiang", **chase)
    assert actions.chase_order(order_id=secret.pk, at=timezone.now(), actor="he", **chase).urged_count == 1
