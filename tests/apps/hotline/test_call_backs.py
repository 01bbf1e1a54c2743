"""Nobody who is owed a call is forgotten; nobody presses twice in a minute."""

from datetime import timedelta
from typing import Any

import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.facts import AnswerUrged, CallBackNumberShown, CallBackTried
from denghuo.apps.hotline.models import CallBack, CallBackResult, DeskRule
from denghuo.apps.hotline.queries import call_backs
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.ports import Port
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import signed_in
from tests.world import AT, World

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
NUMBER = "13800000077"


def owe(hotline: Hotline, hours: float, number: str = NUMBER, *, at: Any = AT) -> CallBack:
    due_at = at + timedelta(hours=hours)
    return actions.ask_call_back(
        exchange_id=hotline.exchange.pk, number=number, reason="回访", due_at=due_at, at=at, actor="he"
    )


def scope(hotline: Hotline) -> list[str]:
    return [str(hotline.exchange.unit.path)]


def test_the_longest_overdue_comes_first_and_stays_after_no_answer(hotline: Hotline) -> None:
    later, sooner = owe(hotline, 5), owe(hotline, 1)
    assert list(queries.owed(scope(hotline))) == [sooner, later]
    told: dict[str, Any] = {"call_back_id": sooner.pk, "note": "", **SYSTEM}
    actions.try_call_back(result=CallBackResult.NO_ANSWER, **told)
    assert list(queries.owed(scope(hotline))) == [sooner, later]
    actions.try_call_back(result=CallBackResult.REACHED, **told)
    assert list(queries.owed(scope(hotline))) == [later]
    with pytest.raises(ValueError, match="already"):
        actions.try_call_back(result=CallBackResult.REACHED, **told)
    assert [(one.fact.result, one.fact.done) for one in ledger.facts(classes=[CallBackTried])] == [
        ("no_answer", False),
        ("reached", True),
    ]


@pytest.mark.parametrize("wrong", [{"number": " "}, {"reason": ""}, {"due_at": AT}])
def test_what_cannot_be_owed(hotline: Hotline, wrong: dict[str, Any]) -> None:
    told: dict[str, Any] = {"number": NUMBER, "reason": "回访", "due_at": AT + timedelta(hours=1)} | wrong
    with pytest.raises(ValueError, match=r"say whom|promised"):
        actions.ask_call_back(exchange_id=hotline.exchange.pk, **told, **SYSTEM)


def urge(hotline: Hotline, minutes: float) -> int:
    at = AT + timedelta(minutes=minutes)
    return actions.urge_answer(exchange_id=hotline.exchange.pk, number=NUMBER, at=at, actor="he").count


def test_pressing_counts_once_in_the_gap_of_its_day(hotline: Hotline) -> None:
    assert urge(hotline, 0) == 1
    with pytest.raises(actions.UrgedTooSoonError) as caught:
        urge(hotline, 119)
    assert caught.value.next_at == AT + timedelta(hours=2)
    assert urge(hotline, 120) == 2
    rule = DeskRule(urge_gap_s=60, source="x")
    actions.set_desk_rule(from_date=AT.date(), told=rule, **SYSTEM)
    assert urge(hotline, 121) == 3
    assert [one.fact.count for one in ledger.facts(classes=[AnswerUrged])] == [1, 2, 3]


def test_who_presses_is_due_at_once(hotline: Hotline) -> None:
    row = owe(hotline, 20)
    urge(hotline, 30)
    row.refresh_from_db()
    assert row.due_at == AT + timedelta(minutes=30)


def live(hotline: Hotline, at: Any, *, free: int, waiting: int = 0) -> None:
    state = {
        "waiting": [{"call_id": str(n)} for n in range(waiting)],
        "agents": [{"agent": f"A{n}", "state": "available"} for n in range(free)],
    }
    actions.update_board(exchange_id=hotline.exchange.pk, state=state, connected=True, at=at, actor="listener")


