"""What an alert shows is what its one button sends: once, and never anything else."""

import html
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from denghuo.apps.hotline.actions import draft_announcement, edit_announcement
from denghuo.apps.hotline.models import Announcement, Exchange
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.network.actions import record_switching
from denghuo.apps.outages.models import Outage
from denghuo.apps.staffing import actions, queries
from denghuo.apps.staffing.models import CallUp, RuleKind, Surge, SurgeState
from denghuo.apps.staffing.queries.offers import changed, shown_in
from tests.apps.staffing.conftest import NOW, Station, owe_a_call
from tests.world import World

WHO: dict[str, Any] = {"at": NOW, "actor": "test"}
MINUTE = timedelta(minutes=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def surge(world: World, station: Station) -> Surge:
    """An outage of this minute, and somebody of the second tier who can be called up for it."""
    now = timezone.now()
    owe_a_call(due_at=now)
    rule = {"kind": RuleKind.SURGE_CUSTOMERS, "value": 1, "source": "test"}
    actions.set_rule(unit_id=station.unit.pk, from_date=NOW.date(), **rule, **WHO)
    record_switching(
        network_id=world.network.pk, device_code="QF1", closes=False, operated_at=now, event_number="T-9", note="",
        at=now, actor="test",
    )  # fmt: skip
    deliveries.drain()
    row = actions.propose_surge(unit=station.unit, outage=Outage.objects.get(number="T-9"), at=now, actor="system")
    assert row is not None
    second = {
        "measure": "second", "heads": 1, "agent_ids": [station.agents[0].pk], "cost_fen": 12_000, "rate_alone": 0.5,
        "from_at": now.isoformat(), "until_at": (now + timedelta(hours=2)).isoformat(), "minutes": 120,
        "yuan_per_h": "60",
    }  # fmt: skip
    row.told["measures"] = [one for one in row.told["measures"] if one["measure"] != "second"] + [second]
    chosen = "+".join(one["measure"] for one in row.told["measures"])
    row.told["recommended"] = chosen
    for part in ("rates", "lost", "costs_fen"):
        row.told[part][chosen] = row.told[part][""]
    row.save(update_fields=["told"])
    return row


def offered(surge: Surge, at: datetime | None = None) -> queries.SurgeOffer:
    offer = queries.offer_of(queries.surge_for(scope=["/"], surge_id=surge.pk), at=at or timezone.now())
    assert offer is not None
    return offer


def board(station: Station) -> tuple[Client, str]:
    leader = Client(headers={"accept-language": "en"})
    leader.force_login(station.leader)
    with translation.override("en"):
        return leader, " ".join(leader.get(reverse("staffing:alerts")).content.decode().split())


def pressed(client: Client, surge: Surge, shown: str, **headers: str) -> Any:
    with translation.override("en"):
        return client.post(reverse("staffing:send-offer", args=[surge.pk]), {"shown": shown}, headers=headers or HTMX)


def test_the_alert_shows_calls_rates_measures_and_cost(station: Station, surge: Surge) -> None:
    owe_a_call(due_at=timezone.now() + timedelta(days=2))
    assert offered(surge).put_off == 1
    _leader, page = board(station)
    [text] = [html.unescape(one) for one in re.findall(r'name="shown" value="([^"]+)"', page)]
    shown = shown_in(text)
    assert shown is not None
    for words in (
        f"{shown.calls:,}",
        f"{100 * (shown.after or 0):.1f}",
        f"{shown.cost_fen / 100:,.2f}",
        "Answer rate with the people there are",
        "Call up 1 person of the second tier",
        str(station.agents[0]),
        "1 call-back owed by then waits",
        html.escape(shown.words),
        "Send this",
    ):
        assert words in page, words
    assert shown.words.startswith("您好")


def test_one_press_sends_what_is_shown_and_a_second_sends_nothing_more(station: Station, surge: Surge) -> None:
    leader, page = board(station)
    [shown] = [html.unescape(one) for one in re.findall(r'name="shown" value="([^"]+)"', page)]
    for _press in range(2):
        answer = pressed(leader, surge, shown)
        assert answer.status_code == 200
        assert f"by {station.leader.display_name}" in answer.content.decode()
    deliveries.drain()
    surge.refresh_from_db()
    assert (surge.state, len(surge.sent)) == (SurgeState.SENT, 1)
    assert surge.accepted == json.loads(shown)["measures"]
    assert Fact.objects.filter(kind="staffing.SurgeSent").count() == 1
    assert CallUp.objects.get().agent_id == station.agents[0].pk
    row = Announcement.objects.get()
    assert row.versions.get(number=row.published or 0).text == json.loads(shown)["words"]
    assert "Send this" not in board(station)[1]


def test_without_script_it_is_the_surge_that_answers(station: Station, surge: Surge) -> None:
    leader, _page = board(station)
    answer = pressed(leader, surge, offered(surge).shown.as_text(), Accept="text/html")
    assert answer.url == reverse("staffing:surge", args=[surge.pk])
    assert "Sent at" in leader.get(answer.url).content.decode()


def other_people(surge: Surge, station: Station) -> None:
    surge.told["measures"][-1]["agent_ids"] = [station.agents[1].pk]
    surge.save(update_fields=["told"])


def more_customers(surge: Surge, station: Station) -> None:
    Surge.objects.filter(pk=surge.pk).update(customers=surge.customers + 2_000)


def fewer_measures(surge: Surge, station: Station) -> None:
    surge.told["recommended"] = "announcement"
    surge.save(update_fields=["told"])


def other_words(surge: Surge, station: Station) -> None:
    told: dict[str, Any] = {"at": timezone.now(), "actor": "test"}
    row = draft_announcement(exchange_id=Exchange.objects.get().pk, outage_id=surge.outage_id, **told)
    edit_announcement(announcement_id=row.pk, text="停电了，正在抢修。", promised_at=None, **told)


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        (other_people, "Called up"),
        (more_customers, "Customers without supply"),
        (fewer_measures, "What to do"),
        (other_words, "停电了，正在抢修。"),
    ],
)
def test_what_changed_meanwhile_is_said_and_asked_for(
    station: Station, surge: Surge, meanwhile: Any, words: str
) -> None:
    leader, _page = board(station)
    shown = offered(surge).shown.as_text()
    meanwhile(surge, station)
    page = pressed(leader, surge, shown).content.decode()
    assert "has changed since you looked. Nothing was sent yet." in page
    assert words in page
    surge.refresh_from_db()
    assert (surge.state, surge.sent) == (SurgeState.PROPOSED, [])
    [again] = [html.unescape(one) for one in re.findall(r'name="shown" value="([^"]+)"', page)]
    assert "Sent at" in pressed(leader, surge, again).content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [(SurgeState.DISMISSED, "nothing needs to be done"), (SurgeState.OVER, "Supply is back meanwhile")],
)
def test_what_is_decided_is_not_sent(station: Station, surge: Surge, state: SurgeState, words: str) -> None:
    leader, _page = board(station)
    shown = offered(surge).shown.as_text()
    Surge.objects.filter(pk=surge.pk).update(state=state)
    if state == SurgeState.OVER:
        Outage.objects.filter(pk=surge.outage_id).update(restored_at=timezone.now())
    page = pressed(leader, surge, shown).content.decode()
    assert words in page
    assert "Nothing was sent" in page
    assert not Fact.objects.filter(kind="staffing.SurgeSent").exists()


