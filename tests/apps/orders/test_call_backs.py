"""What customers say when they are called back, who hears of it, and what a month makes of it."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from denghuo.apps.customers.actions import AccountEntry, add_phone, open_account
from denghuo.apps.ledger.models import Fact
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import StepRefusedError
from denghuo.apps.orders.models import Kind, Order, Sign, SignKind, State, Topic
from denghuo.apps.orders.queries.callers import callers_of
from tests.apps.orders.conftest import Open, client_of
from tests.world import AT, World

MINUTE = timedelta(minutes=1)


def step(row: Order, code: str, minutes: float, **told: str) -> Order:
    return actions.take_step(order_id=row.pk, step=code, at=AT + minutes * MINUTE, actor="he", **told)  # type: ignore[arg-type]


@pytest.fixture
def done(opened: Open) -> Order:
    row = opened(caller="13800000001")
    step(row, "arrive", 20)
    return step(row, "finish", 55)


def open_to(row: Order, minutes: float) -> set[str]:
    row = Order.objects.get(pk=row.pk)
    return set(queries.steps_open(row, username="he", supervises=True, at=AT + minutes * MINUTE))


def running(row: Order, minutes: float) -> set[str]:
    row = Order.objects.get(pk=row.pk)
    return {one.clock for one in queries.clocks_of(row, at=AT + minutes * MINUTE) if one.runs}


def test_what_a_customer_says_stays_with_the_order_and_ends_the_clock(done: Order) -> None:
    assert "call_back" in running(done, 60)
    step(done, "call_back", 90, result="fair", reason="师傅很客气，就是等得久")
    said = done.steps.get(step="call_back")
    assert (said.result, said.reason) == ("fair", "师傅很客气，就是等得久")
    assert "call_back" not in running(done, 91)
    assert json.loads(Fact.objects.filter(kind="orders.StepTaken").order_by("pk").last().data)["result"] == "fair"  # type: ignore[union-attr]


def test_who_is_not_satisfied_is_asked_why(done: Order) -> None:
    with pytest.raises(StepRefusedError) as refused:
        step(done, "call_back", 90, result="dissatisfied", reason=" ")
    assert refused.value.code == "reason"
    assert not done.steps.filter(step="call_back").exists()


def test_nobody_who_answers_leaves_the_call_owed_until_it_was_tried_often_enough(done: Order) -> None:
    assert "close" not in open_to(done, 60)
    for minutes in (60, 61, 179, 180, 299):
        step(done, "no_answer", minutes)
        assert "close" not in open_to(done, minutes), "within two hours it is one try"
    assert "call_back" in running(done, 299)
    tries = queries.tries_of(Order.objects.get(pk=done.pk), at=AT + 299 * MINUTE)
    assert (tries.count, tries.wanted, tries.next_at, tries.is_enough) == (2, 3, AT + 300 * MINUTE, False)
    page = client_of("he").get(reverse("orders:order", args=[done.pk])).content.decode()
    assert "Nobody answered 2 of 3 times" in page
    step(done, "no_answer", 300)
    assert "close" in open_to(done, 301)
    assert step(done, "close", 302).state == State.CLOSED


def test_who_is_in_the_customer_file_with_a_number_is_called_back_too(opened: Open, world: World) -> None:
    entry = AccountEntry(number="0031", name="演示三", address="青禾村3组31号", load_code="T3")
    account = open_account(unit_id=world.lamp.pk, entry=entry, at=AT, actor="test")
    row = opened(account_id=account.pk)
    step(row, "finish", 55)
    assert "close" in open_to(row, 60), "nobody knows a number"
    assert callers_of([row.pk]) == {}
    add_phone(person_id=account.person_id, number="13900000031", at=AT, actor="test")
    told = opened(account_id=account.pk, caller="13800000001")
    assert callers_of([row.pk, told.pk]) == {row.pk: "13900000031", told.pk: "13800000001"}, "what was told goes first"
    assert "close" not in open_to(row, 60)
    step(row, "call_back", 61, result="satisfied")
    assert "close" in open_to(row, 62)


def test_a_number_that_may_not_be_used_for_that_is_not(opened: Open, world: World) -> None:
    entry = AccountEntry(number="0031", name="演示三", address="青禾村3组31号", load_code="T3")
    account = open_account(unit_id=world.lamp.pk, entry=entry, at=AT, actor="test")
    phone = add_phone(person_id=account.person_id, number="13900000031", at=AT, actor="test")
    row = opened(account_id=account.pk)
    assert callers_of([row.pk]) == {row.pk: "13900000031"}
    type(phone).objects.update(for_outages=False)
    step(row, "finish", 55)
    assert callers_of([row.pk]) == {}
    assert "close" in open_to(row, 60)


def test_how_often_is_a_rule_of_a_day(done: Order) -> None:
    since = AT.date() - timedelta(days=1)
    actions.set_order_rule(values={"call_back_tries": 1}, from_date=since, source="本所", at=AT, actor="meng")
    step(done, "no_answer", 60)
    assert "close" in open_to(done, 61)


def test_what_was_tried_before_it_was_opened_again_counts_no_more(done: Order) -> None:
    for hours in (1, 3, 5):
        step(done, "no_answer", 60 * hours)
    assert "close" in open_to(done, 301)
    step(done, "reopen", 310, reason="又没电了")
    step(done, "finish", 320)
    assert "close" not in open_to(done, 321)


def test_a_customer_who_is_not_satisfied_is_a_sign_once(done: Order) -> None:
    step(done, "call_back", 90, result="dissatisfied", reason="灯还是一闪一闪的")
    for minutes in (91, 92):
        actions.raise_signs(at=AT + minutes * MINUTE, actor="system")
    sign = Sign.objects.get(kind=SignKind.UNHAPPY)
    assert (sign.order_id, sign.unit_id) == (done.pk, done.unit_id)
    page = client_of("he").get(reverse("orders:signs")).content.decode()
    assert "is not satisfied" in page
    assert "灯还是一闪一闪的" in page


def test_misconduct_raises_no_sign_that_everybody_sees(opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.OTHER, caller="13800000001")
    step(row, "finish", 60)
    told = {"result": "dissatisfied", "reason": "没有人处理"}
    actions.take_step(order_id=row.pk, step="call_back", **told, at=AT + 60 * MINUTE, actor="gu")
    assert row.steps.filter(result="dissatisfied").exists()
    actions.raise_signs(at=AT + 91 * MINUTE, actor="system")
    assert not Sign.objects.filter(kind=SignKind.UNHAPPY).exists()


def test_a_month_counts_each_order_once_by_its_last_answer(opened: Open) -> None:
    for said in ("satisfied", "satisfied", "fair", "dissatisfied", "no_view", ""):
        row = opened(caller="13800000001")
        step(row, "finish", 55)
        if said:
            step(row, "no_answer", 60)
            step(row, "call_back", 70, result=said, reason="等得久")
            step(row, "no_answer", 75)
        else:
            step(row, "no_answer", 60)
    span = {"since": AT - timedelta(days=1), "until": AT + timedelta(days=1)}
    (fault,) = queries.satisfaction(queries.answers_of_month(("/",), **span))
    counted = (fault.satisfied, fault.fair, fault.dissatisfied, fault.no_view, fault.no_answer, fault.called)
    assert counted == (2, 1, 1, 1, 1, 6)
    assert fault.satisfied_share == 0.75


def test_nobody_asked_is_no_share(opened: Open) -> None:
    row = opened(caller="13800000001")
    step(row, "finish", 55)
    step(row, "call_back", 60)
    span = {"since": AT - timedelta(days=1), "until": AT + timedelta(days=1)}
    assert queries.satisfaction(queries.answers_of_month(("/",), **span)) == []
    step(row, "call_back", 61, result="no_view")
    (fault,) = queries.satisfaction(queries.answers_of_month(("/",), **span))
    assert fault.satisfied_share != fault.satisfied_share


def test_the_page_asks_what_the_customer_says(done: Order) -> None:
    client, to = client_of("he"), reverse("orders:take-step", args=[done.pk])
    page = client.get(reverse("orders:order", args=[done.pk])).content.decode()
    assert 'href="#call-back"' in page
    assert 'value="dissatisfied"' in page
    assert client.post(to, {"step": "call_back"}).status_code == 422
    refused = client.post(to, {"step": "call_back", "result": "dissatisfied"})
    assert refused.status_code == 422
    assert "Write down what the customer is not satisfied with." in refused.content.decode()
    assert not done.steps.filter(step="call_back").exists()
    client.post(to, {"step": "call_back", "result": "dissatisfied", "reason": "还是不亮"})
    page = client.get(reverse("orders:order", args=[done.pk])).content.decode()
    assert "Called back: Not satisfied" in page
    assert "还是不亮" in page


def test_after_a_customer_who_is_not_satisfied_nobody_is_led_to_close(done: Order) -> None:
    path, close = reverse("orders:order", args=[done.pk]), "Close the order</button>"
    step(done, "call_back", 90, result="satisfied")
    page = client_of("he").get(path).content.decode()
    assert page.index(close) < page.index('id="do-title"'), "it is the main thing to do"
    step(done, "call_back", 91, result="dissatisfied", reason="还是不亮")
    page = client_of("he").get(path).content.decode()
    assert page.index(close) > page.index('id="do-title"')
    assert "the customer is not satisfied: “还是不亮”" in page


def test_who_is_not_satisfied_is_not_made_so_by_a_second_click(done: Order) -> None:
    deed, told = reverse("orders:take-step", args=[done.pk]), {"step": "call_back", "result": "satisfied"}
    step(done, "call_back", 90, result="dissatisfied", reason="还是不亮")
    for name, words in (("su", {"reason": "再问了"}), ("tang", {})):
        assert client_of(name).post(deed, told | words).status_code == 422
    assert queries.is_dissatisfied(Order.objects.get(pk=done.pk))
    actions.raise_signs(at=AT + 91 * MINUTE, actor="test")
    actions.watch_signs(at=AT + 91 * MINUTE, actor="test")
    assert Sign.objects.get().seen_at is None
    assert client_of("tang").post(deed, told | {"reason": "听错了"}).status_code == 302
    assert not queries.is_dissatisfied(Order.objects.get(pk=done.pk))
    now = Order.objects.get(pk=done.pk).steps.last().at  # type: ignore[union-attr]
    actions.watch_signs(at=now, actor="test")
    assert Sign.objects.get().seen_at == now, "nothing is left of it"


def test_what_was_corrected_before_anybody_was_told_is_no_sign(done: Order) -> None:
    step(done, "call_back", 90, result="dissatisfied", reason="还是不亮")
    step(done, "call_back", 91, result="satisfied", reason="听错了")
    actions.raise_signs(at=AT + 92 * MINUTE, actor="test")
    assert not Sign.objects.exists()
    assert {"call_back", "no_answer"} & open_to(done, 92) == {"call_back"}, "they were reached"


def test_a_second_answer_says_why(done: Order) -> None:
    step(done, "call_back", 90, result="satisfied")
    with pytest.raises(StepRefusedError) as refused:
        step(done, "call_back", 91, result="fair")
    assert refused.value.code == "changed"
    step(done, "call_back", 91, result="fair", reason="又来电说等得久")
    assert [one.result for one in done.steps.filter(step="call_back")] == ["satisfied", "fair"]


def test_calls_close_to_each_other_are_said_to_count_once(done: Order) -> None:
    deed = reverse("orders:take-step", args=[done.pk])
    pages = [client_of("he").post(deed, {"step": "no_answer"}, follow=True).content.decode() for _ in range(2)]
    assert ["count once" in page for page in pages] == [False, True]


def test_a_sign_goes_out_of_sight_when_it_turns_out_to_be_misconduct(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, caller="13800000001", first_asked="su")
    for code, minutes in (("accept", 1), ("finish", 2)):
        actions.take_step(order_id=row.pk, step=code, at=AT + minutes * MINUTE, actor="su")
    told = {"result": "dissatisfied", "reason": "收了红包"}
    actions.take_step(order_id=row.pk, step="call_back", at=AT + 3 * MINUTE, actor="he", **told)
    actions.raise_signs(at=AT + 4 * MINUTE, actor="test")
    signs = reverse("orders:signs")
    assert "收了红包" in client_of("tang").get(signs).content.decode()
    Order.objects.filter(pk=row.pk).update(kind=Kind.MISCONDUCT, handler="chen", accusing_at=AT + 5 * MINUTE)
    for name in ("tang", "he", "ma"):
        page = client_of(name).get(signs).content.decode()
        assert "收了红包" not in page and row.number not in page
    sign = Sign.objects.get()
    assert client_of("tang").post(reverse("orders:see-sign", args=[sign.pk]), {"answer": "x"}).status_code == 404
    assert queries.signs_within(("",), reader=queries.Reader(username="chen")).count() == 1
    actions.watch_signs(at=AT + 6 * MINUTE, actor="test")
    assert Sign.objects.get().seen_at is not None, "it is judged elsewhere, and nobody of the station is reminded"


def test_who_may_not_read_a_report_of_misconduct_does_not_find_it_in_the_month(opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.OTHER, caller="13800000001")
    step(row, "finish", 60)
    actions.take_step(order_id=row.pk, step="call_back", result="fair", at=AT + 70 * MINUTE, actor="gu")
    asked = {"month": f"{AT:%Y-%m}"}
    for username, reads in (("tang", False), ("chen", True)):
        page = client_of(username).get(reverse("orders:month"), asked).content.decode()
        assert ("Report of misconduct" in page) is reads, username
        answer = client_of(username).get(reverse("orders:month"), asked | {"kind": "misconduct", "said": "fair"})
        assert (row.number in answer.content.decode()) is reads, username


def test_an_answer_of_a_month_opens_to_its_orders(done: Order) -> None:
    step(done, "call_back", 90, result="dissatisfied", reason="灯还是一闪一闪的")
    client, page = client_of("he"), reverse("orders:month")
    asked = {"month": f"{AT:%Y-%m}", "kind": "fault", "said": "dissatisfied"}
    assert f"said={asked['said']}" in client.get(page, {"month": asked["month"]}).content.decode()
    listed = client.get(page, asked).content.decode()
    assert done.number in listed
    assert "灯还是一闪一闪的" in listed
    empty = client.get(page, asked | {"said": "satisfied"})
    assert (empty.status_code, "No order any more" in empty.content.decode()) == (200, True), "the last one has left"
    for wrong in ({"said": "nothing"}, {"kind": "nothing"}):
        assert client.get(page, asked | wrong).status_code == 404
