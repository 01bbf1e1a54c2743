"""What people do to an order on its page: into whose hands it goes, who is told of it, and what is not done."""

import io
import zipfile
from datetime import date, timedelta

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from denghuo.apps.ledger.models import Fact
from denghuo.apps.notices.models import Notice
from denghuo.apps.orders import actions, queries
from denghuo.apps.orders.models import (
    HandOver,
    Kind,
    Order,
    OrderRule,
    PromiseOf,
    Remark,
    State,
    SuspensionCause,
    Topic,
)
from denghuo.apps.orders.queries import Exhibit
from denghuo.apps.orders.templatetags.orders import effect_words, span
from tests.apps.orders.conftest import Open, client_of
from tests.apps.orders.test_rounds import Field, react
from tests.world import AT, World

pytestmark = pytest.mark.usefixtures("english")

MINUTE = timedelta(minutes=1)


def do(username: str, name: str, row: Order, *parts: int, **told: str) -> HttpResponse:
    """Post a deed of an order."""
    return client_of(username).post(reverse(f"orders:{name}", args=[row.pk, *parts]), told)  # type: ignore[return-value]


def said(answer: HttpResponse) -> str:
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))  # type: ignore[attr-defined]


def told_to(username: str) -> list[str]:
    return list(Notice.objects.filter(recipient__username=username).order_by("pk").values_list("kind", flat=True))


# Into other hands


def test_a_supervisor_puts_an_order_into_other_hands_and_both_are_told(opened: Open) -> None:
    row = opened()
    assert do("he", "reassign", row, to_username="su", reason="轮休").status_code in (403, 404)
    page = client_of("tang").get(reverse("orders:order", args=[row.pk])).content.decode()
    assert reverse("orders:reassign", args=[row.pk]) in page
    do("tang", "reassign", row, to_username="su", reason="何雨轮休")
    assert Order.objects.get(pk=row.pk).handler == "su"
    assert row.steps.get(step="reassign").reason == "何雨轮休"
    assert (told_to("su"), told_to("he"), told_to("tang")) == (["orders.given"], ["orders.taken"], [])
    fact = Fact.objects.get(kind="orders.OrderReassigned")
    assert '"to_username":"su"' in fact.data.replace(" ", "")


def test_nobody_is_put_in_charge_who_does_not_work_there_and_not_without_a_reason(opened: Open) -> None:
    row = opened()
    for told in (
        {"to_username": "bai", "reason": "x"},
        {"to_username": "he", "reason": "x"},
        {"to_username": "su", "reason": ""},
    ):
        assert said(do("tang", "reassign", row, **told))
        assert Order.objects.get(pk=row.pk).handler == "he"
    with pytest.raises(ValueError, match="somebody else whose it can be"):
        actions.reassign_order(order_id=row.pk, to_username="bai", reason="x", at=AT, actor="tang")


def test_an_offer_that_nobody_answers_ends_where_a_supervisor_decides(opened: Open) -> None:
    row = opened()
    do("he", "hand-over", row, to_username="su", reason="柜台资料")
    do("tang", "reassign", row, to_username="su", reason="无人答复")
    offer = HandOver.objects.get()
    assert (offer.refused_by, offer.accepted_at) == ("tang", None)


def test_a_step_names_nobody_else(opened: Open) -> None:
    row = opened()
    do("he", "take-step", row, step="contact", handler="tang")
    do("tang", "take-step", row, step="reassign", reason="x", handler="nobody")
    assert Order.objects.get(pk=row.pk).handler == "he"


