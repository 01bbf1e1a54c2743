"""From a trip to the answer rate: the calls that an outage brought."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse

from denghuo.adapters.telephony.records import CallOutcome, CallRecord
from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions import draft_announcement
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage
from tests.apps.hotline.conftest import Hotline, Ring, call
from tests.apps.network.conftest import Switch, after, signed_in, switch
from tests.world import AT

__all__ = ["switch"]
WEEK = 7 * 24 * 60
NOW = AT + timedelta(hours=6)


@pytest.fixture
def outage(hotline: Hotline, switch: Switch) -> Outage:
    """The first line is out from half past nine for an hour: 60 customers."""
    switch("QF1", "open", 1.5, "F-1")
    switch("QF1", "close", 2.5, "F-1")
    return Outage.objects.get(number="F-1")


def usual_weeks() -> list[CallRecord]:
    """Two calls at 09:31 on each of the two Fridays before."""
    return [
        call(f"138000000{week}{n}", 91 + n - week * WEEK, call_id=f"w{week}-{n}") for week in (1, 2) for n in range(2)
    ]


def storm(outage: Outage) -> list[CallRecord]:
    """Six in the quarter of the trip: three answered, two give up, one hears the announcement."""
    told = [call(f"1390000000{n}", 91 + n, call_id=f"s{n}") for n in range(3)]
    told += [call(f"1390000001{n}", 95 + n, CallOutcome.ABANDONED, call_id=f"a{n}") for n in range(2)]
    sound = queries.announcement_code(outage.pk)
    told.append(call("13900000020", 98, CallOutcome.ANNOUNCED, call_id="h", announcement=sound, queued_at=None))
    return told


def test_calls_against_the_usual(hotline: Hotline, outage: Outage, ring: Ring) -> None:
    ring(*usual_weeks(), *storm(outage))
    wave = queries.call_wave(outage, [hotline.exchange], at=NOW)
    assert wave is not None
    assert wave.begins[0] == after(0.5)
    assert wave.begins[-1] <= after(4.5)
    assert wave.begins[wave.peak] == after(1.5)
    assert (wave.total.calls, wave.total.requests, wave.total.answered, wave.total.announced) == (6, 5, 3, 1)
    assert wave.usual[wave.peak] == 2
    assert wave.above_usual == 4
    out = dict(zip(wave.begins, wave.customers_out.tolist(), strict=True))
    assert [out[after(hours)] for hours in (1.25, 1.5, 2.25, 2.5, 2.75)] == [0, 60, 60, 0, 0]


def test_without_earlier_weeks_nobody_knows_what_is_usual(hotline: Hotline, outage: Outage, ring: Ring) -> None:
    ring(*storm(outage))
    wave = queries.call_wave(outage, [hotline.exchange], at=NOW)
    assert wave is not None
    assert np.isnan(wave.usual).all()
    assert np.isnan(wave.above_usual)


def test_before_it_began_there_is_no_wave(hotline: Hotline, outage: Outage) -> None:
    assert queries.call_wave(outage, [hotline.exchange], at=AT) is None
    assert queries.call_wave(outage, [], at=NOW) is None


def test_each_call_counts_at_one_outage(hotline: Hotline, outage: Outage, ring: Ring, switch: Switch) -> None:
    switch("QF2", "open", 1.5, "F-2")  # 30 customers, an hour longer
    switch("QF2", "close", 3.5, "F-2")
    other = Outage.objects.get(number="F-2")
    sound = f"denghuo/{queries.announcement_code(other.pk)}"
    told = {"announcement": sound, "queued_at": None}
    late = [call(f"1390000003{n}", minutes) for n, minutes in enumerate((181, 182, 185, 300))]
    ring(*usual_weeks(), *storm(outage), call("13900000021", 99, CallOutcome.ANNOUNCED, **told), *late)
    waves = [queries.call_wave(one, [hotline.exchange], at=NOW) for one in (outage, other)]
    first, second = (dict(zip(one.begins, one.above.tolist(), strict=True)) for one in waves if one)
    # Seven instead of two: one heard of each outage, and three are shared 60 to 30.
    assert (first[after(1.5)], second[after(1.5)]) == pytest.approx((3, 2))
    assert (first[after(3)], second[after(3)]) == pytest.approx((2, 1)), "who had it back an hour ago still calls"
    assert after(5) not in first
    assert second[after(5)] == 1
    found = [one for one in waves if one]
    assert [one.announced_calls for one in found] == [1, 1]
    assert [[beside.pk for beside in one.beside] for one in found] == [[other.pk], [outage.pk]]
    for begin, above in second.items():
        shared = float(np.nansum([first.get(begin, 0.0), above]))
        calls = dict(zip(found[1].begins, found[1].calls.tolist(), strict=True))[begin]
        assert 0 <= shared <= calls
    assert sum(one.above_usual for one in found) == pytest.approx(5 + 3 + 1)
    page = signed_in(hotline.leader).get(reverse("hotline:wave", args=[outage.pk])).content.decode()
    assert "8 more than usual, 5 counted here" in page
    assert reverse("hotline:wave", args=[other.pk]) in page


def test_who_has_supply_again_is_not_told_as_out(hotline: Hotline, switch: Switch) -> None:
    switch("QF1", "open", 1.5, "F-2")
    lasting = Outage.objects.get(number="F-2")
    address = reverse("hotline:wave", args=[lasting.pk])
    assert "60 customers without supply since 2026-05-01 09:30; it lasts." in (
        signed_in(hotline.leader).get(address).content.decode()
    )
    switch("QL1", "open", 2, "F-2")
    switch("QF1", "close", 2.5, "F-2")
    lasting.refresh_from_db()
    left = outages.cost(lasting, at=after(3)).lv_customers_out
    assert 0 < left < 60
    told = f"60 customers lost supply from 2026-05-01 09:30 on; {left} of them are still out."
    assert told in signed_in(hotline.leader).get(address).content.decode()


def test_the_page_follows_the_chain(hotline: Hotline, outage: Outage, ring: Ring) -> None:
    ring(*usual_weeks(), *storm(outage))
    draft_announcement(exchange_id=hotline.exchange.pk, outage_id=outage.pk, at=after(1.6), actor="test")
    page = signed_in(hotline.leader).get(reverse("hotline:wave", args=[outage.pk])).content.decode()
    for words in ("At 09:30 3.0 times as many called as usual", "4 more than usual", "Announcement drafted", "60.0"):
        assert words in page
    [calls] = re.findall(r'href="([^"]*counted=not_answered[^"]*)"', page)
    assert "1–2 of 2" in signed_in(hotline.leader).get(calls.replace("&amp;", "&")).content.decode()
    assert reverse("hotline:wave", args=[outage.pk]) in (
        signed_in(hotline.leader).get(reverse("outages:outage", args=[outage.pk])).content.decode()
    )


def test_the_quarter_of_the_trip_is_divided(hotline: Hotline, switch: Switch, ring: Ring) -> None:
    switch("QF1", "open", 97 / 60, "F-3")  # 09:37; 60 customers
    switch("QF2", "open", 100 / 60, "F-4")  # 09:40; 30 customers
    usual = [call(f"138000000{n:02d}", 90 + n - WEEK, call_id=f"w{n}") for n in range(15)]
    before = [call(f"1370000000{n}", 92 + n, call_id=f"b{n}") for n in range(4)]
    since = [call(f"139000000{n:02d}", 97 + n / 2, CallOutcome.ABANDONED, call_id=f"s{n}") for n in range(16)]
    ring(*usual, *before, *since)
    rows = [Outage.objects.get(number=number) for number in ("F-3", "F-4")]
    waves = [one for row in rows if (one := queries.call_wave(row, [hotline.exchange], at=NOW))]
    places = [one.begins.index(after(1.5)) for one in waves]
    assert [f"{one.begins[at + 1]:%H:%M}" for one, at in zip(waves, places, strict=True)] == ["09:37", "09:40"]
    (first, second), n = waves, places[0]
    assert [one.calls for one in first.figures[n : n + 3]] == [4, 16, 0]
    assert first.usual[n : n + 2] == pytest.approx((7, 8))
    assert (first.total.calls, first.total.requests, second.total.calls) == (16, 16, 10)
    # Of the three minutes before the second outage all counts at the first; then they share, 60 to 30.
    assert first.above[n + 1] == pytest.approx((6 - 3) + (10 - 5) * 2 / 3)
    assert second.above[places[1] + 1] == pytest.approx((10 - 5) / 3)
    assert first.customers_out[n : n + 2].tolist() == [0, 60]
    page = signed_in(hotline.leader).get(reverse("hotline:wave", args=[rows[0].pk])).content.decode()
    assert "began at 09:37:00" in page
    [calls] = re.findall(r'href="([^"]*counted=calls[^"]*)"', page)
    assert "1–16 of 16" in signed_in(hotline.leader).get(calls.replace("&amp;", "&")).content.decode()
