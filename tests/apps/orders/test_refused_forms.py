"""A small form of an order's page that is refused stays open as it was sent, and says at its field what is wrong."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.orders import actions
from denghuo.apps.orders.models import HandOver, Order, PromiseOf
from tests.apps.orders.conftest import Open, client_of
from tests.apps.orders.test_deeds import do, said
from tests.world import World

pytestmark = pytest.mark.usefixtures("english")

MINUTE = timedelta(minutes=1)
PAST = "2020-01-01T08:00"


def form_in(answer: HttpResponse, name: str, row: Order, *parts: int) -> str:
    """A form of the page of a deed that was refused, if it is open."""
    assert answer.status_code == 422
    page, path = answer.content.decode(), reverse(f"orders:{name}", args=[row.pk, *parts])
    begin = page.index(f'action="{path}"')
    hidden = [one for one in re.findall(r"<details[^>]*>|</details>", page[:begin]) if one][-1:]
    assert hidden != [] and (hidden == ["</details>"] or hidden[0].endswith(" open>"))
    return page[begin : page.index("</form>", begin)]


def fresh(opened: Open) -> Order:
    return opened(at=timezone.now() - 5 * MINUTE, caller="13800138000", load_code="T1")


def test_an_offer_to_nobody_and_one_to_two_keep_what_was_typed(opened: Open, world: World) -> None:
    row = fresh(opened)
    form = form_in(do("he", "hand-over", row, reason="柜台资料在她那里"), "hand-over", row)
    assert 'value="柜台资料在她那里"' in form
    assert "Say to whom." in form
    assert "autofocus" in form
    both = do("he", "hand-over", row, reason="属灯芯所", to_username="su", to_unit=str(world.wick.pk))
    form = form_in(both, "hand-over", row)
    assert '<option value="su" selected>' in form
    assert f'<option value="{world.wick.pk}" selected>' in form
    assert "Choose one of both" in form
    assert not HandOver.objects.exists()
    assert do("he", "hand-over", row, reason="属灯芯所", to_unit=str(world.wick.pk)).status_code == 302


def test_a_promise_of_the_past_keeps_its_note(opened: Open) -> None:
    row = fresh(opened)
    form = form_in(do("he", "promise", row, what="visit", due_at=PAST, note="说好上午到"), "promise", row)
    assert f'value="{PAST}"' in form
    assert 'value="说好上午到"' in form
    assert '<option value="visit" selected>' in form
    assert "passed already" in form


def test_another_time_that_is_none_keeps_what_the_customer_was_told(opened: Open) -> None:
    row, now = fresh(opened), timezone.now()
    given = actions.give_promise(order_id=row.pk, what=PromiseOf.VISIT, due_at=now + 60 * MINUTE, at=now, actor="he")
    answer = do("he", "answer-promise", row, given.pk, answer="moved", due_at=PAST, note="改到下午")
    form = form_in(answer, "answer-promise", row, given.pk)
    assert f'value="{PAST}"' in form
    assert 'value="改到下午"' in form
    assert "passed already" in form


def test_only_the_step_that_was_refused_stays_open(opened: Open) -> None:
    row = fresh(opened)
    page = do("tang", "take-step", row, step="escalate", reason="话" * 501).content.decode()
    deeds = re.findall(r'<details class="od-deed"( open)?>.*?name="step" value="(\w+)".*?</form>', page, re.DOTALL)
    assert {step for is_open, step in deeds if is_open} == {"escalate"}
    assert len(deeds) > 1
    assert page.count("话" * 501) == 1
    blank = do("he", "take-step", row, step="escalate", reason=" ").content.decode()
    assert '<span class="dh-field__error" role="alert">Say why: this step needs a reason.</span>' in blank


@pytest.mark.parametrize(
    ("who", "name", "told", "typed", "wrong"),
    [
        ("tang", "reassign", {"to_username": "bai", "reason": "何雨轮休"}, 'value="何雨轮休"', "bai"),
        ("he", "suspension", {"cause": "rain", "reason": "道路中断"}, 'value="道路中断"', "rain"),
        ("he", "remark", {"side": "reply", "text": "请打13900000000"}, "请打13900000000</textarea>", "Correct"),
        ("he", "appeal", {"clock": "lunch", "text": "道路中断"}, "道路中断</textarea>", "lunch"),
        ("he", "appeal", {"clock": "arrive", "text": ""}, '<option value="arrive" selected>', "required"),
        ("he", "merge", {}, "", "Tick the orders"),
        ("su", "show-number", {"reason": "查"}, 'value="查"', "needed for"),
    ],
)
def test_every_other_form_does_so_too(
    opened: Open, who: str, name: str, told: dict[str, str], typed: str, wrong: str
) -> None:
    row, _ = fresh(opened), fresh(opened)
    form = form_in(do(who, name, row, **told), name, row)
    assert typed in form
    assert wrong in form[form.index("dh-field__error") :]


def test_why_it_is_not_ours_is_asked_where_the_offer_stands(opened: Open, world: World) -> None:
    row = fresh(opened)
    do("he", "hand-over", row, to_unit=str(world.wick.pk), reason="属灯芯所")
    offer = HandOver.objects.get()
    form = form_in(do("bai", "answer-hand-over", row, offer.pk, answer="refuse"), "answer-hand-over", row, offer.pk)
    assert "Say why it is not yours." in form


def test_what_moved_on_meanwhile_is_said_and_the_page_shows_where_it_stands(opened: Open) -> None:
    row = fresh(opened)
    answer = do("he", "take-step", row, step="close", reason="好了")
    assert answer.status_code == 422
    assert "moved on" in said(answer)
    assert row.number in answer.content.decode()


@pytest.mark.parametrize("name", ["hand-over", "promise", "remark", "take-step", "appeal", "show-number"])
def test_the_address_of_a_refused_form_leads_to_the_order(opened: Open, name: str) -> None:
    row = fresh(opened)
    answer = client_of("su").get(reverse(f"orders:{name}", args=[row.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("orders:order", args=[row.pk]))