def test_another_unit_sees_what_it_is_offered_and_nothing_more(opened: Open, world: World) -> None:
    row = opened()
    do("he", "hand-over", row, to_unit=str(world.wick.pk), reason="属灯芯所")
    offer = HandOver.objects.get()
    assert told_to("bai") == ["orders.offered"]
    there = client_of("bai")
    assert row.number in there.get(reverse("orders:home"), {"offered": "on"}).content.decode()
    page = there.get(reverse("orders:order", args=[row.pk])).content.decode()
    assert reverse("orders:answer-hand-over", args=[row.pk, offer.pk]) in page
    assert reverse("orders:take-step", args=[row.pk]) not in page
    assert do("bai", "take-step", row, step="contact").status_code == 404
    assert do("su", "answer-hand-over", row, offer.pk, answer="accept").status_code == 403
    do("bai", "answer-hand-over", row, offer.pk, answer="accept")
    row.refresh_from_db()
    assert (row.unit_id, row.handler, row.first_asked) == (world.wick.pk, "bai", "he")
    assert told_to("he") == ["orders.accepted"]
    assert client_of("su").get(reverse("orders:order", args=[row.pk])).status_code == 404


def test_who_refuses_says_why_and_goes_back_to_what_is_theirs(opened: Open, world: World) -> None:
    row = opened()
    do("he", "hand-over", row, to_unit=str(world.wick.pk), reason="属灯芯所")
    offer = HandOver.objects.get()
    assert "Why not" in said(do("bai", "answer-hand-over", row, offer.pk, answer="refuse"))
    answer = do("bai", "answer-hand-over", row, offer.pk, answer="refuse", reason="在灯山所台区")
    assert answer["Location"] == reverse("orders:home")
    assert Notice.objects.get(recipient__username="he").text == "在灯山所台区"


# Who hears of it


def test_what_waits_for_somebody_s_decision_is_told_to_them_and_listed(opened: Open) -> None:
    row = opened()
    do("he", "suspension", row, cause="force_majeure", reason="洪水")
    do("he", "appeal", row, clock="arrive", text="道路中断")
    assert told_to("tang") == ["orders.suspension", "orders.appeal"]
    home = client_of("tang").get(reverse("orders:home"), {"decide": "on", "state": "all"})
    assert home.context["counts"].to_decide == 1
    assert f'href="{reverse("orders:home")}?decide=on&amp;state=all"' in home.content.decode()
    assert row.number in home.content.decode()
    assert client_of("he").get(reverse("orders:home")).context["counts"].to_decide == 0
    do("tang", "decide-suspension", row, row.suspensions.get().pk, granted="yes")
    do("tang", "decide-appeal", row, row.appeals.get().pk, granted="no", decision="已另派人")
    assert told_to("he") == ["orders.granted", "orders.rejected"]
    assert client_of("tang").get(reverse("orders:home")).context["counts"].to_decide == 0


def test_who_decides_is_somebody_else_than_who_asks(opened: Open) -> None:
    row = opened()
    do("tang", "suspension", row, cause="others", reason="待道路抢通")
    assert told_to("tang") == []
    assert told_to("zhou") == ["orders.suspension"]


def test_pressing_reaches_who_has_it_and_counts_once_in_a_while(opened: Open) -> None:
    row = opened()
    do("su", "take-step", row, step="urge")
    assert told_to("he") == ["orders.urged"]
    assert "once" in said(do("su", "take-step", row, step="urge"))
    assert Order.objects.get(pk=row.pk).urged_count == 1


def test_bringing_it_before_somebody_tells_them(opened: Open) -> None:
    row = opened()
    do("he", "take-step", row, step="escalate", reason="客户情绪激动")
    notice = Notice.objects.get(recipient__username="tang")
    assert (notice.kind, notice.text, notice.urgent) == ("orders.escalated", "客户情绪激动", True)


# What is not done


def test_what_is_wrong_with_a_form_is_said_and_nothing_is_done(opened: Open) -> None:
    row = opened(at=timezone.now() - MINUTE)
    assert "passed" in said(do("he", "promise", row, what="visit", due_at="2020-01-01T08:00"))
    assert "By" in said(do("he", "promise", row, what="visit", due_at="soon"))
    assert "to whom" in said(do("he", "hand-over", row, reason="x"))
    assert "Against" in said(do("he", "appeal", row, clock="lunch", text="x"))
    assert said(do("he", "remark", row, side="reply", text=""))
    assert (row.promises.count(), row.hand_overs.count(), row.appeals.count(), row.remarks.count()) == (0, 0, 0, 0)


