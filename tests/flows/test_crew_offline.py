"""The crew's page on a phone, in a real browser: with a network, without one, and when it comes back."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.crews import actions
from denghuo.apps.crews.models import Assignment, FieldReport, Photo, Quote, ReportKind, State
from denghuo.apps.crews.queries import photo_path
from denghuo.apps.orders.models import Order
from tests.world import World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A picture that the browser draws itself: a phone's camera hands over much the same.
PICTURE = """async () => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 2400, height: 1800 });
  canvas.getContext("2d").fillRect(200, 200, 900, 900);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
  return [...new Uint8Array(await blob.arrayBuffer())];
}"""


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A phone in a hand, that may say where it is."""
    place = {"geolocation": {"latitude": 30.25, "longitude": 120.17, "accuracy": 12}, "permissions": ["geolocation"]}
    size = {"width": 390, "height": 844}
    return {**browser_context_args, **place, "viewport": size, "has_touch": True, "locale": "en"}


@pytest.fixture
def world(live_server: LiveServer, settings: Any, tmp_path: Path) -> World:
    settings.MEDIA_ROOT = tmp_path
    made = make_world()
    now = timezone.now()
    who: dict[str, Any] = {"at": now, "actor": "zhou"}
    crew = actions.open_crew(unit_id=made.lamp.pk, entry=actions.CrewEntry(name="抢修一班"), **who)
    actions.join_crew(crew_id=crew.pk, user_id=made.ma.pk, phone="19900000001", is_leader=True, **who)
    price = actions.PriceEntry(
        code="A01",
        name="空气开关",
        measure="只",
        price_fen=8550,
        from_date=timezone.localdate() - timedelta(days=9),
        source="演示价目",
    )
    actions.set_price(unit_id=made.lamp.pk, entry=price, **who)
    return made


@pytest.fixture
def job(world: World) -> Assignment:
    """Ma's crew is sent to somebody who has no supply."""
    return sent(world, "青禾村3组")


def sent(world: World, place: str) -> Assignment:
    at = timezone.now()
    order = Order.objects.create(
        kind="fault",
        topic="no_supply",
        unit=world.lamp,
        channel="phone",
        caller="13800138000",
        place=place,
        received_at=at,
        opened_at=at,
    )
    crew_id = world.ma.crew_memberships.get().crew_id
    return actions.assign(
        crew_id=crew_id, about="", order_ids=[order.pk], place=place, x=None, y=None, at=at, actor="lin"
    )


@pytest.fixture
def phone(page: Page, live_server: LiveServer, world: World, job: Assignment) -> Iterator[Page]:
    """Ma's phone with the page open, kept by its service worker."""
    client = Client()
    client.force_login(world.ma)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(live_server.url + reverse("crews:mine"))
    expect(page.locator("#cr-app")).to_have_attribute("data-offline", "yes")
    expect(page.locator("#cr-app")).to_have_attribute("data-waiting", "0")
    yield page
    # What is under way is answered before the tables are emptied, and nothing new is asked.
    page.context.set_offline(False)
    if page.locator("#cr-bar").count():
        expect(page.locator("#cr-bar")).to_have_attribute("aria-busy", "false")
    page.goto("about:blank")
    # Asking in vain is what a phone without a network does; nothing else may go wrong.
    assert [one for one in heard if not re.search("ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to load", one)] == []


def card(page: Page, row: Assignment) -> Any:
    return page.locator(f"#assignment-{row.pk}")


def tap(page: Page, row: Assignment, name: str) -> None:
    card(page, row).get_by_role("button", name=name, exact=True).tap()


def unfold(page: Page, row: Assignment, part: str) -> Any:
    found = card(page, row).locator(f"#{part}-{row.pk}")
    found.locator("summary").tap()
    return found


