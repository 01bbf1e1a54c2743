"""The dispatcher's page without script, what is done from it, the pages around it, and the same for programs."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.crews.actions import assign
from denghuo.apps.crews.actions.steps import StepEntry, take_step
from denghuo.apps.crews.models import Assignment, ReportKind
from denghuo.apps.ledger import deliveries
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.orders.models import Order
from denghuo.apps.outages.models import (
    Estimate,
    JudgingRule,
    MeterWord,
    Method,
    Outage,
    Report,
    ReportState,
    Suspicion,
    SuspicionState,
    TellingRule,
    Watch,
)
from denghuo.apps.outages.queries.triage import Light, Shine, triage
from denghuo.engines.reliability import OutageKind
from tests.apps.network.conftest import signed_in
from tests.apps.outages.desk import Desk, furnish
from tests.kept import Kept
from tests.world import World, make_world

NOW = timezone.now().replace(microsecond=0)
PAGE = "/outages/dispatch/"
LOCAL = "%Y-%m-%dT%H:%M"


@pytest.fixture(scope="module")
def built(kept: Kept) -> tuple[World, Desk]:
    def make() -> tuple[World, Desk]:
        world = make_world()
        return world, furnish(world, at=NOW)

    return kept(make)


@pytest.fixture
def world(built: tuple[World, Desk], db: None) -> World:
    return built[0]


@pytest.fixture
def desk(built: tuple[World, Desk], db: None) -> Desk:
    return built[1]


@pytest.fixture
def lin(world: World) -> Client:
    return signed_in(world.lin)


def text(client: Client, path: str = PAGE, **asked: Any) -> str:
    answer = client.get(path, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def do(client: Client, deed: str, **told: Any) -> HttpResponse:
    """Do it, and let follow what follows: it would at once, were the test not all one transaction."""
    answer: HttpResponse = client.post(reverse(f"outages:dispatch-{deed}"), told, follow=True)  # type: ignore[assignment]
    deliveries.drain()
    return answer


def local(minutes: float) -> str:
    return timezone.localtime(timezone.now() + timedelta(minutes=minutes)).strftime(LOCAL)


def test_the_page_shows_what_waits(lin: Client, desk: Desk) -> None:
    page = text(lin)
    for word in ("青禾村村口", "FU1", "Suspected 86%", "抢修一班", "Nothing chosen"):
        assert word in page
    assert page.count('class="dp-row ') == 5


def test_one_incident_in_full(lin: Client, desk: Desk) -> None:
    page = text(lin, about=desk.suspicion.about)
    for word in (
        "4 of the 6 customers behind it report.",
        "Why FU1",
        "QF1",
        "12%",
        "Not told yet",
    ):
        assert word in page
    assert f'data-if-open="{desk.suspicion.device_code}"' in page
    assert page.count('class="ou-clear"') == 4, "the lights of a report that are clear stand in one line"
    page = text(lin, about=f"orders.order:{desk.arrears.pk}")
    assert "Arrears: no crew needed" in page
    assert f'href="/customers/{desk.cut.pk}/"' in page, "the light leads to the record that it cites"
    assert "By the lights a crew would be sent for nothing." in page
    assert "It belongs to this one, N-1" in text(lin, about=desk.outage.about)


def test_no_number_is_in_the_clear(lin: Client, desk: Desk) -> None:
    for about in (desk.suspicion.about, desk.outage.about, f"orders.order:{desk.arrears.pk}"):
        page = text(lin, about=about)
        assert "1390000" not in page
        assert "演示0" not in page


@pytest.mark.parametrize(
    "about", ["outages.outage:999", "rubbish", "orders.order:x", "x:y:z", "\x00", "outages.outage:"]
)
def test_what_is_not_there_is_said_to_be_over(lin: Client, desk: Desk, about: str) -> None:
    assert "It is over, or it is not here any more" in text(lin, about=about)


def test_a_suspicion_whose_outage_is_over_leads_to_it(world: World, lin: Client, desk: Desk) -> None:
    Outage.objects.filter(pk=desk.outage.pk).update(restored_at=NOW)
    Suspicion.objects.filter(pk=desk.suspicion.pk).update(state=SuspicionState.CONFIRMED, outage=desk.outage)
    assert reverse("outages:outage", args=[desk.outage.pk]) in text(lin, about=desk.suspicion.about)
    elsewhere = signed_in(world.bai)
    assert desk.outage.number not in text(elsewhere, about=desk.suspicion.about)


def test_one_of_many_reports_is_not_taken_for_own_wiring(lin: Client, desk: Desk) -> None:
    (first, *others) = Report.objects.filter(suspicion=desk.suspicion)
    Report.objects.filter(pk__in=[one.pk for one in others]).update(load_code="T1")
    page = text(lin, about=desk.suspicion.about)
    assert "3 others behind the suspected device report too" in page
    first.refresh_from_db()
    wiring = triage(first, at=NOW)[3]
    assert (wiring.light, wiring.shine, wiring.count) == (Light.OWN_WIRING, Shine.CLEAR, 3)


def test_rubbish_filters_nothing(lin: Client, desk: Desk) -> None:
    assert text(lin, state="nonsense", line="nowhere\x00", text="\x00", mine="x").count('class="dp-row ') in (0, 5)
    assert text(lin, state="nonsense").count('class="dp-row ') == 5
    assert "No incident fits" in text(lin, text="nothing is called so")


def test_who_has_seen_it_is_sent_nothing(lin: Client, desk: Desk) -> None:
    answer = lin.get(PAGE, {"part": "now"})
    page = answer.content.decode()
    assert "<html" not in page
    seen = page.partition('data-seen="')[2].partition('"')[0]
    assert lin.get(PAGE, {"part": "now", "seen": seen}).status_code == 204
    do(lin, "take", about=desk.outage.about)
    assert lin.get(PAGE, {"part": "now", "seen": seen}).status_code == 200


def test_the_page_asks_the_database_little(lin: Client, desk: Desk) -> None:
    for about, most in (("", 45), (desk.suspicion.about, 100)):
        text(lin, about=about)
        with CaptureQueriesContext(connection) as asked:
            text(lin, about=about)
        assert len(asked) <= most, "\n".join(query["sql"][:150] for query in asked)


def test_another_station_sees_and_does_nothing(world: World, desk: Desk) -> None:
    bai = signed_in(world.bai)
    assert 'class="dp-row ' not in text(bai)
    assert "It is over, or it is not here any more" in text(bai, about=desk.outage.about)
    told = {"about": desk.suspicion.about}
    more = {"crew": desk.near.pk, "reason": "x", "device_code": "FU1", "opened_at": local(-1), "order": desk.single.pk}
    for deed in ("take", "send", "confirm", "dismiss", "estimate", "join"):
        assert do(bai, deed, **told, **more).status_code == 404, deed
    assert do(bai, "same", orders=f"{desk.single.pk} {desk.arrears.pk}").status_code == 404
    assert not Assignment.objects.exists()
    assert Suspicion.objects.get().state == SuspicionState.OPEN


def test_i_have_it_and_let_it_go(lin: Client, desk: Desk) -> None:
    assert "You have it." in do(lin, "take", about=desk.outage.about).content.decode()
    assert Watch.objects.get().username == "lin"
    assert "Let it go" in text(lin, about=desk.outage.about)
    do(lin, "take", about=desk.outage.about, leave="1")
    assert not Watch.objects.exists()


def test_a_crew_is_sent_and_followed(lin: Client, desk: Desk) -> None:
    page = do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk).content.decode()
    assert "抢修一班 is sent" in page
    assert Assignment.objects.get().about == desk.suspicion.about
    assert "抢修一班 · Sent" in text(lin)
    sent = Assignment.objects.get()
    page = text(lin, about=desk.suspicion.about)
    assert f"This takes 抢修一班 off {sent.place} and 4 orders." in page, "it is said before, and asked"


def test_a_crew_that_refuses_is_said_to_with_its_reason_and_suggested_last(lin: Client, desk: Desk) -> None:
    do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk)
    entry = StepEntry(kind=ReportKind.REFUSED, happened_at=timezone.now(), reason="车辆故障")
    take_step(assignment_id=Assignment.objects.get().pk, entry=entry, at=timezone.now(), actor="hu")
    assert "抢修一班 cannot go: 车辆故障" in text(lin)
    page = text(lin, about=desk.suspicion.about).partition('class="dp-suggestions"')[2]
    assert page.index(str(desk.far)) < page.index(str(desk.near)) < page.index("has refused this")
    do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk)
    assert "抢修一班 cannot go" not in text(lin), "asked again"


def test_a_crew_of_another_station_is_not_there(world: World, lin: Client, desk: Desk) -> None:
    type(desk.near).objects.filter(pk=desk.near.pk).update(unit=world.wick)
    assert do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk).status_code == 404
    assert do(lin, "send", about=desk.suspicion.about, crew="x").status_code == 422


def test_a_crew_that_nobody_is_in_cannot_go(lin: Client, desk: Desk) -> None:
    desk.near.members.update(left_at=NOW)
    answer = do(lin, "send", about=desk.suspicion.about, crew=desk.near.pk)
    assert (answer.status_code, Assignment.objects.count()) == (422, 0)
    assert "cannot go" in answer.content.decode()


def test_a_suspected_fault_is_confirmed(lin: Client, desk: Desk) -> None:
    told = {"about": desk.suspicion.about, "device_code": "FU1"}
    wrong = do(lin, "confirm", **told, opened_at=local(30))
    assert wrong.status_code == 422
    assert "This time has not come yet." in wrong.content.decode()
    unknown = do(lin, "confirm", about=desk.suspicion.about, device_code="QX", opened_at=local(-9))
    assert "The network has no switching device with this code." in unknown.content.decode()
    assert "Confirmed." in do(lin, "confirm", **told, opened_at=local(-9)).content.decode()
    page = text(lin, about=desk.suspicion.about)
    outage = Outage.objects.get(device_code="FU1")
    assert SwitchingOperation.objects.filter(device_code="FU1", closes=False).exists()
    assert f'data-about="{outage.about}"' in page.partition('id="dp-detail"')[2], (
        "it is shown as what it turned out to be"
    )
    assert do(lin, "confirm", **told, opened_at=local(-9)).status_code == 422


def test_a_suspected_fault_is_dismissed_for_a_reason(lin: Client, desk: Desk) -> None:
    assert do(lin, "dismiss", about=desk.suspicion.about, reason=" ").status_code == 422
    assert do(lin, "dismiss", about=desk.outage.about, reason="x").status_code == 404
    do(lin, "dismiss", about=desk.suspicion.about, reason="现场查看，熔断器完好")
    desk.suspicion.refresh_from_db()
    assert desk.suspicion.state == SuspicionState.DISMISSED


def test_who_may_not_operate_confirms_nothing(world: World, desk: Desk) -> None:
    zhou = signed_in(world.zhou)
    page = text(zhou, about=desk.suspicion.about)
    answer = do(zhou, "confirm", about=desk.suspicion.about, device_code="FU1", opened_at=local(-9))
    assert ("It is open: confirm" in page) == (answer.status_code != 403)


def test_when_supply_is_expected_back(lin: Client, desk: Desk) -> None:
    told = {"about": desk.outage.about, "method": Method.CREW, "team": "抢修一班", "reason": "换熔丝"}
    assert do(lin, "estimate", **told, expected_at=local(-5)).status_code == 422
    assert do(lin, "estimate", **told, expected_at="9999-12-31T23:59").status_code == 422
    assert do(lin, "estimate", **told, expected_at="soon").status_code == 422
    page = do(lin, "estimate", **told, expected_at=local(95)).content.decode()
    assert Estimate.objects.get().team == "抢修一班"
    assert "The crew on site says so, 抢修一班: 换熔丝" in page


def test_an_order_is_put_to_a_fault_and_taken_away(lin: Client, desk: Desk) -> None:
    assert "Put it there" in text(lin, about=f"orders.order:{desk.danger.pk}")
    page = do(lin, "join", about=desk.outage.about, order=desk.danger.pk).content.decode()
    assert "Take it away from here" in page
    assert Report.objects.get(order=desk.danger).state == ReportState.JOINED
    do(lin, "join", about=desk.outage.about, order=desk.danger.pk, part="1")
    assert Report.objects.get(order=desk.danger).outage is None
    assert do(lin, "join", about=desk.outage.about, order="x").status_code == 422
    page = text(lin, about=f"orders.order:{desk.danger.pk}")
    assert 'required><option value="">Choose a fault</option>' in page, "none is chosen for anybody"
    none = do(lin, "join", about="", order=desk.danger.pk)
    assert none.status_code == 422 and "Choose a fault." in none.content.decode()


def test_how_long_a_crew_has_been_on_duty_is_said_of_which_day(lin: Client, desk: Desk) -> None:
    page = text(lin, about=desk.suspicion.about)
    assert re.search(r"\d h on duty in the last 24 h · ", page), "two hours so far"
    assert re.search(r"\d h on duty in the last 24 h: a long day, suggested as if \d+ min farther away", page)


def test_orders_are_merged(lin: Client, desk: Desk) -> None:
    page = do(lin, "same", orders=f"{desk.arrears.pk} {desk.single.pk}").content.decode()
    assert "1 order was merged into it." in page
    assert f'data-about="orders.order:{desk.single.pk}"' in page, "the one that came in first stays"
    assert Order.objects.get(pk=desk.arrears.pk).merged_into == desk.single
    for wrong in ("", "x", str(desk.single.pk), f"{desk.single.pk} {'9' * 30}"):
        assert do(lin, "same", orders=wrong).status_code == 422
    assert do(lin, "same", orders=f"{desk.single.pk} 99999999").status_code == 404


def test_what_the_page_script_gets(lin: Client, desk: Desk) -> None:
    told = {"about": desk.outage.about, "view": "state=outage"}
    answer = lin.post(reverse("outages:dispatch-take"), told, headers={"X-Dispatch": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    assert page.count('class="dp-row ') == 1, "it stays with what was asked for"


def test_the_page_of_an_outage_tells_of_people(lin: Client, desk: Desk) -> None:
    do(lin, "send", about=desk.outage.about, crew=desk.near.pk)
    do(lin, "estimate", about=desk.outage.about, method=Method.PLAN, expected_at=local(95), team="", reason="")
    page = text(lin, reverse("outages:outage", args=[desk.outage.pk]))
    for word in ("Crews sent", "抢修一班", "As planned", "It belongs to this one", "Supply expected back"):
        assert word in page


def plan(world: World, **changes: Any) -> dict[str, Any]:
    told = {
        "network": world.network.pk,
        "number": "P-1",
        "kind": int(OutageKind.PLANNED_MAINTENANCE_INTERNAL),
        "cause": 60,
        "planned_start_at": local(60 * 24 * 9),
        "planned_end_at": local(60 * 24 * 9 + 120),
        "planned_device_codes": "FU1",
    }
    return told | changes


def test_a_plan_names_what_it_opens_and_shows_who_would_be_out(world: World, lin: Client, desk: Desk) -> None:
    path = reverse("outages:new")
    wrong = lin.post(path, plan(world, planned_device_codes="FU1 QX"))
    assert (wrong.status_code, "The network has no QX." in wrong.content.decode()) == (422, True)
    looked = lin.post(path, plan(world, look="1", planned_start_at="")).content.decode()
    assert "6 customers behind one transformer lose supply" in looked
    assert "1 of them in special care" in looked
    assert lin.post(path, plan(world, look="1", planned_device_codes="")).status_code == 422
    assert not Outage.objects.filter(number="P-1").exists()
    assert lin.post(path, plan(world, planned_device_codes="FU1，FU1")).status_code == 302
    row = Outage.objects.get(number="P-1")
    assert row.planned_device_codes == "FU1"
    page = text(lin, reverse("outages:outage", args=[row.pk]))
    for word in (
        "Notice that the law asks for",
        "Who will be without supply",
        "2 not proved to be told",
        "Not posted yet",
    ):
        assert word in page, word


def test_expected_against_actual(lin: Client, desk: Desk) -> None:
    path = reverse("outages:estimates")
    assert "No expected time has been put to the test yet" in text(lin, path)
    over = NOW - timedelta(minutes=10)
    Outage.objects.filter(pk=desk.outage.pk).update(restored_at=over)
    for team, minutes in (("抢修一班", 20), ("抢修二班", -50)):
        Estimate.objects.create(
            outage=desk.outage,
            expected_at=over + timedelta(minutes=minutes),
            method=Method.CREW,
            team=team,
            told_at=over - timedelta(minutes=60),
            told_by="lin",
        )
    page = text(lin, path, days="30")
    for word in (
        "抢修一班",
        "-20",
        "50",
        "100%",
        "Nearest: The crew on site says so · 抢修一班, off by 20 min on average",
    ):
        assert word in page, word
    assert text(lin, path, days="rubbish")


def test_rules_of_telling(world: World, desk: Desk, lin: Client) -> None:
    path = reverse("outages:telling-rules")
    assert lin.get(path).status_code == 403
    gu = signed_in(world.gu)
    assert "Default of this product" in text(gu, path)
    told = {
        "unit": world.lamp.pk,
        "from_date": "2026-12-01",
        "care_answer_min": "4",
        "others_after_min": "2.5",
        "ask_within_min": "60",
        "estimate_percent": "80",
        "remind_before_h": "20",
        "remind_again_min": "0",
        "plan_told_before_h": "6",
        "phone": "95598",
        "source": "所内规定",
    }
    for wrong in ({"estimate_percent": "100"}, {"source": ""}, {"unit": "0"}, {"from_date": "0002-01-01"}):
        assert gu.post(path, told | wrong).status_code == 422
    assert gu.post(path, told).status_code == 302
    row = TellingRule.objects.get()
    assert (row.care_answer_within_s, row.others_after_s, row.estimate_share) == (240, 150, 0.8)
    assert (row.remind_before_s, row.remind_again_s, row.plan_told_before_s) == (72_000, 0, 21_600)
    assert "所内规定" in text(gu, path)


def api(client: Client, method: str, path: str, told: Any = None) -> tuple[int, Any]:
    more = {"data": json.dumps(told), "content_type": "application/json"} if told is not None else {}
    answer = getattr(client, method)(f"/api/outages/{path}", **more)
    return answer.status_code, answer.json()


def test_programs_hear_of_incidents_and_suspicions(world: World, lin: Client, desk: Desk) -> None:
    status, told = api(lin, "get", "incidents?state=suspicion")
    assert (status, told["count"]) == (200, 1)
    assert (told["items"][0]["about"], told["items"][0]["lv_customers"]) == (desk.suspicion.about, 6)
    assert api(lin, "get", "incidents?state=nonsense")[0] == 422
    status, listed = api(lin, "get", "suspicions")
    assert (status, [one["device_code"] for one in listed]) == (200, ["FU1"])
    assert listed[0]["rivals"] == [{"device": "QF1", "probability": 0.12, "customers": 60, "reports": 6}]
    assert api(signed_in(world.bai), "get", "suspicions") == (200, [])
    assert api(signed_in(world.bai), "get", "incidents")[1]["count"] == 0


def test_programs_tell_what_meters_say(world: World, lin: Client, desk: Desk) -> None:
    word = {"meter_number": "M1", "load_code": "T3", "lit": False, "told_at": NOW.isoformat()}
    told = {"network_id": world.network.pk, "news": [word, word | {"meter_number": "M2", "load_code": "TX"}]}
    assert api(lin, "post", "meters", told) == (200, {"heard": 1, "unknown_loads": ["TX"]})
    assert MeterWord.objects.get().meter_number == "M1"
    assert api(signed_in(world.bai), "post", "meters", told)[0] == 404
    assert api(signed_in(world.ma), "post", "meters", told)[0] == 403
    ahead = {**told, "news": [word | {"told_at": "2999-01-01T00:00:00Z"}]}
    wrongs: tuple[Any, ...] = (ahead, {**told, "news": [{}]}, {**told, "network_id": 2**70}, {"news": "x"}, [])
    for wrong in wrongs:
        assert api(lin, "post", "meters", wrong)[0] in (404, 422)


def test_programs_decide_and_expect(world: World, lin: Client, desk: Desk) -> None:
    path = f"suspicions/{desk.suspicion.pk}"
    assert api(signed_in(world.bai), "post", f"{path}/confirm", {})[0] == 404
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()
    assert api(lin, "post", f"{path}/confirm", {"opened_at": ahead})[0] == 422
    opened = {"opened_at": (NOW - timedelta(minutes=20)).isoformat()}
    assert api(lin, "post", f"{path}/confirm", opened | {"device_code": "QX"})[0] == 422
    status, told = api(lin, "post", "estimates", {"about": desk.suspicion.about, "expected_at": ahead, "team": "甲"})
    assert (status, told["team"]) == (201, "甲")
    assert api(lin, "post", f"{path}/confirm", opened)[0] == 200
    deliveries.drain()
    assert Outage.objects.filter(device_code="FU1").exists()
    assert api(lin, "post", f"{path}/confirm", opened)[0] == 409
    assert api(lin, "post", f"{path}/dismiss", {"reason": "x"})[0] == 409
    for wrong in ({"about": "x", "expected_at": ahead}, {"about": desk.outage.about, "expected_at": NOW.isoformat()}):
        assert api(lin, "post", "estimates", wrong)[0] == 422
    assert api(lin, "post", "estimates", {"about": "outages.outage:999999", "expected_at": ahead})[0] == 404
    assert api(signed_in(world.bai), "post", "estimates", {"about": desk.outage.about, "expected_at": ahead})[0] == 404


JUDGING = {
    "from_date": "2026-12-01",
    "meter_word_holds_h": "6",
    "shut_for_h": "1.5",
    "several_reports": "4",
    "around_plan_min": "45",
    "found_before_days": "30",
    "told_within_h": "3",
    "many_customers": "50",
    "care_weighs": "40",
    "near_percent": "25",
    "source": "所内规定",
}


def test_rules_of_judging(world: World, desk: Desk, lin: Client) -> None:
    path = reverse("outages:judging-rules")
    assert lin.get(path).status_code == 403
    gu, told = signed_in(world.gu), JUDGING | {"unit": world.lamp.pk}
    assert "Default of this product" in text(gu, path)
    for wrong in ({"several_reports": "1"}, {"source": ""}, {"unit": "0"}, {"from_date": "0001-01-01"}):
        assert gu.post(path, told | wrong).status_code == 422
    assert gu.post(path, told).status_code == 302
    row = JudgingRule.objects.get()
    assert (row.shut_for_s, row.several_reports, row.around_plan_s, row.told_within_s) == (5400, 4, 2700, 10800)
    assert (row.many_customers, row.care_weighs, row.near_share) == (50, 40, 0.25)
    for word in ("所内规定", "from 50 customers, special care as 40, near at 25%"):
        assert word in text(gu, path)


def test_a_crews_card_says_how_far_it_is_before_where(world: World, desk: Desk) -> None:
    place = "10kV三河线 小湾村53号台区跌落式熔断器 FU1"
    told: dict[str, Any] = {"about": desk.suspicion.about, "order_ids": [], "x": None, "y": None}
    assign(crew_id=desk.near.pk, place=place, at=NOW, actor="lin", **told)
    page = signed_in(world.lin, "en").get(PAGE).content.decode()
    about = re.escape(desk.suspicion.about)
    assert re.search(rf'class="dp-crew__task [^>]*title="{place}" href="[^"]*about={about}">Sent · {place}</a>', page)