def test_a_promise_is_moved_only_with_what_the_customer_was_told(opened: Open) -> None:
    row = opened(at=timezone.now() - MINUTE)
    now = timezone.now()
    given = actions.give_promise(order_id=row.pk, what=PromiseOf.VISIT, due_at=now + 60 * MINUTE, at=now, actor="he")
    later = f"{timezone.localtime(now + 90 * MINUTE):%Y-%m-%dT%H:%M}"
    assert said(do("he", "answer-promise", row, given.pk, answer="moved", due_at=later, note=""))
    assert said(do("he", "answer-promise", row, given.pk, answer="dreamt", due_at=later, note="x"))
    given.refresh_from_db()
    assert given.is_open


def test_a_key_that_is_hit_twice_says_and_promises_once(opened: Open) -> None:
    row = opened(at=timezone.now() - MINUTE)
    due = f"{timezone.localtime(timezone.now() + 60 * MINUTE):%Y-%m-%dT%H:%M}"
    for _ in range(2):
        do("he", "remark", row, side="reply", text="师傅已出发")
        do("he", "promise", row, what="visit", due_at=due)
    assert (row.remarks.count(), row.promises.count()) == (1, 1)
    assert Fact.objects.filter(kind__in=["orders.RemarkMade", "orders.PromiseGiven"]).count() == 2


def test_a_limit_that_other_rows_outdo_says_so_before_it_is_saved(opened: Open) -> None:
    opened(at=timezone.now() - timedelta(days=timezone.localdate().day))
    told = {"kind": "fault", "clock": "arrive", "amount": "1", "unit": "min", "limit_kind": "ceiling", "basis": "本所"}
    form = told | {"from_date": "2026-01-01", "layer": "law"}
    page = client_of("meng").post(reverse("orders:set-limit"), form)
    assert (page.context["preview"].holds_count, "hold for none" in page.content.decode()) == (0, True)
    page = client_of("meng").post(reverse("orders:set-limit"), form | {"area": "rural"})
    assert (page.context["preview"].holds_count, "hold for none" in page.content.decode()) == (1, False)


@pytest.mark.parametrize("month", ["0001-01", "9999-12", "9999-11", "2026-13", "0000-01", "x"])
def test_a_month_that_nobody_means_is_this_one(opened: Open, month: str) -> None:
    assert client_of("he").get(reverse("orders:month"), {"month": month}).status_code == 200


@pytest.mark.parametrize("asked", [{"since": "0001-01-01"}, {"until": "9999-12-31"}, {"since": "2101-01-01"}])
def test_days_that_nobody_means_are_said_to_be_none(opened: Open, asked: dict[str, str]) -> None:
    answer = client_of("tang").get(reverse("orders:home"), asked)
    assert answer.context["form"].errors
    assert client_of("tang").get(reverse("orders:export"), asked).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"repeat_count": "0"}, {"cluster_count": "0"}, {"region": "mars"}, {"from_date": "9999-12-31"}]
)
def test_numbers_that_would_raise_a_sign_for_everybody_are_refused(opened: Open, wrong: dict[str, str]) -> None:
    client = client_of("meng")
    form = client.get(reverse("orders:numbers")).context["form"].initial | {"source": "本所"}
    right = form | {"from_date": "2026-05-01"}
    assert client.post(reverse("orders:numbers"), right | wrong).status_code == 422
    assert not OrderRule.objects.exists()


def test_a_step_moves_only_clocks_that_there_are(opened: Open) -> None:
    told = {"kind": "fault", "step": "park", "from_states": ["in_hand"], "who": "works", "source": "本所"}
    form = told | {"from_date": "2026-05-01", "effect_arrive": "fly"}
    assert client_of("meng").post(reverse("orders:steps"), form).status_code == 422