def test_what_has_run_out_can_no_longer_be_sent(station: Station, surge: Surge) -> None:
    shown = offered(surge).shown
    late = timezone.now() + timedelta(days=1)
    assert queries.offer_of(surge, at=late) is None
    with pytest.raises(actions.OfferChangedError):
        actions.send_offer(surge_id=surge.pk, shown=shown, at=late, actor="test")


@pytest.mark.parametrize("text", ["", "{}", "[1]", "null", '{"customers": "x"}', "[" * 5_000])
def test_rubbish_is_no_agreement(station: Station, surge: Surge, text: str) -> None:
    leader, _page = board(station)
    assert "not what the alert showed" in pressed(leader, surge, text).content.decode()
    surge.refresh_from_db()
    assert surge.state == SurgeState.PROPOSED


def test_only_what_is_worse_or_other_is_asked_for_again(surge: Surge) -> None:
    shown = replace(offered(surge).shown, cost_fen=10_000, after=0.8)
    assert shown_in(shown.as_text()) == shown
    assert changed(shown, replace(shown, cost_fen=9_000, after=0.78)) == ()
    assert changed(shown, replace(shown, cost_fen=10_001)) == ("cost_fen",)
    assert changed(shown, replace(shown, after=0.7)) == ("after",)
    assert changed(shown, replace(shown, after=None, calls=shown.calls + 1)) == ("calls", "after")


def test_who_may_not_plan_sees_no_button(station: Station, surge: Surge, world: World) -> None:
    head = Client(headers={"accept-language": "en"})
    head.force_login(world.lin)
    page = head.get(reverse("staffing:alerts")).content.decode()
    assert "Send this" not in page
    assert pressed(head, surge, offered(surge).shown.as_text()).status_code == 403
    surge.refresh_from_db()
    assert surge.state == SurgeState.PROPOSED


def test_the_outage_of_another_unit_is_not_there(station: Station, surge: Surge, world: World) -> None:
    shown = offered(surge).shown.as_text()
    Outage.objects.filter(pk=surge.outage_id).update(restored_at=None)
    Surge.objects.filter(pk=surge.pk).update(unit=world.wick)
    leader, page = board(station)
    assert "T-9" not in page
    assert pressed(leader, surge, shown).status_code == 404


def test_what_was_sent_is_gone_from_the_offers_in_the_same_answer(station: Station, surge: Surge) -> None:
    leader, page = board(station)
    [text] = [html.unescape(one) for one in re.findall(r'name="shown" value="([^"]+)"', page)]
    answer = pressed(leader, surge, text).content.decode()
    assert "Sent at" in answer
    assert f'<div id="offer-{surge.pk}" hx-swap-oob="delete"></div>' in answer
