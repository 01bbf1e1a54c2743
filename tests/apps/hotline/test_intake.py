"""The customer's word is taken once: the note that is kept is the order that is opened, or pressed for."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.customers.actions import AccountEntry, add_phone, open_account, set_supply_state
from denghuo.apps.customers.models import Account
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.facts import NoteKept, OrderChased
from denghuo.apps.hotline.models import Agent, Call, CallBack, CallerNumber, CallNote, Exchange, NoteKind
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders.actions import OrderEntry, open_order, take_step
from denghuo.apps.orders.models import Kind, Order, Promise, PromiseOf, Topic
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Report, ReportState
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import Switch, after, signed_in, switch
from tests.world import AT, World

__all__ = ["switch"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
NUMBER = "13800000077"


@pytest.fixture
def account(world: World, hotline: Hotline) -> Account:
    """Somebody at T4 with a number, and He on seat A001."""
    Agent.objects.create(exchange=hotline.exchange, code="A001", user=hotline.agent)
    entry = AccountEntry(number="0601", name="王小五", address="青禾村3组12号", load_code="T4")
    row = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    add_phone(person_id=row.person_id, number=NUMBER, **SYSTEM)
    return row


def keep(hotline: Hotline, *, at: datetime = AT, call_id: str = "c-1", number: str = NUMBER, **told: Any) -> CallNote:
    plain: dict[str, Any] = {"text": "家里停电", "kind": NoteKind.FAULT_REPORT}
    entry = actions.NoteEntry(**(plain | told))
    exchange_id = hotline.exchange.pk
    note = actions.keep_note(exchange_id=exchange_id, call_id=call_id, number=number, entry=entry, at=at, actor="he")
    deliveries.drain()
    return CallNote.objects.select_related("order").get(pk=note.pk)


def order_of(note: CallNote) -> Order:
    assert note.order is not None
    return Order.objects.get(pk=note.order.pk)


def form(hotline: Hotline, **told: Any) -> dict[str, Any]:
    plain = {"exchange_id": hotline.exchange.pk, "call_id": "", "number": NUMBER, "text": "家里停电", "keep": "1"}
    return plain | {"kind": "fault_report"} | told


def post(client: Client, told: dict[str, Any]) -> str:
    return str(client.post(reverse("hotline:desk-note"), told, follow=True).content.decode())


def test_a_note_becomes_an_order_in_the_same_breath(hotline: Hotline, account: Account, ring: Ring) -> None:
    ring(call(NUMBER, 5, call_id="c-1"))
    row = order_of(note := keep(hotline, at=after(1)))
    assert (row.kind, row.topic, row.account_id, row.unit_id) == ("fault", "no_supply", account.pk, account.unit_id)
    assert (row.load_code, row.caller, row.channel, row.first_asked) == ("T4", NUMBER, "hotline", "he")
    assert (row.text, row.place) == ("家里停电", "青禾村3组***")
    assert row.received_at == AT + timedelta(minutes=5), "promises count from the call"
    assert row.client_key == f"hotline.note:{note.pk}"
    assert row.source_ref == f"hotline.call:{Call.objects.get().pk}"
    (fact,) = [one.fact for one in ledger.facts(classes=[NoteKept])]
    assert fact.order_id == row.pk
    data = Fact.objects.get(kind="hotline.NoteKept").data
    assert NUMBER not in data
    assert "停电" not in data


@pytest.mark.parametrize(
    ("kind", "order_kind", "topic"),
    [
        (NoteKind.FAULT_REPORT, Kind.FAULT, Topic.NO_SUPPLY),
        (NoteKind.COMPLAINT, Kind.COMPLAINT, Topic.OTHER),
        (NoteKind.MISCONDUCT, Kind.MISCONDUCT, Topic.OTHER),
        (NoteKind.SUGGESTION, Kind.SUGGESTION, Topic.OTHER),
        (NoteKind.OPINION, Kind.OPINION, Topic.OTHER),
        (NoteKind.PRAISE, Kind.PRAISE, Topic.OTHER),
        (NoteKind.SERVICE_REQUEST, Kind.SERVICE, Topic.OTHER),
    ],
)
def test_every_kind_has_its_order(
    hotline: Hotline, account: Account, kind: NoteKind, order_kind: Kind, topic: Topic
) -> None:
    row = order_of(keep(hotline, kind=kind))
    assert (row.kind, row.topic) == (order_kind, topic)


def test_an_enquiry_is_an_order_only_where_somebody_has_to_look_into_it(hotline: Hotline, account: Account) -> None:
    assert keep(hotline, kind=NoteKind.ENQUIRY).order is None
    assert not Order.objects.exists()
    row = order_of(keep(hotline, kind=NoteKind.ENQUIRY, passed_on=True, topic="bill", text="电费怎么这么多"))
    assert (row.kind, row.topic) == ("enquiry", "bill")


def test_a_key_that_is_hit_twice_opens_one_order(hotline: Hotline, account: Account) -> None:
    first = keep(hotline)
    again = keep(hotline, at=AT + timedelta(seconds=2))
    assert first == again
    assert Order.objects.count() == 1
    assert keep(hotline, at=AT + timedelta(minutes=5)) != first, "said again later, it is said again"


def test_a_report_behind_a_known_outage_joins_it(hotline: Hotline, account: Account, switch: Switch) -> None:
    switch("QL1", "open", 1, "F-1")
    note = keep(hotline, at=after(2))
    report = outages.report_of_order(order_of(note).pk)
    assert report is not None
    assert report.outage is not None
    assert (report.state, report.outage.number) == (ReportState.OUT, "F-1")
    kept = queries.kept_note([str(hotline.exchange.unit.path)], note_id=note.pk, username="he", at=after(2))
    assert kept is not None
    assert kept.became is not None
    assert [one.outage.number for one in kept.out] == ["F-1"]
    assert kept.became.sentence == kept.out[0].text, "no crew of its own is promised"
    assert not kept.became.waits
    told = signed_in(hotline.agent).get(reverse("hotline:desk"), {"kept": note.pk}).content.decode()
    for words in ("Tell the caller: order number", order_of(note).number, "Belongs to the outage", "F-1"):
        assert words in told
    again = signed_in(hotline.agent).get(reverse("hotline:desk-kept"), {"kept": note.pk}).content.decode()
    assert order_of(note).number in again
    assert signed_in(hotline.leader).get(reverse("hotline:desk-kept"), {"kept": note.pk}).content == b""


def test_who_is_cut_off_has_no_fault(hotline: Hotline, account: Account) -> None:
    cut = {"reason": "arrears", "since_date": date(2026, 4, 2), "record_number": "催停117号"}
    set_supply_state(account_id=account.pk, state="cut", **cut, **SYSTEM)
    note = keep(hotline)
    assert order_of(note).topic == Topic.ARREARS
    assert outages.report_of_order(order_of(note).pk) is None
    kept = queries.kept_note([str(hotline.exchange.unit.path)], note_id=note.pk, username="he", at=AT)
    assert kept is not None
    assert kept.became is not None
    assert kept.became.sentence == "", "that a crew comes is not said"
    row = order_of(keep(hotline, kind=NoteKind.SERVICE_REQUEST, text="已交费，要求复电"))
    assert row.topic == Topic.RECONNECT


def test_of_several_accounts_none_is_taken_unasked(world: World, hotline: Hotline, account: Account) -> None:
    entry = AccountEntry(number="0602", name="王小五", address="柳溪村1组3号", load_code="T1")
    second = open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    Account.objects.filter(pk=second.pk).update(person=account.person)
    with pytest.raises(actions.NoteRefusedError, match="whom"):
        keep(hotline)
    assert order_of(keep(hotline, kind=NoteKind.COMPLAINT)).account is None
    assert order_of(keep(hotline, account_id=second.pk, text="二号家停电")).account_id == second.pk
    nobody = order_of(keep(hotline, account_id=queries.NOBODY, text="邻居家停电", place="村口", kind="complaint"))
    assert (nobody.account, nobody.load_code, nobody.place) == (None, "", "村口")


def test_who_only_the_table_knows(world: World, hotline: Hotline) -> None:
    CallerNumber.objects.create(
        unit=world.lamp, number=NUMBER, name="王小五", account="0501", address="青禾村12号", load_code="T1"
    )
    row = order_of(keep(hotline))
    assert (row.account, row.load_code, row.unit_id, row.place) == (None, "T1", world.lamp.pk, "青禾村**号")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("text", {"text": " "}),
        ("kind", {"kind": None}),
        ("topic", {"topic": "bill"}),
        ("account", {"account_id": 999_999}),
        ("whom", {"number": "", "call_id": "withheld", "account_id": 0, "kind": NoteKind.COMPLAINT}),
        ("whom", {"account_id": 0}),
        ("promise", {"promise": PromiseOf.CALL}),
        ("promise", {"promise": PromiseOf.CALL, "promise_at": AT}),
        ("promise", {"kind": NoteKind.ENQUIRY, "promise": PromiseOf.CALL, "promise_at": after(1)}),
        ("number", {"number": "", "call_id": "withheld", "place": "村口", "follow_up": True}),
        ("unit", {"account_id": 0, "unit_id": 999_999, "place": "村口"}),
        ("over", {"chased_id": 999_999}),
    ],
)
def test_what_nobody_could_work_on_is_not_kept(
    hotline: Hotline, account: Account, code: str, told: dict[str, Any]
) -> None:
    with pytest.raises(actions.NoteRefusedError) as refused:
        keep(hotline, **told)
    assert refused.value.code == code
    assert not Order.objects.exists()
    assert not CallNote.objects.exists()


def test_an_account_of_another_station_is_not_there(world: World, hotline: Hotline, account: Account) -> None:
    entry = AccountEntry(number="0700", name="王小六", address="柳溪村1号")
    elsewhere = open_account(unit_id=world.wick.pk, entry=entry, **SYSTEM)
    with pytest.raises(actions.NoteRefusedError, match="account"):
        keep(hotline, account_id=elsewhere.pk)
    with pytest.raises(actions.NoteRefusedError, match="unit"):
        keep(hotline, account_id=0, unit_id=world.wick.pk, place="村口")


def test_what_was_promised_is_promised_with_the_order(hotline: Hotline, account: Account) -> None:
    row = order_of(keep(hotline, promise=PromiseOf.ARRIVE, promise_at=after(2)))
    promise = Promise.objects.get(order=row)
    assert (promise.what, promise.due_at, promise.given_by) == ("arrive", after(2), "he")


def test_who_presses_for_an_open_order_has_no_second_one(hotline: Hotline, account: Account) -> None:
    first = order_of(keep(hotline))
    owed = keep(hotline, kind=NoteKind.ENQUIRY, text="回我电话", follow_up=True)
    note = keep(hotline, at=after(3), text="还没人来", chased_id=first.pk)
    first.refresh_from_db()
    assert (note.order, first.urged_count) == (first, 1)
    assert Order.objects.count() == 1
    assert first.steps.get(step="urge").reason == "还没人来"
    assert [one.fact.order_id for one in ledger.facts(classes=[OrderChased])] == [first.pk]
    assert CallBack.objects.get(note=owed).due_at == after(3), "what we owe is due at once"
    kept = queries.kept_note([str(hotline.exchange.unit.path)], note_id=note.pk, username="he", at=after(3))
    assert kept is not None
    assert kept.became is not None
    assert kept.became.urged
    take_step(order_id=first.pk, step="terminate", reason="重复", at=after(3), actor="he")
    with pytest.raises(actions.NoteRefusedError, match="over"):
        keep(hotline, at=after(4), text="还没人来", chased_id=first.pk)


def test_an_order_of_another_station_cannot_be_pressed_for(world: World, hotline: Hotline, account: Account) -> None:
    entry = OrderEntry(kind="complaint", topic="bill", unit_id=world.wick.pk, received_at=AT)
    other = open_order(entry=entry, **SYSTEM)
    with pytest.raises(actions.NoteRefusedError, match="over"):
        actions.chase_order(exchange_id=hotline.exchange.pk, call_id="", number=NUMBER, order_id=other.pk, **SYSTEM)


def test_from_the_page_to_the_number_that_the_caller_is_told(hotline: Hotline, account: Account) -> None:
    client = signed_in(hotline.agent)
    soon = timezone.localtime(timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    told = form(hotline, topic="danger", account=account.pk, place="村口变压器旁", promise="visit", promise_at=soon)
    shown = post(client, told)
    row = Order.objects.get()
    assert row.number in shown
    assert "Promised by" in shown
    assert (row.topic, row.place) == ("danger", "村口变压器旁")
    again = client.get(reverse("hotline:desk"), {"number": NUMBER}).content.decode()
    assert "→ " in again
    assert row.number in again
    chased = post(client, form(hotline, text="", kind="", chase=row.pk))
    assert f"Order {row.number} is chased, 1 time so far." in chased
    written = post(client, form(hotline, text="催", kind="", chase=row.pk))
    assert "The caller pressed for order" in written
    assert CallNote.objects.get(text="催").kind == NoteKind.FAULT_REPORT
    assert Order.objects.count() == 1


def test_what_is_refused_stays_written(hotline: Hotline, account: Account) -> None:
    client = signed_in(hotline.agent)
    told = form(hotline, topic="danger", place="村口", promise="visit", account=account.pk)
    refused = client.post(reverse("hotline:desk-note"), told)
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert "A promise needs an order" in shown
    for words in ('<option value="danger" selected>', 'value="村口"', '<option value="visit" selected>'):
        assert words in shown
    assert not Order.objects.exists()
    draft = client.get(reverse("hotline:desk"), {"draft": CallNote.objects.get().pk}).content.decode()
    for words in ('<option value="danger" selected>', 'value="村口"', f'value="{account.pk}" form="note" checked'):
        assert words in draft, "a draft keeps them, too"
    wrong = client.post(reverse("hotline:desk-note"), form(hotline, topic="bill"))
    assert "Choose what it is about." in wrong.content.decode()
    gone = client.post(reverse("hotline:desk-note"), form(hotline, chase=999_999))
    assert "This order is over." in gone.content.decode()


@pytest.mark.parametrize(
    "rubbish",
    [
        {"account": "x", "unit": "x", "chase": "x"},
        {"account": "-1", "promise": "x", "promise_at": "x"},
        {"topic": "x" * 500, "place": "x" * 500},
        {"account": "9" * 30, "chase": "9" * 30},
    ],
)
def test_rubbish_is_no_error_of_the_server(hotline: Hotline, account: Account, rubbish: dict[str, str]) -> None:
    client = signed_in(hotline.agent)
    for name in ("desk-note", "desk-about", "desk-order", "desk-customers"):
        told = form(hotline, **rubbish)
        assert client.post(reverse(f"hotline:{name}"), told).status_code < 500
    for query in ({"account": "x"}, {"account": "9" * 30}, {"number": NUMBER, "account": "999999"}):
        assert client.get(reverse("hotline:desk"), query).status_code == 200


def test_the_call_says_what_it_became(hotline: Hotline, account: Account, ring: Ring) -> None:
    ring(call(NUMBER, 5, call_id="c-1"))
    row = order_of(keep(hotline, at=after(1)))
    shown = signed_in(hotline.agent).get(reverse("hotline:call", args=[Call.objects.get().pk])).content.decode()
    assert "became order" in shown
    assert row.number in shown


def test_when_the_call_came_in(hotline: Hotline, account: Account) -> None:
    began = after(1)
    seats = [{"agent": "A001", "state": "talking", "since": after(1.1).isoformat(), "call_id": "c-9"}]
    waiting = [{"call_id": "c-9", "caller": NUMBER, "since": began.isoformat()}]
    state = {"agents": seats, "waiting": waiting}
    actions.update_board(exchange_id=hotline.exchange.pk, state=state, connected=True, at=after(1.1), actor="listener")
    assert queries.call_began_at(hotline.exchange.pk, "c-9") == began
    assert order_of(keep(hotline, call_id="c-9", at=after(1.2))).received_at == began
    assert queries.call_began_at(hotline.exchange.pk, "c-8") is None
    assert queries.call_began_at(hotline.exchange.pk, "") is None


@pytest.fixture
def county(world: World, hotline: Hotline) -> Hotline:
    """The exchange serves the city and its two stations; people live in Qinghe village, at T1 and T2."""
    above = world.city
    Exchange.objects.filter(pk=hotline.exchange.pk).update(unit=above)
    assign_role(user=hotline.agent, unit=above, role=Role.AGENT, **SYSTEM)
    hotline.exchange.unit = above
    for number, load_code in (("0701", "T1"), ("0702", "T2")):
        entry = AccountEntry(number=number, name="李小照", address="灯火镇青禾村3组1号", load_code=load_code)
        open_account(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    return hotline


STRANGER = "13912349998"


def test_the_place_of_an_unknown_caller_leads_to_its_station(county: Hotline, world: World, switch: Switch) -> None:
    row = order_of(keep(county, number=STRANGER, place="青禾村3组"))
    assert (row.unit_id, row.load_code, row.place) == (world.lamp.pk, "", "青禾村3组")
    for said in ("灯火镇青禾村", "灯火县灯火镇青禾村3组"):
        assert (where := queries.where_of(county.exchange, said)) is not None and where.unit_id == world.lamp.pk
    assert queries.where_of(county.exchange, "东青禾村") is None
    chosen = order_of(keep(county, number=STRANGER, call_id="c-2", place="青禾村3组", load_code="T2"))
    assert chosen.load_code == "T2"
    other = order_of(keep(county, number=STRANGER, call_id="c-3", place="青禾村3组", load_code="T5"))
    assert other.load_code == "", "a district of another place is none of this one"


def test_a_place_that_is_out_as_a_whole_joins_its_outage(county: Hotline, world: World, switch: Switch) -> None:
    switch("QF1", "open", 0, "F-1")
    where = queries.where_of(county.exchange, "青禾村3组")
    assert where is not None and where.is_all_out and [one.outage.number for one in where.outs] == ["F-1"]
    row = order_of(keep(county, number=STRANGER, place="青禾村3组"))
    report = Report.objects.select_related("outage").get(order=row)
    assert (report.state, report.outage and report.outage.number) == (ReportState.OUT, "F-1")


def test_a_place_that_nobody_knows_needs_a_station(county: Hotline, world: World) -> None:
    client = signed_in(county.agent)
    told = form(county, number=STRANGER, text="没电", place="某某大院")
    answer = client.post(reverse("hotline:desk-note"), told, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "Choose the station that works on it" in answer.content.decode()
    assert "某某大院" in answer.content.decode()
    assert not Order.objects.exists()
    for unit in (county.exchange.unit_id, world.lamp.pk):
        keep_at = client.post(reverse("hotline:desk-note"), told | {"unit": unit})
        assert keep_at.status_code == (422 if unit == county.exchange.unit_id else 302)
    row = Order.objects.get()
    assert (row.unit_id, row.load_code) == (world.lamp.pk, "")
    deliveries.drain()
    assert Report.objects.get(order=row).state == ReportState.UNPLACED, (
        "it stands on the board of the station, not placed"
    )


def test_the_desk_follows_the_place(county: Hotline, world: World, switch: Switch) -> None:
    client = signed_in(county.agent)
    told = form(county, number=STRANGER, place="青禾村3组") | {"unit": ""}
    ask = {"path": reverse("hotline:desk-where"), "headers": {"accept-language": "en"}}
    page = client.post(data=told, **ask).content.decode()
    assert "No outage is known there." in page
    assert f'<option value="{world.lamp.pk}" selected>' in page
    switch("QF1", "open", 0, "F-1")
    page = client.post(data=told, **ask).content.decode()
    assert "2 of 2 transformer districts there are without supply" in page and "F-1" in page
    unknown = client.post(data=told | {"place": "某某"}, **ask).content.decode()
    assert "No place of the network is called so. Choose the station" in unknown
    some = client.post(data=told | {"place": "青禾"}, **ask).content.decode()
    assert '<option value="灯火镇青禾村">' in some


def test_a_load_that_the_network_does_not_have_is_not_known(hotline: Hotline, account: Account) -> None:
    account.supply_points.update(load_code="NOPE")
    page = signed_in(hotline.agent).get(reverse("hotline:desk"), {"number": NUMBER}, headers={"accept-language": "en"})
    assert "the network has no transformer district NOPE" in page.content.decode()
    assert "No outage is known at this address." not in page.content.decode()


def test_an_order_by_another_way_is_a_contact_too(hotline: Hotline, account: Account) -> None:
    entry = OrderEntry(
        kind=Kind.COMPLAINT,
        topic=Topic.OUTAGES,
        unit_id=account.unit_id,
        received_at=AT,
        caller=STRANGER,
        channel="web",
    )
    row = open_order(entry=entry, **SYSTEM)
    page = signed_in(hotline.agent).get(
        reverse("hotline:desk"), {"number": STRANGER}, headers={"accept-language": "en"}
    )
    assert row.number in page.content.decode() and "None before." not in page.content.decode()
    note = keep(hotline)
    pop = queries.pop_of(hotline.exchange, NUMBER, call_id="c-9", at=AT, reader=None)
    assert [one.order and one.order.pk for one in pop.contacts] == [None], "what a note tells of is told once"
    assert pop.contacts[0].notes[0].pk == note.pk


def test_a_number_of_the_customer_file_is_a_number(hotline: Hotline, account: Account) -> None:
    add_phone(person_id=account.person_id, number="12000002020", **SYSTEM)
    page = signed_in(hotline.agent).get(reverse("hotline:desk"), {"number": "12000002020"})
    assert "0601" in page.content.decode()
    assert not queries.can_be_looked_up(hotline.exchange, "12000002021")