# What crews agreed and corrected


def test_the_day_a_crew_agreed_is_a_promise_and_given_once(opened: Open) -> None:
    row = opened()
    react("follow_assignment", 1, Field(order_ids=(row.pk,)))
    put_off = Field(order_ids=(row.pk,), finding="put_off", again_date=date(2026, 5, 3))
    react("follow_finish", 60, put_off)
    react("follow_finish", 61, put_off)
    (promise,) = row.promises.all()
    assert (promise.what, f"{timezone.localtime(promise.due_at):%m-%d %H:%M}") == (PromiseOf.VISIT, "05-03 23:59")
    row.refresh_from_db()
    assert row.state == State.REGISTERED
    assert row.steps.get(step="return").reason not in ("", "put_off")
    actions.take_step(order_id=row.pk, step="arrive", at=AT + timedelta(days=2), actor="he")
    promise.refresh_from_db()
    assert promise.kept_at == AT + timedelta(days=2)


def test_a_corrected_time_is_shown_and_moves_no_clock(opened: Open) -> None:
    row = opened()
    react("follow_arrival", 30, Field(order_ids=(row.pk,), arrived_at=AT + 25 * MINUTE))
    before = queries.clocks_of(Order.objects.get(pk=row.pk), at=AT + 60 * MINUTE)
    said_right = Field(order_ids=(row.pk,), what="arrived", happened_at=AT + 20 * MINUTE)
    react("follow_time_answered", 40, said_right)
    assert not row.remarks.exists()
    corrected = Field(order_ids=(row.pk,), what="arrived", happened_at=AT + 20 * MINUTE, is_corrected=True)
    react("follow_time_answered", 41, corrected)
    react("follow_time_answered", 42, corrected)
    (remark,) = row.remarks.all()
    assert (remark.side, "2026-05-01 08:20" in remark.text) == (Remark.Side.INSIDE, True)
    assert queries.clocks_of(Order.objects.get(pk=row.pk), at=AT + 60 * MINUTE) == before


# Evidence and figures


def test_evidence_holds_what_others_recorded(opened: Open) -> None:
    row = opened()

    def told(order_id: int) -> list[Exhibit]:
        where = "30.12345, 120.54321 ±15 m"
        return [Exhibit(at=AT, source="抢修一班", what="Arrived", who="tang", position=where)] * (order_id == row.pk)

    queries.EXHIBITS.ask([told])
    try:
        answer = do("he", "evidence", row)
    finally:
        queries.EXHIBITS.ask_no_more(told)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        page = bundle.read(f"{row.number}.html").decode()
    assert "30.12345, 120.54321 ±15 m" in page
    assert "唐川" in page


def test_evidence_tells_of_promises_and_suspensions_on_paper_and_in_the_workbook(opened: Open) -> None:
    row = opened()
    told = {"order_id": row.pk, "actor": "he"}
    actions.give_promise(what=PromiseOf.CALL, due_at=AT + 30 * MINUTE, note="半小时内回电", at=AT + MINUTE, **told)
    actions.ask_suspension(cause=SuspensionCause.UNREACHABLE, reason="三次无人接听", at=AT + MINUTE, **told)
    with zipfile.ZipFile(io.BytesIO(do("he", "evidence", row).content)) as bundle:
        page = bundle.read(f"{row.number}.html").decode()
        book = load_workbook(io.BytesIO(bundle.read(f"{row.number}.xlsx")))
    assert "data:text/css;base64," in page and "Nothing was said yet." in page
    assert "<td>broken</td>" in page and "半小时内回电" in page
    (promise,) = list(book["Promises"].values)[1:]
    (asked,) = list(book["Suspensions"].values)[1:]
    assert promise[4:6] == ("半小时内回电", "broken")
    assert asked[3:5] == ("三次无人接听", "to be decided")


