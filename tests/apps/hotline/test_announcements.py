"""Announcements: from an outage to the exchange and off it again, and what they absorb."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from denghuo.adapters.speech import EspeakVoice
from denghuo.adapters.telephony.records import CallOutcome
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.actions import announcements as acting
from denghuo.apps.hotline.facts import AnnouncementExpired, AnnouncementHandedOver, AnnouncementPublished
from denghuo.apps.hotline.models import Announcement, AnnouncementKind, DeskRule
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.models import Notice
from denghuo.apps.outages.actions import give_estimate
from denghuo.apps.outages.facts import OutageClosed, SupplyChanged
from denghuo.apps.outages.models import Method, Outage
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import Switch, after, signed_in, switch
from tests.world import AT, World

__all__ = ["switch"]
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
KEY: dict[str, Any] = {"delivery_key": "k"}


@pytest.fixture
def outage(hotline: Hotline, switch: Switch) -> Outage:
    """The first line is out from eight in the morning on, 60 customers."""
    switch("QF1", "open", 0, "F-1")
    return Outage.objects.get(number="F-1")


def changed(outage: Outage, at: Any = AT) -> None:
    fact = SupplyChanged(network_id=outage.network_id, outage_ids=(outage.pk,))
    acting.announce_outages(fact, at=at, actor="test", **KEY)


def published(outage: Outage) -> Announcement:
    row = Announcement.objects.filter(outage=outage).first() or actions.draft_announcement(
        exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM
    )
    actions.approve_announcement(announcement_id=row.pk, version=row.latest, **SYSTEM)
    return actions.publish_announcement(announcement_id=row.pk, **SYSTEM)


def exchange_of(outage: Outage) -> int:
    return queries.exchanges_serving(str(outage.network.unit.path))[0].pk


def test_a_draft_names_area_line_and_time(outage: Outage) -> None:
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    text = queries.versions_of(row)[0].text
    assert "青禾村、柳溪村、云台村部分用户" in text
    assert "10kV灯山线" in text
    assert "5月1日08:00" in text
    assert "恢复供电的时间尚未确定" in text
    with pytest.raises(ValueError, match="already"):
        actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)


def test_only_large_outages_are_drafted_by_themselves(outage: Outage) -> None:
    changed(outage)
    assert not Announcement.objects.filter(outage=outage).exists(), "60 customers are fewer than the default asks for"
    rule = DeskRule(draft_from_customers=60, source="值班长")
    actions.set_desk_rule(from_date=AT.date(), told=rule, **SYSTEM)
    for _ in range(2):
        changed(outage)
    assert [row.state for row in Announcement.objects.filter(outage=outage)] == ["draft"]


def test_a_draft_that_nobody_edited_says_where_it_is_out_now(hotline: Hotline, outage: Outage, switch: Switch) -> None:
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    for code, deed in (("QL1", "open"), ("QF1", "close")):
        switch(code, deed, 1, "F-1")
    changed(outage)
    row.refresh_from_db()
    latest = queries.versions_of(row)[0]
    assert latest.number == row.latest == row.templated > 1
    assert "柳溪村、云台村" in latest.text or "云台村、柳溪村" in latest.text
    assert "青禾村" not in latest.text
    assert row.state == "draft"
    changed(outage)
    row.refresh_from_db()
    assert row.latest == latest.number, "the same words are no new version"


def test_what_somebody_worded_or_approved_is_not_reworded(hotline: Hotline, outage: Outage, switch: Switch) -> None:
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    actions.approve_announcement(announcement_id=row.pk, version=1, **SYSTEM)
    actions.publish_announcement(announcement_id=row.pk, **SYSTEM)
    address, leader = reverse("hotline:announcement", args=[row.pk]), signed_in(hotline.leader)
    assert "something about the outage has changed" not in leader.get(address).content.decode()
    for code, deed in (("QL1", "open"), ("QF1", "close")):
        switch(code, deed, 1, "F-1")
    changed(outage)
    row.refresh_from_db()
    assert row.latest == 1
    assert "something about the outage has changed" in leader.get(address).content.decode()
    actions.edit_announcement(announcement_id=row.pk, text="二", promised_at=None, **SYSTEM)
    Announcement.objects.filter(pk=row.pk).update(approved=None, published=None, published_at=None)
    changed(outage)
    row.refresh_from_db()
    assert row.latest == 2
    assert "something about the outage has changed" not in leader.get(address).content.decode()


def test_from_a_unit_that_words_it_otherwise(world: World, outage: Outage) -> None:
    told: dict[str, Any] = {"kind": AnnouncementKind.FAULT, "source": "x", **SYSTEM}
    for unit, text in ((world.city, "市：{area}"), (world.lamp, "所：{line}")):
        actions.set_announcement_template(unit_id=unit.pk, from_date=AT.date(), text=text, **told)
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    assert queries.versions_of(row)[0].text == "所：10kV灯山线"
    with pytest.raises(ValueError, match=r"\{owner\}"):
        actions.set_announcement_template(unit_id=world.lamp.pk, from_date=AT.date(), text="{owner}", **told)


def test_what_was_not_approved_is_not_said(outage: Outage) -> None:
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    with pytest.raises(ValueError, match="not approved"):
        actions.publish_announcement(announcement_id=row.pk, **SYSTEM)
    actions.edit_announcement(announcement_id=row.pk, text="二", promised_at=None, **SYSTEM)
    with pytest.raises(ValueError, match="meanwhile"):
        actions.approve_announcement(announcement_id=row.pk, version=1, **SYSTEM)
    actions.approve_announcement(announcement_id=row.pk, version=2, **SYSTEM)
    actions.publish_announcement(announcement_id=row.pk, **SYSTEM)
    actions.edit_announcement(announcement_id=row.pk, text="三", promised_at=None, **SYSTEM)
    found = queries.published_text(outage.pk, exchange_id=row.exchange_id)
    assert found is not None
    assert found.text == "二", "what callers hear stays until the next version is published"
    assert [one.number for one in queries.versions_of(row)] == [3, 2, 1]


@pytest.mark.parametrize("installed", [True, False])
def test_to_the_exchange_and_off_it_with_the_outage(
    outage: Outage, switch: Switch, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    settings.PBX_SOUNDS = str(tmp_path)
    speaks = installed and EspeakVoice().problem() is None
    if not installed:
        monkeypatch.setattr(acting, "VOICE", EspeakVoice(program="no-such-program"))
    row = published(outage)
    fact = ledger.facts(classes=[AnnouncementPublished])[0].fact
    acting.hand_over_announcement(fact, **SYSTEM, **KEY)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ([".txt", ".wav"] if speaks else [".txt"])
    handed = ledger.facts(classes=[AnnouncementHandedOver])[0].fact
    assert (handed.handed, handed.sound_s is None) == ("sound" if speaks else "text", not speaks)
    switch("QF1", "close", 2, "F-1")
    outage.refresh_from_db()
    assert outage.restored_at is not None
    closed = OutageClosed(
        outage_id=outage.pk, network_id=outage.network_id, number="F-1", restored_at=outage.restored_at
    )
    for _ in range(2):
        acting.expire_with_outage(closed, at=after(2), actor="test", **KEY)
    expired = ledger.facts(classes=[AnnouncementExpired])
    assert [one.fact.because for one in expired] == ["restored"]
    acting.take_back_announcement(expired[0].fact, at=after(2), actor="test", **KEY)
    assert list(tmp_path.iterdir()) == []
    row.refresh_from_db()
    assert (row.state, row.handed) == ("expired", "removed")
    acting.hand_over_announcement(fact, **SYSTEM, **KEY)
    assert list(tmp_path.iterdir()) == [], "a late delivery brings nothing back"


def test_an_outage_that_never_was_is_not_announced(outage: Outage) -> None:
    published(outage)
    Outage.objects.filter(pk=outage.pk).update(started_at=None)
    changed(outage)
    assert [one.fact.because for one in ledger.facts(classes=[AnnouncementExpired])] == ["withdrawn"]


def test_calls_absorbed(outage: Outage, ring: Ring) -> None:
    row = published(outage)
    heard = {"announcement": row.code, "queued_at": None, "wait_s": None}
    ring(
        *(call(f"1380000000{n}", 1 + n, CallOutcome.ANNOUNCED, **heard) for n in range(4)),
        call("13800000003", 20),  # hung up content, and asked all the same
        call("13800000005", 3, announcement=f"denghuo/{row.code}"),
        call("13800000006", 4, CallOutcome.LOST_IN_ANNOUNCEMENT, **heard),
        call("13800000007", 5, announcement="another"),
        call("13800000008", -5, CallOutcome.ANNOUNCED, **heard),  # before it was published
    )
    told = queries.absorbed(row, at=AT + timedelta(hours=1))
    assert told is not None
    assert (told.announced, told.asked, told.lost, told.came_back, told.heard) == (4, 1, 1, 1, 6)
    assert told.absorbed_share == pytest.approx(3 / 6)
    assert told.share_of_calls == pytest.approx(3 / 8)


def test_nobody_heard_it_is_not_zero(outage: Outage) -> None:
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    assert queries.absorbed(row, at=AT) is None
    told = queries.absorbed(published(outage), at=AT)
    assert told is not None
    assert told.absorbed_share != told.absorbed_share


def test_what_is_not_on_the_exchange_is_not_said_to_be_heard(hotline: Hotline, outage: Outage) -> None:
    row = published(outage)
    page = reverse("hotline:announcement", args=[row.pk])
    assert "Callers hear it" in signed_in(hotline.leader).get(page).content.decode()
    deliveries.drain()
    assert Announcement.objects.get(pk=row.pk).handed == Announcement.Handed.NO_FOLDER
    told = signed_in(hotline.leader).get(page).content.decode()
    assert "Published, not on the exchange" in told and "Callers hear it" not in told


def test_one_that_nobody_hears_is_noticed(hotline: Hotline, outage: Outage, ring: Ring) -> None:
    row = published(outage)
    ring(*(call(f"139000000{n:02d}", 1 + n / 4) for n in range(24)))
    early, late = AT + timedelta(minutes=9), AT + timedelta(minutes=12)
    assert queries.unheard(row, at=early) is None
    assert queries.unheard(row, at=late) == queries.Unheard(minutes=12, calls=24)
    page = signed_in(hotline.leader).get(reverse("hotline:announcement", args=[row.pk])).content.decode()
    assert "24 calls, and nobody has heard it" in page
    ring(call("13900000099", 8, CallOutcome.ANNOUNCED, announcement=row.code, queued_at=None, wait_s=None))
    assert queries.unheard(row, at=late) is None


def test_pages_from_draft_to_off(hotline: Hotline, outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "VOICE", EspeakVoice(program="no-such-program"))
    leader, agent = signed_in(hotline.leader), signed_in(hotline.agent)
    assert "Outages that callers hear nothing of" in leader.get(reverse("hotline:announcements")).content.decode()
    assert agent.post(reverse("hotline:draft-announcement", args=[outage.pk])).status_code == 403
    address = leader.post(reverse("hotline:draft-announcement", args=[outage.pk])).headers["Location"]
    page = leader.get(address).content.decode()
    assert "espeak-ng is not installed" in page
    row = Announcement.objects.get()
    assert leader.get(reverse("hotline:announcement-sound", args=[row.pk])).status_code == 404
    assert leader.post(reverse("hotline:edit-announcement", args=[row.pk]), {"text": ""}).status_code == 422
    past = {"text": "柳溪线停电", "promised_at": "2020-01-01T00:00"}
    refused = leader.post(reverse("hotline:edit-announcement", args=[row.pk]), past)
    assert refused.status_code == 422 and "Choose a time that is still to come" in refused.content.decode()
    leader.post(reverse("hotline:edit-announcement", args=[row.pk]), {"text": "柳溪线停电"})
    assert (
        "Read it again"
        in leader.post(
            reverse("hotline:approve-announcement", args=[row.pk]), {"version": "1"}, follow=True
        ).content.decode()
    )
    leader.post(reverse("hotline:approve-announcement", args=[row.pk]), {"version": "2"})
    assert agent.post(reverse("hotline:publish-announcement", args=[row.pk])).status_code == 403
    leader.post(reverse("hotline:publish-announcement", args=[row.pk]))
    assert "Callers hear it" in agent.get(address).content.decode()
    leader.post(reverse("hotline:expire-announcement", args=[row.pk]))
    assert "taken off by hand" in leader.get(address).content.decode()
    assert leader.get(reverse("hotline:announcements")).status_code == 200


def test_templates_page(world: World, hotline: Hotline) -> None:
    client, address = signed_in(hotline.leader), reverse("hotline:announcement-templates")
    told = {"unit": world.lamp.pk, "kind": "fault", "from_date": "2026-05-01", "text": "{what}", "source": "x"}
    assert "named {what}" in client.post(address, told).content.decode()
    assert client.post(address, told | {"unit": world.wick.pk, "text": "{area}"}).status_code == 422
    assert client.post(address, told | {"text": "{area}停电"}).status_code == 302
    assert "{area}停电" in client.get(address).content.decode()
    assert client.get(address).context["form"].initial["text"] == "{area}停电", "the wording in force"
    planned = client.get(address, {"kind": "planned", "unit": world.lamp.pk}).context["form"].initial
    assert planned["kind"] == "planned" and planned["text"] != "{area}停电"
    assert client.get(address, {"kind": "none", "unit": world.wick.pk}).status_code == 200
    assert signed_in(hotline.agent).post(address, told).status_code == 403


def give(outage: Outage, expected_at: datetime, at: datetime) -> None:
    told: dict[str, Any] = {"method": Method.DISPATCHER, "team": "", "reason": "更换电杆", "at": at, "actor": "lin"}
    give_estimate(about=outage.about, expected_at=expected_at, **told)
    deliveries.drain()


@pytest.fixture
def playing(hotline: Hotline, outage: Outage) -> Announcement:
    """Callers hear that the time is not known yet, since a minute after the line went out."""
    return published(outage)


def unread(hotline: Hotline) -> list[str]:
    rows = Notice.objects.filter(recipient=hotline.leader, withdrawn_at=None, kind="hotline.announcement_outdated")
    return list(rows.values_list("text", flat=True))


def test_what_was_given_since_is_said_at_the_desk(hotline: Hotline, outage: Outage, playing: Announcement) -> None:
    expected_at = AT + timedelta(hours=3)
    give(outage, expected_at, AT + timedelta(minutes=5))
    (out,) = queries.out_at(hotline.exchange, "T1", at=AT + timedelta(minutes=6))
    assert (out.promised_at, out.is_outdated, out.is_past) == (expected_at, True, False)
    assert "预计5月1日11:00恢复供电" in out.text
    (later,) = queries.out_at(hotline.exchange, "T1", at=AT + timedelta(hours=4))
    assert (later.promised_at, later.is_past) == (expected_at, True)
    assert "尚未确定" in later.text, "a time that has passed is not promised once more"


def test_who_approves_is_told_of_an_old_time_until_it_is_renewed(
    hotline: Hotline, outage: Outage, playing: Announcement
) -> None:
    now = timezone.now().replace(second=30)
    give(outage, now + timedelta(hours=2), now)
    assert ["播报说复电时间尚未确定" in one for one in unread(hotline)] == [True]
    client = signed_in(hotline.leader, "zh-hans")
    given = f"{timezone.localtime(now + timedelta(hours=2)):%m-%d %H:%M}"
    for name in ("announcements", "board"):
        shown = client.get(reverse(f"hotline:{name}")).content.decode()
        assert f"最近给出的预计复电时间是{given}" in shown
    page = reverse("hotline:announcement", args=[playing.pk])
    assert client.post(reverse("hotline:renew-announcement", args=[playing.pk])).headers["Location"] == page
    assert "写有新时间的版本待审核发布" in client.get(page).content.decode()
    playing.refresh_from_db()
    assert (playing.latest, playing.templated, playing.published) == (2, 2, 1)
    assert len(unread(hotline)) == 1, "callers hear the old one still"
    published(outage)
    assert unread(hotline) == []
    assert queries.outdated_within([str(hotline.exchange.unit.path)], at=now) == []
    give(outage, now + timedelta(hours=2, seconds=10), now)
    assert unread(hotline) == [], "the same minute is the same time"


def test_of_each_time_they_are_told_once_and_no_more_when_it_is_taken_off(
    hotline: Hotline, outage: Outage, playing: Announcement
) -> None:
    for minutes, hours in enumerate((3, 4, 3), 1):
        give(outage, AT + timedelta(hours=hours), AT + timedelta(minutes=minutes))
        (text,) = unread(hotline)
        assert f"05-01 {8 + hours:02}:00" in text
    actions.expire_announcement(announcement_id=playing.pk, because="by_hand", **SYSTEM)
    assert unread(hotline) == []


def test_a_draft_that_nobody_edited_says_what_is_given(hotline: Hotline, outage: Outage) -> None:
    row = actions.draft_announcement(exchange_id=exchange_of(outage), outage_id=outage.pk, **SYSTEM)
    now = timezone.now()
    give(outage, now + timedelta(hours=2), now)
    row.refresh_from_db()
    assert queries.versions_of(row)[0].promised_at == now + timedelta(hours=2)
    assert (row.latest, row.templated) == (2, 2)
    assert unread(hotline) == [], "nobody hears it"
