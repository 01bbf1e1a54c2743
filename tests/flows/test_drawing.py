"""The drawing and what hangs on it, in a real browser: looking, asking what if, recording, correcting, planning."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from denghuo.apps.ledger.models import Fact
from denghuo.apps.network import queries
from denghuo.apps.network.actions import record_switching
from denghuo.apps.network.models import SwitchingOperation
from denghuo.apps.outages.models import Outage
from denghuo.engines.switching import IsolationMode
from denghuo.engines.topology import compile_topology, normal_state, trace
from tests.world import AT, World, make_world, small_grid

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(live_server: LiveServer) -> World:
    return make_world()


@pytest.fixture
def at_home(page: Page, live_server: LiveServer, world: World) -> str:
    """Lin, the dispatcher, signed in; the address of her network."""
    client = Client()
    client.force_login(world.lin)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    page.emulate_media(reduced_motion="reduce")
    return f"{live_server.url}/network/{world.network.pk}/"


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Everything the browser complains of: blocked styles and scripts, missing files, errors."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def open_drawing(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.locator("#picture")).to_have_attribute("data-ready", "yes")


def dead(page: Page) -> dict[str, int]:
    """The totals as they stand on the page."""
    texts = {name: page.locator(f"[data-slot={name}]").inner_text() for name in ("lv", "mv", "loads")}
    return {name: int(text) for name, text in texts.items()}


def traced(*moved: str) -> dict[str, int]:
    """The same by the engine alone."""
    topology = compile_topology(small_grid())
    closed, loads = normal_state(topology), topology.grid.loads
    for code in moved:
        closed[topology.grid.switch_position[code]] ^= True
    out = ~trace(topology, closed=closed).load_supplied
    return {"lv": int(loads.lv_customers[out].sum()), "mv": int(loads.mv_users[out].sum()), "loads": int(out.sum())}


LIGHT = """async () => {
  const canvas = document.getElementById("drawing"), copy = document.createElement("canvas");
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  Object.assign(copy, { width: canvas.width, height: canvas.height });
  const ctx = copy.getContext("2d", { willReadFrequently: true });
  ctx.drawImage(canvas, 0, 0);
  const { data } = ctx.getImageData(0, 0, copy.width, copy.height);
  let light = 0;
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, cover] = data.slice(at, at + 4);
    if (red > green && green > blue && green > 90) light += cover / 255;
  }
  return light;
}"""


def brightness(page: Page) -> float:
    """How much light the whole drawing gives: amber of lines and lamps, not the red and green of devices."""
    page.locator("[data-zoom=fit]").click()
    return float(page.evaluate(LIGHT))


def what_if(page: Page, *moved: str) -> None:
    """Ask for a device by the search and move it in thought."""
    code = moved[-1]
    search = page.locator("#nw-search")
    search.fill(code)
    search.press("Enter")
    expect(page.locator("[data-slot=title]")).to_have_text(code)
    page.locator("[data-slot=toggle]").click()
    expect(page.locator("#picture")).to_have_attribute("data-shown", ",".join(moved))


def test_the_drawing_opens(page: Page, at_home: str, complaints: list[str]) -> None:
    open_drawing(page, at_home)
    assert dead(page) == traced() == {"lv": 0, "mv": 0, "loads": 0}
    expect(page.locator("[data-slot=nobody]")).to_be_visible()
    assert brightness(page) > 500
    assert complaints == []


def test_what_if_counts_like_the_engine_and_touches_nothing(page: Page, at_home: str, complaints: list[str]) -> None:
    open_drawing(page, at_home)
    facts, before = Fact.objects.count(), brightness(page)
    what_if(page, "QF1")
    assert dead(page) == traced("QF1")
    expect(page.locator("[data-slot=effects]")).to_contain_text("60")
    assert brightness(page) < before * 0.8, "the dead part is dark"
    what_if(page, "QF1", "QL9")
    assert dead(page) == traced("QF1", "QL9")
    page.locator("[data-slot=reset]").click()
    expect(page.locator("[data-slot=whatif]")).to_be_hidden()
    assert dead(page) == traced()
    assert brightness(page) == pytest.approx(before, rel=0.05)
    assert Fact.objects.count() == facts
    assert not SwitchingOperation.objects.exists()
    assert complaints == []


def test_customer_hours_of_a_what_if_run_from_zero(page: Page, at_home: str) -> None:
    page.clock.install()
    open_drawing(page, at_home)
    what_if(page, "QF1")
    expect(page.locator("[data-slot=rate]")).to_contain_text("60")
    page.clock.fast_forward("01:00:00")
    expect(page.locator("[data-slot=hours]")).to_have_text(re.compile(r"^60\.\d$"))


def test_a_loop_is_told(page: Page, at_home: str) -> None:
    open_drawing(page, at_home)
    what_if(page, "QL9")
    warning = page.locator(".nw-effect--warning")
    for code in ("QF1", "QL1", "QL9", "QF2"):
        expect(warning).to_contain_text(code)


def test_search_finds_by_name_and_shows(page: Page, at_home: str) -> None:
    open_drawing(page, at_home)
    search = page.locator("#nw-search")
    search.fill("石桥村")
    expect(page.locator("#nw-found option")).to_have_count(1)
    search.press("Enter")
    expect(page.locator("[data-slot=title]")).to_have_text("石桥村T7台区")
    expect(page.locator("[data-slot=toggle]")).to_be_hidden()


def test_a_link_to_what_is_gone_says_so(page: Page, at_home: str) -> None:
    open_drawing(page, f"{at_home}?focus=T99")
    expect(page.locator("[data-slot=notfound]")).to_be_visible()
    expect(page.locator("#nw-search")).to_have_value("T99")
    expect(page.locator("[data-slot=pick]")).to_be_hidden()


def test_a_click_picks_what_lies_under_it(page: Page, at_home: str) -> None:
    open_drawing(page, f"{at_home}?focus=QL1")
    page.keyboard.press("Escape")
    page.locator("[data-slot=close]").click()
    expect(page.locator("[data-slot=pick]")).to_be_hidden()
    page.locator("#drawing").click()  # in the middle, where the device was brought
    expect(page.locator("[data-slot=title]")).to_have_text("QL1")


PILL = """async () => {
  const canvas = document.getElementById("drawing");
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0, x = 0, y = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== 12 || data[at + 1] !== 17 || data[at + 2] !== 23) continue;
    count += 1;
    x += (at / 4) % width;
    y += Math.floor(at / 4 / width);
  }
  return { x: x / count / canvas.width, y: y / count / canvas.height };
}"""


def test_a_click_on_what_is_dark_goes_there(page: Page, at_home: str) -> None:
    """The name of a dark part stands above its middle, wherever one has strayed to."""
    open_drawing(page, at_home)
    what_if(page, "QL1")
    page.locator("[data-slot=close]").click()
    drawing = page.locator("#drawing")
    page.locator("[data-zoom=fit]").click()
    name, box = page.evaluate(PILL), drawing.bounding_box()
    assert box is not None
    drawing.click(position={"x": name["x"] * box["width"], "y": name["y"] * box["height"]})
    expect(page.locator("[data-slot=pick]")).to_be_hidden()
    after = page.evaluate(PILL)
    assert after != name
    assert after["x"] == pytest.approx(0.5, abs=0.01)


def test_everything_by_keys(page: Page, at_home: str) -> None:
    open_drawing(page, at_home)
    page.locator("#drawing").focus()
    page.keyboard.press("n")
    title = page.locator("[data-slot=title]")
    first = title.inner_text()
    page.keyboard.press("n")
    expect(title).not_to_have_text(first)
    page.keyboard.press("p")
    expect(title).to_have_text(first)
    page.keyboard.press("Enter")
    expect(page.locator("#picture")).to_have_attribute("data-shown", first)
    page.keyboard.press("Backspace")
    expect(page.locator("#picture")).to_have_attribute("data-shown", "")
    page.keyboard.press("Escape")
    expect(page.locator("[data-slot=pick]")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#nw-search")).to_be_focused()


def test_an_operation_becomes_an_outage_and_a_correction_changes_its_figures(
    page: Page, at_home: str, live_server: LiveServer, complaints: list[str]
) -> None:
    begun = timezone.localtime() - timedelta(hours=2)
    page.goto(f"{at_home}devices/QL1/")
    page.fill("#id_operated_at", begun.strftime("%Y-%m-%dT%H:%M:%S"))
    page.fill("#id_event_number", "N-1")
    page.get_by_role("button", name="登记").click()
    expect(page.locator("#id_sure")).to_be_focused()  # nobody knows an outage N-1 yet
    complaints.clear()  # the browser tells of every form that comes back
    page.locator("#id_sure").check()
    page.get_by_role("button", name="登记").click()
    expect(page.locator(".dh-note--success")).to_be_visible()
    outage = Outage.objects.get()
    page.goto(f"{live_server.url}/outages/")
    expect(page.get_by_role("row", name=re.compile("N-1"))).to_contain_text("20")
    page.get_by_role("link", name="N-1").click()
    hours = page.locator("[data-tick=lv]")
    assert float(hours.inner_text()) == pytest.approx(40, abs=0.5)
    page.get_by_role("link", name="更正").click()
    page.fill("#id_operated_at", (begun + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S"))
    page.get_by_role("button", name="更正").click()
    page.goto(f"{live_server.url}/outages/{outage.pk}/")
    assert float(hours.inner_text()) == pytest.approx(20, abs=0.5)
    expect(page.locator(".nw-crossed")).to_have_count(1)
    open_drawing(page, at_home)
    assert dead(page) == traced("QL1")
    assert complaints == []


def test_the_sheet_is_the_engines(page: Page, at_home: str, world: World) -> None:
    sheet = queries.isolation_sheet(world.network.pk, elements=["L2"], hours=4, mode=IsolationMode.PLANNED)
    page.goto(f"{at_home}isolation/?element=L2")
    values = [
        float(text)
        for text in page.locator(".dh-figure__value").evaluate_all(
            "cells => cells.map((cell) => parseFloat(cell.textContent))"
        )
    ]
    plan = sheet.plan
    expected = [
        plan.lv_customer_hours,
        plan.whole_line.lv_customer_hours,
        sheet.saved_customer_hours,
        plan.mv_user_hours,
    ]
    assert values == pytest.approx(expected, abs=0.05)
    assert page.locator(".nw-steps tbody tr").count() == len(sheet.lines) + len(sheet.return_lines)
    expect(page.locator(".dh-sign")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".dh-sign")).to_be_visible()
    expect(page.locator(".dh-filter")).to_be_hidden()


def test_the_language_changes_what_the_script_says_too(page: Page, at_home: str) -> None:
    open_drawing(page, f"{at_home}?focus=QL1")
    expect(page.locator("[data-slot=toggle]")).to_have_text("如果拉开它？")
    page.locator("details[data-dh-menu] summary").first.click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("[data-slot=toggle]")).to_have_text("What if I open it?")


def test_a_drawing_that_does_not_come_says_so(page: Page, at_home: str) -> None:
    page.route("**/drawing.json", lambda route: route.abort())
    page.goto(at_home)
    expect(page.locator("[data-slot=broken]")).to_be_visible()


def test_a_connection_that_is_lost_says_so_until_it_is_back(page: Page, at_home: str) -> None:
    page.clock.install()
    open_drawing(page, at_home)
    page.route("**/state.json*", lambda route: route.abort())
    page.clock.fast_forward("00:20")
    expect(page.locator("[data-slot=stale]")).to_be_visible()
    page.unroute("**/state.json*")
    page.clock.fast_forward("00:20")
    expect(page.locator("[data-slot=stale]")).to_be_hidden()


PATHS = ("", "devices/QL1/", "operations/", "isolation/?element=L2", "findings/")


@pytest.fixture
def something_happened(world: World) -> Outage:
    told: dict[str, Any] = {"network_id": world.network.pk, "note": "", "at": AT, "actor": "lin"}
    for hours, code in enumerate(("QL1", "QL77", "QL1")):
        at = AT + timedelta(hours=hours)
        record_switching(device_code=code, closes=False, operated_at=at, event_number="N-1", **told)
    return Outage.objects.get()


def test_a_phone_shows_it_all_without_scrolling_sideways(
    page: Page, at_home: str, live_server: LiveServer, something_happened: Outage
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    outages = f"{live_server.url}/outages/"
    paths = [f"{at_home}{path}" for path in PATHS]
    for path in [*paths, outages, f"{outages}{something_happened.pk}/", f"{outages}new/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(
    page: Page, at_home: str, live_server: LiveServer, something_happened: Outage, theme: str
) -> None:
    page.context.add_cookies([{"name": "dh_theme", "value": theme, "url": live_server.url}])
    outages = f"{live_server.url}/outages/"
    for path in [*(f"{at_home}{path}" for path in PATHS), outages, f"{outages}{something_happened.pk}/"]:
        page.goto(path)
        report = Axe().run(page)
        assert report.violations_count == 0, f"{path}\n{report.generate_report()}"