def test_every_late_order_of_a_month_is_one_click_away(opened: Open) -> None:
    rows = [opened(at=AT + n * MINUTE) for n in range(5)]
    for n, row in enumerate(rows):
        actions.take_step(order_id=row.pk, step="dispatch", at=AT + (n + 10 + n) * MINUTE, actor="he")
    client = client_of("tang")
    page = client.get(reverse("orders:month"), {"month": "2026-05"})
    (dispatch,) = [one for one in page.context["ceilings"] if one.limit.clock == "dispatch"]
    assert (dispatch.late_count, f"which={dispatch.key}" in page.content.decode()) == (5, True)
    late = client.get(reverse("orders:month"), {"month": "2026-05", "which": dispatch.key})
    assert [one.order_id for one, _ in late.context["shown"]] == [row.pk for row in rows[::-1]]
    assert client.get(reverse("orders:month"), {"month": "2026-05", "which": "nothing"}).status_code == 404


def test_the_month_counts_what_the_clocks_show(opened: Open) -> None:
    """Whatever ended is read as it was judged, the rest asked of the engine: every figure is that of all the clocks."""
    ways = {
        Kind.FAULT: [
            ("dispatch", 1),
            ("accept", 9),
            ("arrive", 150),
            ("restore", 400),
            ("finish", 410),
            ("close", 420),
        ],
        Kind.COMPLAINT: [("accept", 5), ("contact", 2_000), ("finish", 3_000), ("close", 3_100)],
    }
    for n in range(12):
        kind = Kind.COMPLAINT if n % 3 == 0 else Kind.FAULT
        row = opened(kind, Topic.ATTITUDE if kind == Kind.COMPLAINT else Topic.NO_SUPPLY, at=AT + n * MINUTE, text="x")
        for code, minutes in ways[kind][: 2 + n % 5]:
            actor = "tang" if code == "close" else "he"  # who did the work does not close what is about people
            actions.take_step(order_id=row.pk, step=code, at=AT + (n + minutes) * MINUTE, actor=actor)
    row = Order.objects.filter(closed_at__isnull=False).first()
    assert row is not None
    actions.take_step(order_id=row.pk, step="reopen", reason="又停电", at=AT + 5_000 * MINUTE, actor="he")
    at = AT + 9_000 * MINUTE
    plain: dict[tuple[str, str, str], list[object]] = {}
    for pk, shown in queries.clocks_of_all(Order.objects.order_by("pk"), at=at).items():
        for one in shown:
            if one.dropped:
                continue  # nothing was asked of it any more: it is no case of the month
            key = (Order.objects.get(pk=pk).kind, one.clock, one.limit.layer)
            plain.setdefault(key, []).append((pk, one.late, one.unknown, None if one.runs else one.shown_s))
    kept = queries.month_of_limits(("/",), since=AT, until=at, at=at)
    assert {(one.kind, one.limit.clock, one.limit.layer) for one in kept} == set(plain)
    for one in kept:
        cases = plain[one.kind, one.limit.clock, one.limit.layer]
        stopped = [s for *_, s in cases if s is not None]  # type: ignore[misc]
        assert one.order_count == len({pk for pk, *_ in cases})  # type: ignore[misc]
        assert {late.order_id for late in one.late} == {pk for pk, late, *_ in cases if late}  # type: ignore[misc]
        assert one.unknown_count == sum(unknown for _, _, unknown, _ in cases)  # type: ignore[misc]
        assert one.mean_s == pytest.approx(sum(stopped) / len(stopped) if stopped else float("nan"), nan_ok=True)


def test_seconds_tell_what_was_late_from_what_was_not() -> None:
    assert (span(120), span(169), span(3_599), span(45)) == ("2 min", "2 min 49 s", "59 min", "45 s")
    assert effect_words("arrive:stop,*:suspend") == "Arrive stops · every clock stands still"
