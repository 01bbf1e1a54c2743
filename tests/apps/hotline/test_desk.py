"""The agent's desk: the call in hand, what to say, the note."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.facts import NoteBegun, NoteKept
from denghuo.apps.hotline.models import Agent, Call, CallBack, CallerNumber, CallNote, DeskRule, NoteKind
from denghuo.apps.knowledge.actions import ArticleEntry, WordingEntry, publish_article, set_wording_rule
from denghuo.apps.knowledge.models import Topic
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role
from denghuo.apps.sealed import masked_phone
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import Switch, signed_in, switch
from tests.world import AT, PASSWORD, World

__all__ = ["switch"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
NUMBER = "13800000077"


@pytest.fixture
def known(world: World, hotline: Hotline) -> Hotline:
    """The number of somebody at T1, and He on seat A001."""
    numbers = [CallerNumber(number=NUMBER, name="王小五", account="0501", address="青禾村12号", load_code="T1")]
    actions.import_numbers(unit_id=world.lamp.pk, numbers=numbers, source_name="t.xlsx", **SYSTEM)
    Agent.objects.create(exchange=hotline.exchange, code="A001", user=hotline.agent)
    return hotline


def rings(known: Hotline, *, call_id: str = "c-1", state: str = "talking", **told: Any) -> None:
    now = timezone.now()
    seat = {"agent": "A001", "state": state, "since": now.isoformat(), "call_id": call_id, **told}
    state_now = {"waiting": [{"call_id": "c-1", "caller": NUMBER}], "agents": [seat]}
    actions.update_board(exchange_id=known.exchange.pk, state=state_now, connected=True, at=now, actor="listener")


def page(client: Client, **query: str) -> str:
    answer = client.get(reverse("hotline:desk"), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def note(known: Hotline, **told: Any) -> dict[str, Any]:
    return {"exchange_id": known.exchange.pk, "call_id": "c-1", "number": NUMBER, "text": "家里停电", **told}


def test_who_calls_stands_there(known: Hotline, switch: Switch, ring: Ring) -> None:
    switch("QF1", "open", 0, "F-1")
    ring(call(NUMBER, 5, call_id="before"))
    rings(known)
    told = page(signed_in(known.agent))
    assert "138****0077" in told
    assert NUMBER not in told
    for words in ("王*五", "青禾村**号", "Without supply", "F-1", "自5月1日08:00起停电", "Last contacts"):
        assert words in told
    token = signed_in(known.agent).get(reverse("hotline:desk-call")).json()
    assert token == {"token": f"{known.exchange.pk}/c-1", "number": "138****0077", "state": "talking"}


def test_supply_that_came_back_is_not_told_as_out(known: Hotline, switch: Switch) -> None:
    switch("QF1", "open", 0, "F-1")
    switch("QL1", "open", 1, "F-1")
    switch("QF1", "close", 2, "F-1")
    assert [one.outage.number for one in queries.out_at(known.exchange, "T4", at=AT)] == ["F-1"]
    assert queries.out_at(known.exchange, "T1", at=AT) == []
    assert "No outage is known at this address." in page(signed_in(known.agent), number=NUMBER)


def test_supply_that_came_back_a_little_while_ago_is_told(known: Hotline, switch: Switch) -> None:
    now = timezone.now()
    ago = (now - AT) / timedelta(hours=1)
    switch("QF1", "open", ago - 0.5, "F-1")
    switch("QF1", "close", ago - 0.25, "F-1")
    client = signed_in(known.agent)
    told = page(client, number=NUMBER)
    assert f"Supply came back at {timezone.localtime(now - timedelta(minutes=15)):%H:%M} (out since" in told
    assert f"{timezone.localtime(now - timedelta(minutes=30)):%H:%M})." in told
    assert "No outage is known at this address." not in told
    assert queries.pop_of(known.exchange, NUMBER, call_id="", at=now + timedelta(hours=2), reader=None).back is None


def test_who_is_not_known_may_be_out_in_the_area(known: Hotline, switch: Switch) -> None:
    client = signed_in(known.agent)
    assert "Outages in the area" not in page(client, number="13900000001")
    switch("QF1", "open", 0, "F-1")
    told = page(client, number="13900000001")
    for words in ("Outages in the area", "F-1", "自5月1日08:00起停电"):
        assert words in told
    assert "Outages in the area" not in page(client, number=NUMBER)


def test_what_callers_hear_is_what_is_said(known: Hotline, switch: Switch) -> None:
    switch("QF1", "open", 0, "F-1")
    outage_id = queries.out_at(known.exchange, "T1", at=AT)[0].outage.pk
    row = actions.draft_announcement(exchange_id=known.exchange.pk, outage_id=outage_id, **SYSTEM)
    actions.edit_announcement(announcement_id=row.pk, text="灯山线停电，十点来电", promised_at=None, **SYSTEM)
    actions.approve_announcement(announcement_id=row.pk, version=2, **SYSTEM)
    actions.publish_announcement(announcement_id=row.pk, **SYSTEM)
    told = page(signed_in(known.agent), number=NUMBER)
    assert "灯山线停电，十点来电" in told
    assert "Callers hear this before they reach you." in told


def test_no_call_no_seat_and_a_withheld_number(known: Hotline) -> None:
    assert "No call in hand" in page(signed_in(known.agent))
    assert "not linked to a seat" in page(signed_in(known.leader))
    rings(known, call_id="c-2")
    assert "Number withheld" in page(signed_in(known.agent))
    rings(known, state="available")
    assert "No call in hand" in page(signed_in(known.agent))


@pytest.mark.parametrize("number", ["1", "x" * 500, "<script>", "\x00", "' or 1=1"])
def test_what_is_no_number_is_refused(known: Hotline, number: str) -> None:
    told = page(signed_in(known.agent), number=number)
    assert "<script>" not in told
    assert "Who calls" not in told


def test_a_number_is_looked_up_whole(known: Hotline) -> None:
    client = signed_in(known.agent)
    assert "Type in the whole number" in page(client, number="abc")
    for part in ("138****0077", "0077"):
        told = page(client, number=part)
        assert "a part of one cannot be looked up" in told
        assert f"{reverse('hotline:calls')}?q=0077" in told
    for long in ("13800000077138000000", "138000000771", "0312881000771"):
        told = page(client, number=long)
        assert f"That has {len(long)} digits, which is too long" in told
        assert "a part of one" not in told
    assert "138****0077" in page(client, number="+86 138-0000-0077")
    CallerNumber.objects.create(unit=known.exchange.unit, number="8705", name="柳溪厂")
    assert "柳*厂" in page(client, number="8705"), "as the exchange tells it"


def test_a_draft_is_saved_as_it_is_typed(known: Hotline) -> None:
    rings(known)
    client, address = signed_in(known.agent), reverse("hotline:desk-note")
    for text in ("家", "家里", "家里停电"):
        answer = client.post(address, note(known, text=text))
        assert "Saved as a draft" in answer.content.decode()
    assert [(one.text, one.kept_at) for one in CallNote.objects.all()] == [("家里停电", None)]
    assert len(ledger.facts(classes=[NoteBegun])) == 1
    assert "家里停电" in page(client)


def test_a_key_hit_by_mistake_begins_no_draft_and_a_draft_opens_again(known: Hotline) -> None:
    client, address = signed_in(known.agent), reverse("hotline:desk-note")
    for text in ("n", " ", "\n/"):
        assert "Saved as a draft" not in client.post(address, note(known, text=text)).content.decode()
    assert CallNote.objects.count() == 0
    rings(known)
    client.post(address, note(known))
    rings(known, state="available")
    draft = f"draft={CallNote.objects.get().pk}"
    assert f"{reverse('hotline:desk')}?{draft}" in page(client)
    assert ">\n家里停电</textarea>" in page(client, draft=draft[6:])
    assert "No call in hand" in page(signed_in(known.leader), draft=draft[6:]), "somebody else's"


def test_what_was_kept_of_a_call_stands_with_the_call(world: World, known: Hotline, ring: Ring) -> None:
    ring(call(NUMBER, 5, call_id="c-1"))
    rings(known)
    client, address = signed_in(known.agent), reverse("hotline:desk-note")
    empty = client.post(address, note(known, text="", keep="1"))
    assert empty.status_code == 422
    assert "talking" in empty.content.decode(), "the call is still in hand"
    client.post(address, note(known, keep="1", kind="fault_report", follow_up="on"))
    own = queries.pop_of(known.exchange, NUMBER, call_id="c-1", at=timezone.now(), reader=None)
    assert ([one.text for one in own.own], own.contacts) == (["家里停电"], ())
    assert "家里停电" in page(client)
    shown = client.get(reverse("hotline:call", args=[Call.objects.get().pk])).content.decode()
    for words in ("Fault report", "家里停电", "何雨", f"#owed-{CallBack.objects.get().pk}"):
        assert words in shown
    analyst = register_user(username="analyst", display_name="白芷", password=PASSWORD, **SYSTEM)
    assign_role(user=analyst, unit=world.lamp, role=Role.ANALYST, **SYSTEM)
    hidden = signed_in(analyst).get(reverse("hotline:call", args=[Call.objects.get().pk]))
    assert hidden.status_code == 200
    assert "家里停电" not in hidden.content.decode()


def test_wording_is_checked_as_typed(world: World, known: Hotline) -> None:
    rule = WordingEntry(phrase="不知道", instead="我帮您查一下", reason="", source="x", from_date=date(2026, 1, 1))
    set_wording_rule(unit_id=world.lamp.pk, entry=rule, **SYSTEM)
    answer = signed_in(known.agent).post(reverse("hotline:desk-note"), note(known, text="这个我不知道"))
    assert "Better not “不知道”." in answer.content.decode()
    assert "我帮您查一下" in answer.content.decode()


def test_a_note_that_wants_a_follow_up_owes_a_call(known: Hotline) -> None:
    rings(known)
    client, address = signed_in(known.agent), reverse("hotline:desk-note")
    refused = client.post(address, note(known, keep="1"))
    assert refused.status_code == 422
    assert "Choose what kind of business it was." in refused.content.decode()
    answer = client.post(address, note(known, keep="1", kind="fault_report", follow_up="on"), follow=True)
    assert answer.status_code == 200
    told = answer.content.decode()
    assert "The note is kept" in told
    assert f"{reverse('hotline:call-backs')}#owed-{CallBack.objects.get().pk}" in told
    kept = CallNote.objects.get()
    assert (kept.kind, kept.follow_up, kept.written_by) == (NoteKind.FAULT_REPORT, True, "he")
    owed = CallBack.objects.get()
    assert (owed.number, owed.reason, owed.note) == (NUMBER, "家里停电", kept)
    assert timedelta(0) < owed.due_at - owed.asked_at <= timedelta(days=1, hours=8)
    assert 8 <= timezone.localtime(owed.due_at).hour <= 20
    assert [one.fact.kind for one in ledger.facts(classes=[NoteKept])] == ["fault_report"]


def test_the_time_of_a_call_can_be_chosen(known: Hotline) -> None:
    client, address = signed_in(known.agent), reverse("hotline:desk-note")
    offered = client.get(reverse("hotline:desk"), {"number": NUMBER}).context["form"]
    times = [value for value, _label in offered.fields["due_at"].widget.choices]
    assert {8 <= int(one[11:13]) <= 20 for one in times} == {True}
    assert offered["due_at"].value() in times
    told = note(known, call_id="", keep="1", kind="enquiry", follow_up="on")
    for wrong in ("2020-01-01T09:00", times[-1][:11] + "23:00"):
        refused = client.post(address, told | {"due_at": wrong})
        assert refused.status_code == 422
        assert f'<option value="{wrong}" selected>' in refused.content.decode(), "what was chosen stays"
    draft = told | {"due_at": times[-1]}
    del draft["keep"]
    client.post(address, draft)
    assert f'<option value="{times[-1]}" selected>' in page(client, number=NUMBER), "a draft keeps the time"
    client.post(address, told | {"due_at": times[-1]})
    assert timezone.localtime(CallBack.objects.get().due_at).strftime("%Y-%m-%dT%H:%M") == times[-1]


@pytest.mark.parametrize(
    ("number", "asked", "found"),
    [
        ("13800000077", "0077", True),
        ("057198094621", "21", True),
        ("057198094621", "621", False),
        ("057198094621", "4621", False),
        ("057198094621", "057198094621", True),
        ("98094621", "21", False),
        ("98094621", "1", True),
    ],
)
def test_a_search_tells_no_more_of_a_number_than_is_shown(
    known: Hotline, ring: Ring, number: str, asked: str, found: bool
) -> None:
    ring(call(number, 0, call_id="c"))
    row = Call.objects.get()
    span = queries.Span(queue_ids=(row.queue_id,), first=date(2026, 5, 1), last=date(2026, 5, 1))
    assert list(queries.calls_found(span, wanted={"q": asked})) == ([row] if found else [])
    assert not found or asked in (number, masked_phone(number)[-len(asked) :])


def test_nobody_calls_back_a_number_nobody_told(known: Hotline) -> None:
    answer = signed_in(known.agent).post(
        reverse("hotline:desk-note"), note(known, call_id="withheld", keep="1", kind="enquiry", follow_up="on")
    )
    assert answer.status_code == 422
    assert "withheld" in answer.content.decode()
    assert CallBack.objects.count() == 0


def test_articles_and_what_was_told_of_them(world: World, known: Hotline) -> None:
    version = _article(world)
    client = signed_in(known.agent)
    found = client.get(reverse("hotline:desk-articles"), {"q": "停电"}).content.decode()
    assert "请先查看您的空气开关" in found
    query = {"q": "电费", "told": [str(version), "999999", "x"]}
    again = client.get(reverse("hotline:desk-articles"), query).content.decode()
    assert f'value="{version}" checked' in again
    client.post(reverse("hotline:desk-note"), note(known, keep="1", kind="enquiry", told=[version, 999_999, "x"]))
    assert CallNote.objects.get().told_versions == [version]


def _article(world: World) -> int:
    entry = ArticleEntry(
        title="家中停电怎么办",
        topic=Topic.FAULT_REPORT,
        script="请先查看您的空气开关。",
        body="停电时先看开关。",
        keywords="停电",
        basis="供电服务规范",
        valid_from=date(2026, 1, 1),
    )
    return publish_article(unit_id=world.lamp.pk, entry=entry, **SYSTEM).pk


def test_another_exchange_is_not_there(world: World, known: Hotline) -> None:
    other = actions.open_exchange(unit_id=world.wick.pk, code="wick", name="柳溪总机", **SYSTEM)
    client = signed_in(known.agent)
    for name in ("desk-note", "desk-urge"):
        assert client.post(reverse(f"hotline:{name}"), note(known, exchange_id=other.pk)).status_code == 404
    assert client.post(reverse("hotline:desk-note"), {"exchange_id": "x"}).status_code == 404
    assert CallNote.objects.count() == 0
    assert signed_in(world.chen).get(reverse("hotline:desk")).status_code == 403


def test_rules_hold_from_their_day_on(known: Hotline, world: World) -> None:
    client, address = signed_in(known.leader), reverse("hotline:desk-rules")
    shown = {one.name: one.value() for one in client.get(address).context["form"]}
    assert [shown[name] for name in ("call_back_within_s", "review_share", "double_share")] == ["24", "2", "20"]
    told = {**shown, "from_date": "2026-05-02", "source": "值班长"}
    assert client.post(address, told | {"review_share": 101}).status_code == 422
    assert client.post(address, told | {"call_from": 20, "call_until": 8}).status_code == 422
    for gap_h in (1, 0.5):
        assert client.post(address, told | {"urge_gap_s": gap_h}).status_code == 302
    assert [queries.desk_rule(date(2026, 5, day)).urge_gap_s for day in (1, 2)] == [7200, 1800]
    assert queries.desk_rule(date(2026, 5, 2)).review_share == 0.02
    assert DeskRule.objects.count() == 1
    assert signed_in(known.agent).post(address, told).status_code == 403


@pytest.mark.parametrize(
    ("promised", "within_h", "due"),
    [
        ("2026-05-01 10:00", 24, "2026-05-02 10:00"),
        ("2026-05-01 00:26", 24, "2026-05-01 19:45"),
        ("2026-05-01 22:00", 24, "2026-05-02 19:45"),
        ("2026-05-01 20:30", 4, "2026-05-02 08:00"),
        ("2026-05-01 19:00", 2, "2026-05-01 19:45"),
        ("2026-05-01 19:50", 2, "2026-05-02 08:00"),
    ],
)
def test_nobody_is_called_back_at_night(promised: str, within_h: int, due: str) -> None:
    rule = DeskRule(call_back_within_s=3600 * within_h, call_from=8, call_until=20)
    at = timezone.make_aware(datetime.fromisoformat(promised))
    assert f"{queries.call_back_due(rule, at=at):%Y-%m-%d %H:%M}" == due