def waits(page: Page, count: int) -> None:
    expect(page.locator("#cr-bar")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#cr-app")).to_have_attribute("data-waiting", str(count))


def told(row: Assignment) -> list[str]:
    """What came in, in the order in which it was taken, without what tells itself."""
    rows = FieldReport.objects.filter(assignment=row).exclude(kind__in=["delivered", "read"])
    return list(rows.order_by("pk").values_list("kind", flat=True))


def test_three_taps_to_arrived(phone: Page, job: Assignment) -> None:
    job.refresh_from_db()
    assert job.state == State.READ, "that it was delivered and read told itself"
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    expect(card(phone, job)).to_have_attribute("data-state", "arrived")
    job.refresh_from_db()
    assert (job.state, told(job)) == (State.ARRIVED, ["accepted", "departed", "arrived"])
    where = FieldReport.objects.order_by("pk").values_list("kind", "latitude", "accuracy_m")
    assert list(where)[-3:] == [("accepted", None, None), ("departed", 30.25, 12.0), ("arrived", 30.25, 12.0)]


def test_a_finger_that_trembles_takes_one_step(phone: Page, job: Assignment) -> None:
    card(phone, job).get_by_role("button", name="Accept", exact=True).dblclick()
    waits(phone, 0)
    tap(phone, job, "Depart")
    waits(phone, 0)
    note = unfold(phone, job, "note")
    note.get_by_label("Text").fill("围栏已设")
    note.get_by_role("button").dblclick()
    waits(phone, 0)
    assert told(job) == ["accepted", "departed", "note"]


def test_what_waits_is_told_by_the_clock_of_the_place_and_the_desk_does_not_know_it(
    phone: Page, context: BrowserContext, job: Assignment
) -> None:
    expect(card(phone, job).locator(".dh-state")).to_have_text("Read")
    context.set_offline(True)
    tap(phone, job, "Accept")
    waits(phone, 1)
    at = phone.evaluate(
        """() => new Promise((done) => { const asked = indexedDB.open("denghuo-crew");
        asked.onsuccess = () => { const all = asked.result.transaction("reports").objectStore("reports").getAll();
        all.onsuccess = () => { asked.result.close(); done(all.result[0].told_at); }; }; })"""
    )
    local = timezone.localtime(datetime.fromisoformat(at))
    expect(card(phone, job).locator("[data-cr-queue]")).to_contain_text(f"{local:%H:%M}")
    expect(card(phone, job).locator(".dh-state")).to_be_hidden()


def test_amounts_are_checked_before_they_wait(phone: Page, context: BrowserContext, job: Assignment) -> None:
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    context.set_offline(True)
    materials = unfold(phone, job, "materials")
    materials.get_by_label("What").first.fill("铜芯线")
    for wrong in ("十米", "0", "1.234", ""):
        materials.get_by_label("How much").first.fill(wrong)
        materials.get_by_role("button").tap()
        expect(materials.get_by_role("alert")).to_contain_text("as a number")
    materials.get_by_label("How much").first.fill("1.5")
    materials.get_by_role("button").tap()
    waits(phone, 1)
    context.set_offline(False)
    waits(phone, 0)
    assert told(job)[-1] == "materials"


def test_reports_without_a_network_come_once_in_order_with_the_phones_time(
    phone: Page, context: BrowserContext, job: Assignment
) -> None:
    context.set_offline(True)
    expect(phone.locator("#cr-bar")).to_have_attribute("data-net", "off")
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    note = unfold(phone, job, "note")
    note.get_by_label("Text").fill("电杆倾斜，已设围栏")
    note.get_by_role("button").tap()
    waits(phone, 4)
    expect(phone.locator("[data-cr-count]")).to_have_text("4 reports wait to be sent")
    expect(card(phone, job).locator("[data-cr-queue] li")).to_have_count(4)
    assert told(job) == []
    before = timezone.now()
    phone.reload()  # from the service worker
    waits(phone, 4)
    expect(card(phone, job).get_by_text("Finish", exact=True)).to_be_visible()
    context.set_offline(False)
    waits(phone, 0)
    assert told(job) == ["accepted", "departed", "arrived", "note"]
    rows = list(FieldReport.objects.filter(assignment=job, kind__in=told(job)).order_by("pk"))
    assert [one.told_at for one in rows] == sorted(one.told_at for one in rows)
    assert all(one.told_at < before < one.received_at for one in rows)
    job.refresh_from_db()
    assert job.arrived_at == rows[2].told_at
    expect(card(phone, job).locator("[data-cr-queue]")).to_be_hidden()


def test_an_answer_that_is_lost_brings_nothing_twice(phone: Page, job: Assignment) -> None:
    def lose(route: Route) -> None:
        route.fetch()  # the server takes it
        route.abort()  # and nobody hears of it

    pattern = "**" + reverse("crews:reports")
    phone.route(pattern, lose)
    tap(phone, job, "Accept")
    expect(phone.locator("[data-cr-net]")).to_contain_text("could not be reached")
    waits(phone, 1)
    assert told(job) == ["accepted"]
    phone.unroute(pattern)
    phone.get_by_role("button", name="Send now").tap()
    waits(phone, 0)
    assert told(job) == ["accepted"]


def test_a_photo_waits_as_well_and_is_made_small(
    phone: Page, context: BrowserContext, job: Assignment, tmp_path: Path
) -> None:
    picture = tmp_path / "IMG_0001.jpg"
    picture.write_bytes(bytes(phone.evaluate(PICTURE)))
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    context.set_offline(True)
    part = unfold(phone, job, "photo")
    part.locator("input[type=file]").set_input_files(picture)
    part.get_by_role("button", name="Keep the photo").tap()
    waits(phone, 1)
    phone.reload()
    waits(phone, 1)
    context.set_offline(False)
    waits(phone, 0)
    photo = Photo.objects.get()
    content = photo_path(photo).read_bytes()
    assert content.startswith(b"\xff\xd8\xff")
    assert photo.report.told_at < photo.report.received_at
    size = phone.evaluate(
        """async (path) => { const picture = await createImageBitmap(await (await fetch(path)).blob());
        return [picture.width, picture.height]; }""",
        reverse("crews:photo", args=[photo.pk]),
    )
    assert size == [1600, 1200]


def test_a_quote_is_signed_on_the_screen_without_a_network(
    phone: Page, context: BrowserContext, job: Assignment
) -> None:
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    context.set_offline(True)
    expect(card(phone, job).locator(f"#quote-{job.pk}")).to_be_hidden()
    side = unfold(phone, job, "side")
    side.get_by_label("On the customer's side: by quote").check()
    side.get_by_role("button").tap()
    begun = unfold(phone, job, "begun")
    begun.get_by_role("button").tap()
    expect(begun.get_by_role("alert")).to_contain_text("a quote is accepted first")
    quote = unfold(phone, job, "quote")
    quote.get_by_label("空气开关").fill("2")
    expect(quote.locator("[data-cr-total]")).to_have_text("171.00")
    accept = quote.get_by_role("button", name="The customer accepts")
    accept.tap()
    expect(quote.get_by_role("alert")).to_contain_text("sign")
    pad = quote.locator("svg").bounding_box()
    assert pad is not None
    phone.mouse.move(pad["x"] + 40, pad["y"] + 40)
    phone.mouse.down()
    phone.mouse.move(pad["x"] + 160, pad["y"] + 60)
    phone.mouse.up()
    accept.tap()
    waits(phone, 2)
    begun.get_by_role("button").tap()
    waits(phone, 3)
    context.set_offline(False)
    waits(phone, 0)
    assert told(job)[-3:] == ["boundary", "quote", "begun"]
    row = Quote.objects.get()
    assert (row.total_fen, row.accepted_at is not None) == (17100, True)
    assert re.fullmatch(r"M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+", row.signature)


def test_a_receipt_is_checked_as_it_is_written(phone: Page, context: BrowserContext, job: Assignment) -> None:
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    context.set_offline(True)
    finish = unfold(phone, job, "finish")
    finish.get_by_role("combobox").select_option("our_equipment")
    receipt = finish.get_by_label("Receipt")
    send = finish.get_by_role("button")
    for text, said in (
        ("已处理", "says nothing"),
        ("联系用户13800138000后送电", "telephone number"),
        ("送电", "very short"),
    ):
        receipt.fill(text)
        expect(finish.locator("[data-cr-checked]")).to_contain_text(said)
    receipt.fill("已处理")
    send.tap()
    expect(finish.get_by_role("alert")).to_contain_text("says nothing")
    receipt.fill("熔丝熔断，更换后送电正常")
    expect(finish.locator("[data-cr-checked]")).to_be_empty()
    send.tap()
    waits(phone, 1)
    context.set_offline(False)
    waits(phone, 0)
    job.refresh_from_db()
    assert (job.state, job.finding, job.restored_at) == (State.FINISHED, "our_equipment", job.finished_at)


def test_withdrawn_meanwhile_it_is_kept_and_said(phone: Page, context: BrowserContext, job: Assignment) -> None:
    context.set_offline(True)
    tap(phone, job, "Accept")
    waits(phone, 1)
    actions.withdraw_assignment(assignment_id=job.pk, reason="误报", at=timezone.now(), actor="lin")
    context.set_offline(False)
    waits(phone, 0)
    own = card(phone, job)
    expect(own).to_contain_text("You need not go: 误报")
    expect(own.locator(".cr-wait--kept")).to_contain_text("What you reported is kept")
    assert FieldReport.objects.get(kind=ReportKind.ACCEPTED).came_late
    own.get_by_role("button", name="Understood").tap()
    expect(own.locator(".cr-wait--kept")).to_have_count(0)


def test_an_odd_time_is_asked_of_who_told_it(phone: Page, job: Assignment) -> None:
    for name in ("Accept", "Depart"):
        tap(phone, job, name)
    waits(phone, 0)
    Assignment.objects.filter(pk=job.pk).update(departed_at=timezone.now() + timedelta(minutes=1))
    tap(phone, job, "Arrived")
    question = card(phone, job).get_by_role("group", name="Is this time right?")
    expect(question).to_contain_text("Arrival before departure")
    question.get_by_role("button", name="It is right").tap()
    expect(question.get_by_role("alert")).to_contain_text("Say why")
    question.get_by_label("Why").fill("忘记点出发")
    question.get_by_role("button", name="It is right").tap()
    expect(question).to_have_count(0)
    row = FieldReport.objects.get(kind=ReportKind.ARRIVED)
    assert (row.odd, row.answered_because) == (["before_departure"], "忘记点出发")


def test_what_somebody_writes_is_not_taken_from_under_their_hands(phone: Page, world: World, job: Assignment) -> None:
    tap(phone, job, "Accept")
    waits(phone, 0)
    note = unfold(phone, job, "note")
    note.get_by_label("Text").fill("正在写")
    other = sent(world, "柳溪村")
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(card(phone, other)).to_be_visible()
    expect(phone.get_by_role("alert").filter(has_text="A new assignment has come")).to_be_visible()
    expect(note.get_by_label("Text")).to_have_value("正在写")


def test_only_what_somebody_writes_into_waits_for_them(phone: Page, context: BrowserContext, job: Assignment) -> None:
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    note = unfold(phone, job, "note")
    with phone.expect_response("**" + reverse("orders:wording")):
        note.get_by_label("Text").press_sequentially("正在写")
    context.set_offline(True)
    checks = unfold(phone, job, "checklist")
    checks.get_by_role("checkbox").first.check()
    checks.get_by_role("button").tap()
    waits(phone, 1)
    expect(phone.locator("#cr-cards")).not_to_have_attribute("inert", "")
    note.get_by_label("Text").focus()
    context.set_offline(False)
    waits(phone, 0)
    expect(card(phone, job).locator(f"#checklist-{job.pk} .cr-tick")).to_have_text(re.compile(r"^1/"))
    expect(note.get_by_label("Text")).to_have_value("正在写")
    expect(note.get_by_label("Text")).to_be_focused()
    actions.withdraw_assignment(assignment_id=job.pk, reason="误报", at=timezone.now(), actor="lin")
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(card(phone, job)).to_contain_text("You need not go: 误报")
    expect(card(phone, job).locator("form")).to_have_count(0)
    expect(card(phone, job).locator("[data-cr-queue] q")).to_have_text("正在写")


@pytest.mark.parametrize("hand", ["finger", "mouse"])
def test_what_is_tapped_after_writing_stays_where_it_is(phone: Page, job: Assignment, hand: str) -> None:
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    side = unfold(phone, job, "side")
    side.get_by_label("On the customer's side: by quote").check()
    side.get_by_label("Note").focus()
    phone.keyboard.type("进户线老化")
    # Where the next step lies over the page while nobody writes.
    button = side.get_by_role("button", name="Say so")
    button.evaluate("(one) => window.scrollBy(0, one.getBoundingClientRect().top - window.innerHeight + 120)")
    box = button.bounding_box()
    assert box is not None and 690 < box["y"] < 760
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    phone.touchscreen.tap(x, y) if hand == "finger" else phone.mouse.click(x, y, delay=80)
    expect(side).not_to_have_attribute("open", "")
    waits(phone, 0)
    assert told(job)[-1] == "boundary"
    expect(card(phone, job).locator(".cr-next")).to_have_css("position", "sticky")


def test_who_is_signed_out_loses_nothing(phone: Page, live_server: LiveServer, world: World, job: Assignment) -> None:
    phone.context.clear_cookies(name="sessionid")
    tap(phone, job, "Accept")
    expect(phone.locator("[data-cr-net]")).to_contain_text("signed out")
    waits(phone, 1)
    client = Client()
    client.force_login(world.ma)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    phone.context.add_cookies([cookie])  # type: ignore[list-item]
    phone.reload()
    waits(phone, 0)
    assert told(job) == ["accepted"]


def test_signed_out_the_page_is_not_kept(phone: Page, context: BrowserContext) -> None:
    phone.locator("[data-dh-menu] summary").last.tap()
    phone.get_by_role("button", name="Sign out").tap()
    expect(phone.get_by_label("Username")).to_be_visible()
    assert phone.evaluate("caches.open('crew-page').then((cache) => cache.keys()).then((keys) => keys.length)") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_the_sun_and_hit_with_a_glove(
    phone: Page, job: Assignment, live_server: LiveServer, theme: str
) -> None:
    phone.context.add_cookies([{"name": "dh_theme", "value": theme, "url": live_server.url}])
    for name in ("Accept", "Depart", "Arrived"):
        tap(phone, job, name)
    waits(phone, 0)
    phone.reload()
    side = unfold(phone, job, "side")
    side.get_by_label("On the customer's side: by quote").check()
    side.get_by_role("button").tap()
    waits(phone, 0)
    for part in ("side", "checklist", "quote", "begun", "photo", "materials", "note", "finish"):
        unfold(phone, job, part)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    small = phone.evaluate(
        """() => [...document.querySelectorAll("#cr-app :is(button, summary, a, input, select)")]
        .filter((one) => one.offsetParent && !one.matches("[type=radio], [type=checkbox]"))
        .filter((one) => one.getBoundingClientRect().height < 48).map((one) => one.outerHTML)"""
    )
    assert small == []
    options = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
    found = Axe().run(phone, options=options)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]] == []
