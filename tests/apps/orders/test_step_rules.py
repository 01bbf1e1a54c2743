"""The page on which a step is set: what was typed is checked in words, and what holds now is there to be changed."""

import pytest
from django.urls import reverse
from django.utils import timezone

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


def test_what_a_step_does_to_clocks_is_chosen_and_kept_as_it_is_read(people: People) -> None:
    client, path = client_of("meng"), reverse("orders:steps")
    wrong = client.post(path, TOLD | {"effect_arrive": "fly"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["effect_arrive"])
    told = {"effect_all": "suspend", "effect_restore": "start", "effect_arrive": "stop"}
    assert client.post(path, TOLD | told | {"save": "1"}).status_code == 302
    assert StepRule.objects.get().effects == "*:suspend,arrive:stop,restore:start", "one clock after all of them"
    form = client.get(path, {"kind": "fault", "step": "park"}).context["form"]
    assert {field.name: field.value() for field in form.effects if field.value()} == told
    assert {field.name.removeprefix("effect_") for field in form.effects} == {"all", *Clock.values}


def test_every_verb_has_a_name_and_the_page_lists_steps(people: People) -> None:
    assert _VERB_NAMES.keys() == VERBS
    page = client_of("meng").get(reverse("orders:steps")).content.decode()
    assert '<option value="drop">is not asked for any more</option>' in page
    assert '<option value="arrive">Arrived</option>' in page
    assert 'list="steps-known"' in page
    assert "steps-known" not in client_of("he").get(reverse("orders:steps")).content.decode()


def test_a_step_from_no_state_and_a_day_that_has_passed_are_said(people: People) -> None:
    client, path = client_of("meng"), reverse("orders:steps")
    none, past = "nobody could take this step", "This day has passed"
    page = client.post(path, TOLD | {"from_states": []}).content.decode()
    assert none in page and past in page
    today = f"{timezone.localdate():%Y-%m-%d}"
    page = client.post(path, TOLD | {"from_date": today}).content.decode()
    assert none not in page and past not in page
    assert none not in client.post(path, TOLD | {"step": "open", "from_states": []}).content.decode()


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
    told = {field.name: field.value() for field in form.effects if field.value()}
    assert told == {f"effect_{clock}": "stop" for clock in ("dispatch", "accept", "arrive")} | {
        "effect_restore": "start"
    }
    assert form["source"].value() is None, "where the change is written is told anew"
    of_all = client.get(path, {"kind": "fault", "step": "dispatch"}).content.decode()
    assert "one of all kinds" in of_all
    assert "one of all kinds" not in client.get(path, {"kind": "fault", "step": "arrive"}).content.decode()
    unknown = client.get(path, {"kind": "fault", "step": "fly"})
    assert (unknown.status_code, unknown.context["form"]["step"].value()) == (200, None)