@pytest.mark.parametrize(
    ("hours", "free", "waiting", "expected"),
    [(2, 2, 0, True), (2, 1, 0, False), (2, 5, 1, False), (14, 5, 0, False)],
)
def test_a_good_time(hotline: Hotline, hours: float, free: int, waiting: int, expected: bool) -> None:
    at = AT + timedelta(hours=hours)  # ten in the morning, or ten at night
    live(hotline, at, free=free, waiting=waiting)
    told = queries.quiet([hotline.exchange], at=at)
    assert (told.now, told.live) == (expected, True)
    assert not queries.quiet([hotline.exchange], at=at + timedelta(minutes=1)).live, "what is old is not known"


def test_when_it_is_usually_quiet(hotline: Hotline, ring: Ring) -> None:
    """Calls in every quarter of an hour from 8 to 20 but for noon to one."""
    quarters = [15 * n for n in range(48) if not 16 <= n < 20]
    ring(*(call("13800000001", minute - 1440) for minute in quarters))
    assert queries.quiet([hotline.exchange], at=AT).next_at == AT + timedelta(hours=4)
    assert queries.quiet([hotline.exchange], at=AT + timedelta(hours=4, minutes=20)).next_at == AT + timedelta(
        hours=4, minutes=15
    )


def test_without_calls_nobody_knows_when(hotline: Hotline) -> None:
    assert queries.quiet([hotline.exchange], at=AT).next_at is None


def test_the_page(hotline: Hotline, world: World) -> None:
    now = timezone.now()
    late = owe(hotline, 1, at=now - timedelta(hours=3))
    client, address = signed_in(hotline.agent), reverse("hotline:call-backs")
    page = client.get(address).content.decode()
    assert "138****0077" in page
    assert NUMBER not in page
    assert "1 overdue" in page
    assert "何雨" in page
    assert "Record the result" in page
    shown = client.post(reverse("hotline:call-back-number", args=[late.pk]))
    assert NUMBER in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert len(ledger.facts(classes=[CallBackNumberShown])) == 1
    tried = reverse("hotline:try-call-back", args=[late.pk])
    assert client.post(tried, {"result": "nonsense"}).status_code == 422
    assert client.post(tried, {"result": "reached"}).status_code == 302
    assert "Done in the last 24 hours" in client.get(address).content.decode()
    assert "called back already" in client.post(tried, {"result": "reached"}, follow=True).content.decode()
    assert signed_in(world.chen).get(address).status_code == 403


def test_what_is_promised_can_be_kept(hotline: Hotline) -> None:
    client, address = signed_in(hotline.agent), reverse("hotline:call-backs")
    proposed = timezone.localtime(client.get(address).context["form"].initial["due_at"])
    assert 8 <= proposed.hour < 20
    tomorrow = timezone.localdate(timezone.now()) + timedelta(days=1)
    told = {"number": "138 0000-0001", "reason": "电费", "due_at": f"{tomorrow}T19:45"}
    for wrong in ("x", "123", "138****0001", "3800000001", "71234567"):
        assert "number" in client.post(address, told | {"number": wrong}).context["form"].errors, wrong
    for wrong in ("2020-01-01T09:00", f"{tomorrow}T03:00", f"{tomorrow}T20:00"):
        assert "due_at" in client.post(address, told | {"due_at": wrong}).context["form"].errors, wrong
    assert CallBack.objects.count() == 0
    for number in ("0571-87654321", "95598", told["number"]):
        assert client.post(address, told | {"number": number}).status_code == 302
    first = CallBack.objects.get(number="13800000001")
    warned = client.post(address, told)
    assert warned.status_code == 422
    assert f'href="#owed-{first.pk}"' in warned.content.decode()
    assert client.post(address, told | {"again": "on"}).status_code == 302
    assert CallBack.objects.filter(number="13800000001").count() == 2


