"""What is about people of ours: who is asked, who deals with it, and that nobody else learns what is confidential."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from denghuo.apps.customers.models import Unmasking
from denghuo.apps.ledger import deliveries
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.actions import CorrectionRefusedError, OrderEntry, StepRefusedError, open_order
from denghuo.apps.orders.models import Channel, Kind, Order, State, Topic
from denghuo.apps.orders.queries import reader_of
from denghuo.apps.orders.queries.callers import orders_of_caller
from denghuo.apps.orders.queries.signs import signs_showing
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Assignment, Role
from tests.apps.orders.conftest import Open, People, client_of
from tests.apps.orders.test_corrections import account
from tests.world import AT, World

pytestmark = pytest.mark.usefixtures("english")

MINUTE = timedelta(minutes=1)
NUMBER = "13900001234"


def do(username: str, name: str, row: Order, *parts: int, **told: str) -> HttpResponse:
    return client_of(username).post(reverse(f"orders:{name}", args=[row.pk, *parts]), told)  # type: ignore[return-value]


def from_outside(world: World, kind: str, topic: str, **told: Any) -> Order:
    """What comes in over the public pages, where nobody of ours is spoken to."""
    plain: dict[str, Any] = {"unit_id": world.lamp.pk, "caller": NUMBER, "text": "收礼", "received_at": AT}
    entry = OrderEntry(kind=kind, topic=topic, channel=Channel.WEB, **{**plain, **told})
    row = open_order(entry=entry, at=AT, actor="customer")
    deliveries.drain()
    return Order.objects.get(pk=row.pk)


def told_to(username: str) -> list[str]:
    return list(Notice.objects.filter(recipient__username=username).order_by("pk").values_list("kind", flat=True))


# Misconduct


def test_a_report_of_misconduct_is_asked_of_whoever_stands_above_the_station(world: World, people: People) -> None:
    row = from_outside(world, Kind.MISCONDUCT, Topic.BRIBERY)
    assert (row.first_asked, row.handler) == ("chen", "chen")
    assert told_to("chen") == ["orders.asked"]
    page = reverse("orders:order", args=[row.pk])
    assert client_of("chen").get(page).status_code == 200
    for username in ("tang", "zhou", "lin", "ma", "he", "su", "meng"):  # the manager of the station itself is under it
        assert client_of(username).get(page).status_code == 404
    assert not Notice.objects.exclude(recipient__username="chen").exists()


def test_where_nobody_judges_above_it_is_who_does_there_and_else_who_supervises(world: World, people: People) -> None:
    Assignment.objects.filter(user__username__in=("chen", "gu")).delete()
    assert from_outside(world, Kind.MISCONDUCT, Topic.OTHER).first_asked == "meng"
    Assignment.objects.filter(user__username="meng").delete()
    row = from_outside(world, Kind.MISCONDUCT, Topic.OTHER)
    assert row.first_asked in ("tang", "zhou")
    assert client_of("tang").get(reverse("orders:order", args=[row.pk])).status_code == 200
    assert client_of("ma").get(reverse("orders:order", args=[row.pk])).status_code == 404


def test_who_took_it_reads_it_and_whoever_judges_it_hears_of_it_and_deals_with_it(opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.BREACH, caller=NUMBER, text="违规用工")
    assert row.handler == "he"
    assert told_to("chen") == ["orders.reported"]
    assert client_of("he").get(reverse("orders:order", args=[row.pk])).status_code == 200
    assert do("he", "take-step", row, step="terminate", reason="x").status_code == 422
    assert Order.objects.get(pk=row.pk).state == State.REGISTERED
    shown = do("chen", "show-number", row, reason="核实")
    assert NUMBER in shown.content.decode()
    do("chen", "take-step", row, step="terminate", reason="重复举报")
    assert Order.objects.get(pk=row.pk).state == State.TERMINATED


def test_whom_it_is_handed_to_reads_it_and_the_station_is_not_told(world: World, opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.BREACH, text="违规用工")
    page = reverse("orders:order", args=[row.pk])
    form = client_of("he").get(page).context["hand_over_form"]
    assert {name for name, _ in form.fields["to_username"].choices} == {"", "chen", "gu"}
    assert {unit for unit, _ in form.fields["to_unit"].choices} == {"", world.city.pk}
    for whom in ({"to_username": "su"}, {"to_unit": str(world.wick.pk)}):
        do("he", "hand-over", row, reason="请核实", **whom)
    assert not row.hand_overs.exists()
    do("he", "hand-over", row, to_unit=str(world.city.pk), reason="请市公司核实")
    assert told_to("chen") == ["orders.reported", "orders.offered"]
    do("chen", "answer-hand-over", row, row.hand_overs.get(refused_at=None).pk, answer="accept")
    row.refresh_from_db()
    assert (row.handler, row.unit_id) == ("chen", world.city.pk)
    assert (told_to("tang"), told_to("zhou")) == ([], [])


def test_nobody_learns_of_it_by_the_customer_the_number_or_a_sign(world: World, opened: Open) -> None:
    found = account(world)
    told: dict[str, Any] = {"caller": NUMBER, "account_id": found.pk, "text": "收礼"}
    secret, open_one = opened(Kind.MISCONDUCT, Topic.BRIBERY, **told), opened(caller=NUMBER, account_id=found.pk)
    Order.objects.filter(pk=secret.pk).update(finding="justified")
    crew, agent = reader_of(world.ma), queries.Reader(username="he")
    for reader, sees in ((crew, False), (None, False), (agent, True)):
        for rows in (
            queries.open_of_account(found.pk, reader=reader),
            queries.open_of_caller(NUMBER, reader=reader),
            orders_of_caller([str(world.lamp.path)], NUMBER, limit=9, reader=reader),
        ):
            assert {row.pk for row in rows} == {open_one.pk} | ({secret.pk} if sees else set())
        assert bool(queries.findings_of_account(found.pk, reader=reader)) is sees
    page = client_of("ma").get(reverse("orders:new"), {"account": found.pk}).content.decode()
    assert open_one.number in page
    assert secret.number not in page
    actions.give_promise(order_id=secret.pk, what="call", due_at=AT + MINUTE, at=AT, actor="he")
    secret.promises.update(broken_at=AT + MINUTE)
    assert secret.pk not in {one.order_id for one in signs_showing(at=AT + 2 * MINUTE)}


def test_somebody_who_gives_no_name_is_taken_down_at_the_counter(people: People) -> None:
    client = client_of("he")
    form = client.get(reverse("orders:new"), {"kind": "misconduct"}).context["form"]
    unit = str(form.fields["unit"].choices[0][0])
    told = {"kind": "misconduct", "topic": "theft", "text": "有人私拉乱接", "unit": unit, "channel": "counter"}
    assert client.post(reverse("orders:new"), told).status_code == 302
    assert Order.objects.get().topic == Topic.THEFT
    assert client.post(reverse("orders:new"), told | {"kind": "opinion", "topic": "bill"}).status_code == 422


def test_a_look_at_the_number_stands_neither_with_the_customer_nor_with_the_station(world: World, opened: Open) -> None:
    found = account(world)
    told: dict[str, Any] = {"caller": NUMBER, "account_id": found.pk}
    secret, plain = opened(Kind.MISCONDUCT, Topic.BRIBERY, text="收礼", **told), opened(**told)
    do("chen", "show-number", secret, reason="回访")
    do("he", "show-number", plain, reason="问路")
    deliveries.drain()
    assert [one.reason for one in found.unmaskings.all()] == [f"{plain.number} 问路"]
    look = Unmasking.objects.get(account=None)
    assert (look.subject, look.unit_id) == (f"orders.order:{secret.pk}", world.city.pk)
    page = client_of("tang").get(reverse("customers:account", args=[found.pk])).content.decode()
    assert secret.number not in page and "回访" not in page
    page = client_of("chen").get(reverse("orders:order", args=[secret.pk])).content.decode()
    assert f'<span class="dh-quiet">{world.city.name}</span>' in page, "the station does not have it in hand"


def test_a_part_does_not_name_the_report_that_it_is_a_part_of(opened: Open) -> None:
    secret = opened(Kind.MISCONDUCT, Topic.BRIBERY)
    part, other = opened(parent_id=secret.pk), opened()
    hidden = opened(Kind.MISCONDUCT, Topic.BRIBERY, parent_id=other.pk)
    for row, of in ((part, secret), (other, hidden)):
        assert of.number not in client_of("tang").get(reverse("orders:order", args=[row.pk])).content.decode()
        assert of.number in client_of("he").get(reverse("orders:order", args=[row.pk])).content.decode()


def test_what_turns_out_to_be_misconduct_leaves_whoever_had_it(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, caller=NUMBER, text="收礼")
    page = reverse("orders:order", args=[row.pk])
    by: dict[str, Any] = {"at": AT, "actor": "he"}
    for username in ("ma", "tang"):
        offer = actions.offer_hand_over(order_id=row.pk, to_username=username, to_unit_id=None, reason="x", **by)
        actions.accept_hand_over(hand_over_id=offer.pk, at=AT, actor=username)
    actions.offer_hand_over(order_id=row.pk, to_username="su", to_unit_id=None, reason="x", **by)
    told = {"seen": "0", "kind": "misconduct", "topic": "bribery", "reason": "客户举报收礼"}
    assert do("tang", "correct", row, **told).headers["Location"] == reverse("orders:home")
    row.refresh_from_db()
    assert (row.first_asked, row.handler) == ("he", "chen")
    assert told_to("chen")[-1] == "orders.reported"
    for username in ("he", "ma", "tang", "su", "zhou"):
        assert client_of(username).get(page).status_code == 404
    assert client_of("chen").get(page).status_code == 200
    assert not row.hand_overs.filter(accepted_at=None, refused_at=None).exists()
    assert not {"he", "tang"} & {one.username for one in queries.hands_for(row) if one.username != row.handler}
    actions.offer_hand_over(
        order_id=row.pk, to_username="gu", to_unit_id=None, reason="x", at=row.accusing_at, actor="chen"
    )
    actions.watch_hand_overs(at=row.accusing_at + 9999 * MINUTE, actor="test")
    assert "orders.stuck" in told_to("gu") and "orders.stuck" not in told_to("he")
    actions.take_step(order_id=row.pk, step="accept", at=AT + MINUTE, actor="chen")
    actions.take_step(order_id=row.pk, step="return", reason="x", at=AT + MINUTE, actor="chen")
    assert Order.objects.get(pk=row.pk).handler == "chen", "it goes back to nobody who had it before"


def test_who_judged_alone_leaves_the_end_to_another_who_judges_and_they_hear_of_it(opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.BREACH, caller=NUMBER, text="违规用工")
    by: dict[str, Any] = {"order_id": row.pk, "at": AT + MINUTE}
    for step in ("accept", "contact", "finish"):
        actions.take_step(step=step, actor="chen", **by)
    assert told_to("gu") == ["orders.confirm"]
    page = client_of("chen").get(reverse("orders:order", args=[row.pk])).content.decode()
    assert "Told of it: 顾一鸣" in page
    do("chen", "take-step", row, step="terminate", reason="x")
    assert Order.objects.get(pk=row.pk).state == State.DONE
    for step in ({"step": "call_back", "result": "no_view"}, {"step": "close"}):
        do("gu", "take-step", row, **step)
    assert Order.objects.get(pk=row.pk).state == State.CLOSED


def test_a_report_of_misconduct_stays_one(opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.BRIBERY, caller=NUMBER, text="抢修人员收红包，举报人李某")
    told = {"seen": "0", "kind": "opinion", "topic": "attitude", "reason": "只是意见"}
    path = reverse("orders:correct", args=[row.pk])
    page = client_of("chen").get(path).content.decode()
    assert "A report of misconduct stays one" in page
    assert 'value="opinion"' not in page and reverse("orders:new") in page
    assert do("chen", "correct", row, **told).status_code == 422
    sent = {name: told[name] for name in ("kind", "topic", "reason")}
    answer = client_of("chen").post(f"/api/orders/{row.pk}/correction", sent, content_type="application/json")
    assert answer.status_code == 403
    with pytest.raises(CorrectionRefusedError, match="confidential"):
        actions.correct_order(
            order_id=row.pk, told={"kind": "opinion", "topic": "attitude"}, reason="x", at=AT + MINUTE, actor="chen"
        )
    assert do("chen", "correct", row, seen="0", kind="misconduct", topic="breach", reason="违规").status_code == 302
    assert client_of("ma").get(reverse("orders:order", args=[row.pk])).status_code == 404


def test_who_makes_it_a_report_of_misconduct_reads_before_that_there_is_no_way_back(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, caller=NUMBER, text="收礼")
    chosen = {"seen": "0", "kind": "misconduct", "topic": "bribery", "change": "1"}
    assert "this cannot be undone" in do("he", "correct", row, **chosen).content.decode()
    assert "this cannot be undone" not in client_of("he").get(reverse("orders:correct", args=[row.pk])).content.decode()


def test_neither_sheet_nor_evidence_says_that_the_station_has_it_in_hand(world: World, opened: Open) -> None:
    row = opened(Kind.MISCONDUCT, Topic.BRIBERY, text="收礼")
    sheet = client_of("chen").get(reverse("orders:print", args=[row.pk])).content.decode()
    with zipfile.ZipFile(io.BytesIO(do("chen", "evidence", row).content)) as bundle:
        page = bundle.read(f"{row.number}.html").decode()
    for paper in (sheet[sheet.index("od-sheet") :], page):
        assert f"· {world.city.name}" in paper
        assert world.lamp.name not in paper


# Complaints


def test_a_complaint_is_not_for_whoever_comes_along(world: World, opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, caller=NUMBER, text="抢修人员态度差")
    page = client_of("ma").get(reverse("orders:order", args=[row.pk])).content.decode()
    assert reverse("orders:show-number", args=[row.pk]) not in page
    assert "is dealt with by whoever has it in hand" in page
    for step in ("accept", "contact"):
        do("ma", "take-step", row, step=step)
    do("ma", "hand-over", row, to_username="ma", reason="我来")
    do("ma", "receipt", row, finding="unjustified", found="未见不当之处", done="已核实情况", told_customer="已说明")
    assert do("ma", "show-number", row, reason="回电").status_code == 403
    row.refresh_from_db()
    assert (row.handler, row.state, row.hand_overs.count()) == ("he", State.REGISTERED, 0)
    do("ma", "take-step", row, step="urge")
    do("ma", "remark", row, side="customer", text="客户又来电询问")
    assert (Order.objects.get(pk=row.pk).urged_count, row.remarks.count()) == (1, 1)
    assert NUMBER in do("tang", "show-number", row, reason="回电").content.decode()
    do("he", "hand-over", row, to_username="ma", reason="请说明")
    assert do("ma", "show-number", row, reason="回电").status_code == 403, "whom it is offered to answers first"
    do("ma", "answer-hand-over", row, row.hand_overs.get().pk, answer="accept")
    assert NUMBER in do("ma", "show-number", row, reason="回电").content.decode()


def test_who_did_the_work_neither_calls_back_nor_closes(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, caller=NUMBER, text="态度差")
    by: dict[str, Any] = {"order_id": row.pk, "at": AT + MINUTE}
    for step in ("accept", "contact", "finish"):
        actions.take_step(step=step, actor="he", **by)
    row.refresh_from_db()
    assert not {"call_back", "close"} & set(queries.steps_open(row, username="he", supervises=False, at=AT))
    page = client_of("he").get(reverse("orders:order", args=[row.pk])).content.decode()
    assert "somebody else calls the customer back" in page
    answer = client_of("he").post(reverse("orders:take-step", args=[row.pk]), {"step": "call_back"}, follow=True)
    assert "You did the work" in answer.content.decode()
    for step in ("call_back", "close"):
        with pytest.raises(StepRefusedError, match="own"):
            actions.take_step(step=step, actor="he", **by)
        actions.take_step(step=step, actor="tang", **by)
    assert Order.objects.get(pk=row.pk).state == State.CLOSED


def test_who_has_a_complaint_in_hand_or_worked_on_it_does_not_end_it(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.ATTITUDE, caller=NUMBER, text="态度差", first_asked="tang")
    end: dict[str, Any] = {"order_id": row.pk, "step": "terminate", "reason": "x", "at": AT + MINUTE}
    actions.take_step(order_id=row.pk, step="accept", at=AT, actor="tang")
    actions.reassign_order(order_id=row.pk, to_username="su", reason="轮休", at=AT + MINUTE, actor="tang")
    for username in ("tang", "su"):
        with pytest.raises(StepRefusedError, match="own"):
            actions.take_step(actor=username, **end)
    answer = client_of("tang").post(
        reverse("orders:take-step", args=[row.pk]), {"step": "terminate", "reason": "x"}, follow=True
    )
    assert "somebody else ends it" in answer.content.decode()
    assert "terminate" in queries.steps_open(row, username="meng", supervises=True, at=AT)
    actions.take_step(actor="customer", **end)  # it is theirs to take back
    assert Order.objects.get(pk=row.pk).state == State.TERMINATED


def test_a_complaint_becomes_something_else_only_by_who_stands_above_and_did_not_work_on_it(opened: Open) -> None:
    row = opened(Kind.COMPLAINT, Topic.BILL, caller=NUMBER, text="算错", first_asked="tang")
    to = {"seen": "0", "kind": "enquiry", "topic": "bill", "reason": "只是咨询"}
    assert do("tang", "correct", row, **to).status_code == 422
    path = f"/api/orders/{row.pk}/correction"
    sent = {"kind": "enquiry", "topic": "bill", "reason": "x"}
    assert client_of("tang").post(path, sent, content_type="application/json").status_code == 403
    for step in ("accept", "contact", "finish"):
        actions.take_step(order_id=row.pk, step=step, at=AT + MINUTE, actor="tang")
    assert do("meng", "correct", row, **to).status_code == 422, "it is done"
    with pytest.raises(CorrectionRefusedError, match="own"):
        actions.correct_order(
            order_id=row.pk, told={"kind": "enquiry", "topic": "bill"}, reason="x", at=AT + MINUTE, actor="meng"
        )
    actions.take_step(order_id=row.pk, step="reopen", reason="x", at=AT + MINUTE, actor="meng")
    assert do("tang", "correct", row, **to).status_code == 422
    assert do("meng", "correct", row, **to).status_code == 302
    for step in ("accept", "finish"):
        actions.take_step(order_id=row.pk, step=step, at=AT + 2 * MINUTE, actor="tang")
    row.refresh_from_db()
    assert row.kind == Kind.ENQUIRY
    for step in ("close", "terminate"):
        with pytest.raises(StepRefusedError, match="own"):
            actions.take_step(order_id=row.pk, step=step, reason="x", at=AT + 2 * MINUTE, actor="tang")


def test_of_a_fault_who_did_the_work_may_call_back(opened: Open) -> None:
    row = opened(caller=NUMBER)
    for step in ("accept", "finish", "call_back", "close"):
        actions.take_step(order_id=row.pk, step=step, at=AT + MINUTE, actor="he")
    assert Order.objects.get(pk=row.pk).state == State.CLOSED


# Returned


def test_what_is_returned_goes_back_to_whoever_gave_it_and_they_hear_of_it(opened: Open) -> None:
    row = opened()
    offer = actions.offer_hand_over(
        order_id=row.pk, to_username="tang", to_unit_id=None, reason="请处理", at=AT, actor="he"
    )
    actions.accept_hand_over(hand_over_id=offer.pk, at=AT, actor="tang")
    actions.take_step(order_id=row.pk, step="accept", at=AT, actor="tang")
    actions.reassign_order(order_id=row.pk, to_username="su", reason="轮休", at=AT + MINUTE, actor="tang")
    for back, to in (("su", "tang"), ("tang", "he")):
        if to == "he":
            actions.take_step(order_id=row.pk, step="accept", at=AT + 2 * MINUTE, actor=back)
        actions.take_step(order_id=row.pk, step="return", reason="缺少地址", at=AT + 2 * MINUTE, actor=back)
        assert Order.objects.get(pk=row.pk).handler == to
        assert told_to(to)[-1] == "orders.returned"


def test_who_judges_is_the_nearest_above_and_not_somebody_who_left(world: World, people: People) -> None:
    chief = register_user(username="fang", display_name="方正", password=None, at=AT, actor="test")
    assign_role(user=chief, unit=world.city, role=Role.ADMINISTRATOR, at=AT, actor="test")
    assert [one.username for one in queries.judges_of(world.lamp)] == ["chen"]
    world.chen.is_active = False
    world.chen.save()
    assert {one.username for one in queries.judges_of(world.lamp)} == {"gu", "fang"}
    assert [one.username for one in queries.judges_of(world.city)] == ["gu", "fang"]
