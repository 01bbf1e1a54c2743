"""The page on which a step is set: what was typed is checked in words, and what holds now is there to be changed."""

import pytest
from django.urls import reverse
from django.utils.translation import override

from denghuo.apps.orders.forms import StepForm
from denghuo.apps.orders.forms.rules import _VERB_NAMES
from denghuo.apps.orders.models import Clock, StepRule
from denghuo.apps.orders.snapshot.clocks import VERBS
from tests.apps.orders.conftest import Open, People, client_of

pytestmark = pytest.mark.usefixtures("english")

TOLD = {"kind": "fault", "step": "park", "from_states": ["in_hand"], "who": "works", "source": "本所"}
TOLD |= {"from_date": "2026-05-01"}


def form_of(**told: str) -> StepForm:
    return StepForm(TOLD | told, known={"arrive": "Arrived"})


@pytest.mark.parametrize(
    "effects", ["garbage", "arrive", "arrive:stop:now", "arrive:stop,,garbage", ":", "arrive:stop, ,x"]
)
def test_an_effect_that_is_no_clock_and_verb_is_refused_beside_the_field(people: People, effects: str) -> None:
    answer = client_of("meng").post(reverse("orders:steps"), TOLD | {"effects": effects})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["effects"]
    assert 'role="alert"' in answer.content.decode()
    assert not StepRule.objects.exists()


def test_what_is_wrong_is_named_with_what_there_is(people: People) -> None:
    clock, verb, part = form_of(effects="lunch:start,arrive:fly,garbage").errors["effects"]
    assert "no clock “lunch”" in clock
    assert all(code in clock for code in (*Clock.values, "* = every clock"))
    assert "No clock does “fly”" in verb
    assert all(code in verb for code in VERBS)
    assert "“garbage”" in part
    with override("zh-hans"):
        (said,) = form_of(effects="午饭:start").errors["effects"]
        assert said.startswith("没有计时项“午饭”。可用的有：dispatch = 派单、")


def test_every_verb_has_a_name_and_the_page_lists_clocks_verbs_and_steps(people: People) -> None:
    assert _VERB_NAMES.keys() == VERBS
    page = client_of("meng").get(reverse("orders:steps")).content.decode()
    assert "call_back = Call back" in page and "drop = is not asked for any more" in page
    assert '<option value="arrive">Arrived</option>' in page
    assert 'list="steps-known"' in page
    assert "steps-known" not in client_of("he").get(reverse("orders:steps")).content.decode()


def test_effects_typed_on_a_chinese_keyboard_are_kept_as_they_are_meant(people: People) -> None:
    told = TOLD | {"effects": "arrive：stop， restore : start,", "save": "1"}
    assert client_of("meng").post(reverse("orders:steps"), told).status_code == 302
    assert StepRule.objects.get().effects == "arrive:stop,restore:start"
    assert client_of("meng").get(reverse("orders:steps")).status_code == 200


@pytest.mark.parametrize(
    ("sentence", "named"),
    [("工单号{numbr}。", "{numbr}"), ("工单号｛number｝。", "｛number｝"), ("工单号{number", "{number"), ("号}", "}")],
)
def test_a_place_that_nothing_fills_is_refused(sentence: str, named: str) -> None:
    assert form_of(sentence=sentence).errors["sentence"] == [
        f"Nothing is filled in for {named}: only {{number}} is known, the number of the order."
    ]
    assert form_of(sentence="工单号{number}，{number}。").is_valid()


def test_a_new_step_is_said_to_be_one_and_taken_all_the_same(opened: Open) -> None:
    client, path = client_of("meng"), reverse("orders:steps")
    opened()
    assert "“park” is a new step" in client.post(path, TOLD).content.decode()
    assert "is a new step" not in client.post(path, TOLD | {"step": "arrive"}).content.decode()
    assert client.post(path, TOLD | {"save": "1"}).status_code == 302
    again = client.post(path, TOLD).content.decode()
    assert "is a new step" not in again
    assert '<option value="park">park</option>' in again
    assert "A step is told by its code" in client.post(path, TOLD | {"step": "到达"}).content.decode()


def test_changing_a_step_begins_with_what_holds_now(people: People) -> None:
    client, path = client_of("meng"), reverse("orders:steps")
    page = client.get(path, {"kind": "service"}).content.decode()
    assert 'href="?kind=service&amp;step=arrive#set-step"' in page
    assert "#set-step" not in client_of("he").get(path, {"kind": "service"}).content.decode()
    form = client.get(path, {"kind": "fault", "step": "arrive"}).context["form"]
    assert (form["kind"].value(), form["step"].value(), form["to_state"].value()) == ("fault", "arrive", "on_site")
    assert form["effects"].value() == "dispatch:stop,accept:stop,arrive:stop,restore:start"
    assert form["source"].value() is None, "where the change is written is told anew"
    of_all = client.get(path, {"kind": "fault", "step": "dispatch"}).content.decode()
    assert "one of all kinds" in of_all
    assert "one of all kinds" not in client.get(path, {"kind": "fault", "step": "arrive"}).content.decode()
    unknown = client.get(path, {"kind": "fault", "step": "fly"})
    assert (unknown.status_code, unknown.context["form"]["step"].value()) == (200, None)