def test_nothing_is_promised_before_call_backs_are_made_again(
    hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = AT + timedelta(hours=3, minutes=7)
    monkeypatch.setattr(call_backs, "PUT_OFFS", Port("nobody.answers"))
    assert queries.times_to_promise(hotline.exchange, at=AT)[0] == AT + timedelta(hours=1)
    monkeypatch.setattr(call_backs, "PUT_OFFS", [lambda _scope, *, at: [("wave", until)] if at < until else []])
    assert queries.put_off_until(hotline.exchange, at=AT) == AT + timedelta(hours=3, minutes=15)
    assert queries.times_to_promise(hotline.exchange, at=AT)[0] == AT + timedelta(hours=4)
    until = AT + timedelta(hours=36, minutes=1)
    assert queries.proposed_at(hotline.exchange, at=AT) == AT + timedelta(hours=48), "the morning after"
    assert queries.put_off_until(hotline.exchange, at=until) is None


def test_pressing_from_the_desk(hotline: Hotline) -> None:
    told = {"exchange_id": hotline.exchange.pk, "number": NUMBER, "call_id": "", "text": ""}
    client = signed_in(hotline.agent)
    first, again = (client.post(reverse("hotline:desk-urge"), told, follow=True).content.decode() for _ in range(2))
    assert "for time number 1" in first
    assert "Noted already" in again
    assert "Chased for an answer 1 time" in again


def test_what_is_due_stands_wherever_it_is_asked_for(hotline: Hotline) -> None:
    now = timezone.now()
    owe(hotline, 1, at=now - timedelta(hours=3))
    owe(hotline, 20, "13800000001", at=now)
    text = "{% load desk %}{% call_backs_due exchanges %}"
    shown = Template(text).render(Context({"exchanges": [hotline.exchange]}))
    assert "1 call-back due" in shown
    assert "138****0077" in shown
    assert "0001" not in shown
    assert Template(text).render(Context({"exchanges": []})).strip() == ""


def try_in_vain(row: CallBack, hours: float) -> CallBack:
    at = AT + timedelta(hours=hours)
    return actions.try_call_back(call_back_id=row.pk, result=CallBackResult.NO_ANSWER, note="", at=at, actor="he")


def test_whom_nobody_reaches_is_due_later_and_leaves_after_the_last_try(hotline: Hotline) -> None:
    """Eight in the morning, ten, and eight in the evening; the third time ends it."""
    row = owe(hotline, 1)
    assert try_in_vain(row, 0).due_at == AT + timedelta(hours=2)
    assert try_in_vain(row, 11).due_at == AT + timedelta(hours=24), "nobody is called at nine in the evening"
    row = try_in_vain(row, 24)
    assert (row.result, row.made_by) == (CallBackResult.GIVEN_UP, "he")
    assert list(queries.owed(scope(hotline))) == []
    told = [one.fact for one in ledger.facts(classes=[CallBackTried])]
    assert [(one.result, one.done, one.next_at) for one in told] == [
        ("no_answer", False, AT + timedelta(hours=2)),
        ("no_answer", False, AT + timedelta(hours=24)),
        ("no_answer", True, None),
    ]


def test_no_answer_told_twice_in_a_moment_is_one_try(hotline: Hotline) -> None:
    row = owe(hotline, 1)
    try_in_vain(row, 0)
    try_in_vain(row, 0.002)
    assert row.tries.count() == 1
    try_in_vain(row, 0.1)
    assert row.tries.count() == 2


def test_how_often_is_tried_is_the_rule_of_the_day(hotline: Hotline) -> None:
    rule = DeskRule(call_back_tries=1, call_back_retry_s=600, source="x")
    actions.set_desk_rule(from_date=AT.date(), told=rule, **SYSTEM)
    assert try_in_vain(owe(hotline, 1), 0).made_at == AT


def test_the_page_tells_of_tries(hotline: Hotline) -> None:
    row = owe(hotline, 1, at=timezone.now())
    client = signed_in(hotline.agent)
    address = reverse("hotline:try-call-back", args=[row.pk])
    page = client.post(address, {"result": "no_answer"}, follow=True).content.decode()
    assert "Not reached: it is due again at" in page
    assert "Not reached, 1 of 3 tries" in page
    row.refresh_from_db()
    assert timezone.localtime(row.due_at).strftime("%Y-%m-%d %H:%M") in page


def test_nobody_is_promised_a_call_years_ahead(hotline: Hotline) -> None:
    form = {"number": NUMBER, "reason": "回访", "due_at": "2099-01-01T10:00"}
    answer = signed_in(hotline.agent).post(reverse("hotline:call-backs"), form)
    assert answer.status_code == 422 and "within the next 30 days" in answer.content.decode()
    assert not CallBack.objects.exists()
