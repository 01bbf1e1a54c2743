"""Reports from the field: once each, in order, with both clocks; what does not fit is asked about."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils.translation import override

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.facts import (
    AssignmentSeen,
    CrewAccepted,
    CrewArrived,
    CrewDeparted,
    PositionsForgotten,
    QuoteAccepted,
    QuoteRefused,
    QuotesLapsed,
    ReportsTaken,
    TimeAnswered,
    WorkFinished,
)
from denghuo.apps.crews.models import (
    Assignment,
    FieldReport,
    MaterialUse,
    Photo,
    Quote,
    Refusal,
    ReportKind,
    RuleKind,
    State,
)
from denghuo.apps.crews.queries.cards import cards
from denghuo.apps.customers.actions import AccountEntry, open_account
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role
from tests.apps.crews.conftest import MINUTE, TODAY, WHO, Tell, Town, make_order, send
from tests.apps.network.conftest import signed_in
from tests.world import AT, PASSWORD

JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 40
QUOTE: dict[str, Any] = {"name": "张三丰", "signature": "M10.0 10.0L20.0 20.0"}


def facts(kind: type) -> list[Any]:
    return [one.fact for one in ledger.facts(classes=[kind])]


def on_site(town: Town, tell: Tell, side: str = "", **told: Any) -> Assignment:
    row = send(town, **told)
    tell(row, ReportKind.ACCEPTED, 1)
    tell(row, ReportKind.DEPARTED, 2)
    tell(row, ReportKind.ARRIVED, 20)
    if side:
        tell(row, ReportKind.BOUNDARY, 21, side=side)
    return row


def lines(town: Town, quantity: str = "2.5", price_fen: int = 985) -> list[dict[str, Any]]:
    return [{"item": town.cable.pk, "quantity": quantity, "price_fen": price_fen}]


def test_from_sent_to_finished(town: Town, tell: Tell) -> None:
    row = on_site(town, tell)
    taken = tell(row, ReportKind.FINISHED, 60, finding="our_equipment", receipt="更换入户熔断器，送电正常")
    assert taken.status == "taken"
    assert (row.state, row.arrived_at, row.finished_at) == (State.FINISHED, AT + 20 * MINUTE, AT + 60 * MINUTE)
    (arrived,), (finished,) = facts(CrewArrived), facts(WorkFinished)
    assert (arrived.order_ids, arrived.arrived_at) == ((town.order.pk,), AT + 20 * MINUTE)
    assert (finished.finding, finished.restored_at) == ("our_equipment", AT + 60 * MINUTE)
    assert len(facts(CrewDeparted)) == 1


def test_the_customers_timeline_knows_of_it(town: Town, tell: Tell) -> None:
    row, entry = send(town), AccountEntry(number="1000000001", name="张三丰", address="青禾村3组12号")
    account = open_account(unit_id=town.world.lamp.pk, entry=entry, **WHO)
    type(town.order).objects.filter(pk=town.order.pk).update(account_id=account.pk)
    told: dict[str, Any] = {"load_code": "", "unit_id": town.world.lamp.pk, "limit": 5}
    assert queries.customer_moments(account.pk, **told, before=None) == []
    tell(row, ReportKind.ARRIVED, 20)
    (moment,) = queries.customer_moments(account.pk, **told, before=None)
    assert (moment.at, moment.path) == (AT + 20 * MINUTE, f"/crews/assignments/{row.pk}/")
    assert queries.customer_moments(account.pk, **told, before=moment.at) == []
    type(town.order).objects.filter(pk=town.order.pk).update(received_at=AT + 45 * MINUTE)
    (moment,) = queries.customer_moments(account.pk, **told, before=None)
    assert moment.at == AT + 45 * MINUTE, "it was not there for her before she said anything"
    assert queries.customer_moments(account.pk, **told, before=AT + 30 * MINUTE) == []


def test_only_who_may_see_crews_is_led_to_them(town: Town, tell: Tell) -> None:
    row, entry = send(town), AccountEntry(number="1000000001", name="张三丰", address="青禾村3组12号")
    account = open_account(unit_id=town.world.lamp.pk, entry=entry, **WHO)
    type(town.order).objects.filter(pk=town.order.pk).update(account_id=account.pk)
    tell(row, ReportKind.ARRIVED, 20)
    path = reverse("crews:assignment", args=[row.pk])
    for role, leads in ((Role.CREW, True), (Role.CLERK, False)):
        user = register_user(username=role.value, display_name=role.value, password=PASSWORD, **WHO)
        assign_role(user=user, unit=town.world.lamp, role=role, **WHO)
        client = signed_in(user)
        for name in ("customers:account", "customers:timeline"):
            page = client.get(reverse(name, args=[account.pk])).content.decode()
            assert (str(row.crew) in page, path in page) == (True, leads)
            assert client.get(path).status_code == (200 if leads else 403)


def test_a_report_is_taken_once_however_often_it_comes(town: Town, tell: Tell) -> None:
    row, client_id = send(town), uuid4()
    first = tell(row, ReportKind.ACCEPTED, 1, client_id=client_id)
    second = tell(row, ReportKind.ACCEPTED, 1, client_id=client_id, received=9)
    assert (first.status, second.status) == ("taken", "known")
    assert FieldReport.objects.count() == len(facts(ReportsTaken)) == 1
    entry = actions.ReportEntry(
        client_id=uuid4(), assignment_id=row.pk, kind=ReportKind.NOTE, told_at=AT, told={"text": "x"}
    )
    taken = actions.take_reports(user_id=town.world.ma.pk, entries=[entry, entry], **WHO)
    assert [one.status for one in taken] == ["taken", "known"]


def test_a_later_step_includes_the_earlier_and_a_late_one_fills_in(town: Town, tell: Tell) -> None:
    row = send(town)
    tell(row, ReportKind.ARRIVED, 20)
    assert (row.state, row.accepted_at, row.departed_at) == (State.ARRIVED, AT + 20 * MINUTE, None)
    tell(row, ReportKind.DEPARTED, 3, received=25, user=town.hu)
    assert (row.state, row.departed_at) == (State.ARRIVED, AT + 3 * MINUTE)
    assert [one.accepted_at for one in facts(CrewAccepted)] == [AT + 20 * MINUTE]


def test_of_two_who_tell_the_same_the_first_counts(town: Town, tell: Tell) -> None:
    row = on_site(town, tell)
    assert tell(row, ReportKind.ARRIVED, 22, user=town.hu).status == "taken"
    assert row.arrived_at == AT + 20 * MINUTE
    assert len(facts(CrewArrived)) == 1


def test_that_it_is_on_the_phone_and_read_is_kept_once(town: Town, tell: Tell) -> None:
    row = send(town)
    for kind in (ReportKind.DELIVERED, ReportKind.READ):
        assert tell(row, kind, 1).status == "taken"
        assert tell(row, kind, 2, user=town.hu).status == "known", "another telephone tells it too"
    assert (row.delivered_at, row.read_at) == (AT + MINUTE, AT + MINUTE)
    assert FieldReport.objects.count() == 2
    assert len(facts(AssignmentSeen)) == 2


def test_what_somebody_has_to_do(town: Town, tell: Tell) -> None:
    row = send(town)
    assert [one.assignment_id for one in queries.open_of_user(town.hu.pk)] == [row.pk]
    assert queries.open_of_user(town.shen.pk) == queries.open_of_user(town.world.lin.pk) == []
    tell(row, ReportKind.ARRIVED, 20)
    tell(row, ReportKind.FINISHED, 30, finding="done", receipt="检查完毕，一切正常运行")
    assert queries.open_of_user(town.hu.pk) == []


def test_another_crew_tells_nothing_of_it(town: Town, tell: Tell) -> None:
    row = send(town)
    for user in (town.shen, town.world.lin):
        assert tell(row, ReportKind.ACCEPTED, 1, user=user).refusal is Refusal.NOT_YOURS
    assert not FieldReport.objects.exists()


def test_who_has_left_still_sends_what_waited_on_the_phone(town: Town, tell: Tell) -> None:
    row = send(town)
    actions.join_crew(crew_id=town.second.pk, user_id=town.hu.pk, phone="", **WHO)
    assert tell(row, ReportKind.ACCEPTED, 1, user=town.hu).status == "taken"


def test_one_that_is_wrong_stops_no_other(town: Town) -> None:
    row = send(town)
    told = [
        (ReportKind.ACCEPTED, {}),
        (ReportKind.FINISHED, {"finding": "done", "receipt": "x"}),
        (ReportKind.DEPARTED, {}),
    ]
    entries = [
        actions.ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=kind, told_at=AT, told=payload)
        for kind, payload in told
    ]
    taken = actions.take_reports(user_id=town.world.ma.pk, entries=entries, **WHO)
    assert [one.status for one in taken] == ["taken", "refused", "taken"]
    assert taken[1].refusal is Refusal.ARRIVE_FIRST
    row.refresh_from_db()
    assert row.state == State.DEPARTED


def test_what_comes_after_it_was_withdrawn_is_kept_and_told(town: Town, tell: Tell) -> None:
    row = send(town)
    actions.withdraw_assignment(assignment_id=row.pk, reason="误报", at=AT + 5 * MINUTE, actor="lin")
    taken = tell(row, ReportKind.ARRIVED, 4, received=30)
    assert (taken.status, row.state, row.arrived_at) == ("kept", State.WITHDRAWN, None)
    report = FieldReport.objects.get()
    assert (report.came_late, report.happened_at) == (True, AT + 4 * MINUTE)
    assert facts(ReportsTaken)[0].late_count == 1
    assert not facts(CrewArrived)


def test_paperwork_after_the_work(town: Town, tell: Tell) -> None:
    row = on_site(town, tell)
    tell(row, ReportKind.FINISHED, 30, finding="done", receipt="检查完毕，一切正常运行")
    assert tell(row, ReportKind.NOTE, 40, text="钥匙在所里").status == "taken"
    assert tell(row, ReportKind.FINISHED, 41, finding="done", receipt="再次告知用户").status == "kept"
    assert row.finished_at == AT + 30 * MINUTE


# Clocks


def test_a_clock_that_is_off_is_put_right_and_asked_about(town: Town, tell: Tell) -> None:
    row = send(town)
    late = AT + 50 * MINUTE
    taken = tell(row, ReportKind.ARRIVED, 40, received=30, sent_at=late)
    assert taken.odd == ("clock_off",)
    assert row.arrived_at == AT + 20 * MINUTE
    report = FieldReport.objects.get()
    assert (report.told_at, report.clock_off_s) == (AT + 40 * MINUTE, 1200.0)
    right = tell(row, ReportKind.CORRECTION, 31, of=[str(report.client_id)], at="")
    assert right.status == "taken"
    report.refresh_from_db()
    assert not report.is_asked
    (fact,) = facts(TimeAnswered)
    assert (fact.what, fact.is_corrected) == ("arrived", False)


def test_a_little_off_is_nothing(town: Town, tell: Tell) -> None:
    row = send(town)
    taken = tell(row, ReportKind.ARRIVED, 20, received=20, sent_at=AT + 24 * MINUTE)
    assert (taken.odd, row.arrived_at) == ((), AT + 20 * MINUTE)


def test_how_far_off_is_a_rule(town: Town, tell: Tell) -> None:
    told = {"kind": RuleKind.CLOCK_OFF_S, "value": 60, "from_date": TODAY, "source": "x"}
    actions.set_rule(unit_id=town.world.lamp.pk, **told, **WHO)
    taken = tell(send(town), ReportKind.ARRIVED, 20, received=20, sent_at=AT + 24 * MINUTE)
    assert taken.odd == ("clock_off",)


def test_nothing_happens_in_the_future(town: Town, tell: Tell) -> None:
    row = send(town)
    taken = tell(row, ReportKind.ARRIVED, 23, received=20)
    assert (taken.odd, row.arrived_at) == (("ahead",), AT + 20 * MINUTE)


def test_arrival_before_departure_is_asked_and_corrected_for_a_reason(town: Town, tell: Tell) -> None:
    row = send(town)
    tell(row, ReportKind.DEPARTED, 30)
    taken = tell(row, ReportKind.ARRIVED, 20, received=40)
    assert taken.odd == ("before_departure",)
    (asked,) = [one for one in FieldReport.objects.all() if one.is_asked]
    of = [str(asked.client_id)]
    assert tell(row, ReportKind.CORRECTION, 41, of=of, at="").refusal is Refusal.REASON_MISSING
    when = (AT + 35 * MINUTE).isoformat()
    assert tell(row, ReportKind.CORRECTION, 41, of=of, at=when).refusal is Refusal.REASON_MISSING
    assert tell(row, ReportKind.CORRECTION, 41, of=of, at=when, because="补点出发").status == "taken"
    assert row.arrived_at == AT + 35 * MINUTE
    asked.refresh_from_db()
    assert (asked.answered_because, asked.told_at) == ("补点出发", AT + 20 * MINUTE)
    (fact,) = facts(TimeAnswered)
    assert (fact.happened_at, fact.is_corrected, fact.order_ids) == (AT + 35 * MINUTE, True, (town.order.pk,))


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"of": [], "at": ""}, Refusal.MALFORMED),
        ({"of": ["x"], "at": ""}, Refusal.MALFORMED),
        ({"of": [str(uuid4())], "at": ""}, Refusal.UNKNOWN_REPORT),
        ({"of": [str(uuid4())], "at": "2030-01-01T00:00:00+00:00", "because": "xx"}, Refusal.AHEAD),
        ({"of": [str(uuid4())], "at": "2026-05-01T00:00:00", "because": "xx"}, Refusal.MALFORMED),
    ],
)
def test_a_correction_that_cannot_be(town: Town, tell: Tell, told: dict[str, Any], refusal: Refusal) -> None:
    assert tell(send(town), ReportKind.CORRECTION, 5, **told).refusal is refusal


# The ownership boundary


def test_on_our_side_nothing_is_charged(town: Town, tell: Tell) -> None:
    row = on_site(town, tell)
    assert tell(row, ReportKind.QUOTE, 22, lines=lines(town), **QUOTE).refusal is Refusal.OURS_IS_FREE
    tell(row, ReportKind.BOUNDARY, 23, side="ours")
    assert tell(row, ReportKind.QUOTE, 24, lines=lines(town), **QUOTE).refusal is Refusal.OURS_IS_FREE
    assert tell(row, ReportKind.BEGUN, 25).status == "taken"


def test_a_quote_is_accepted_before_the_work(town: Town, tell: Tell) -> None:
    row = on_site(town, tell, side="customer")
    assert tell(row, ReportKind.BEGUN, 22).refusal is Refusal.QUOTE_FIRST
    done = {"finding": "done", "receipt": "更换室内开关，用户满意"}
    assert tell(row, ReportKind.FINISHED, 22, **done).refusal is Refusal.QUOTE_FIRST
    assert tell(row, ReportKind.QUOTE, 23, lines=lines(town), **QUOTE).status == "taken"
    quote = Quote.objects.get()
    assert (quote.total_fen, quote.accepted_name, quote.accepted_at) == (2463, "张三丰", AT + 23 * MINUTE)
    assert [(line.item, line.amount_fen) for line in quote.lines.all()] == [(town.cable, 2463)]
    assert facts(QuoteAccepted)[0].total_fen == 2463
    assert FieldReport.objects.get(kind=ReportKind.QUOTE).payload == {"accepted": True}
    assert tell(row, ReportKind.BEGUN, 22, received=24).refusal is Refusal.QUOTE_FIRST
    assert tell(row, ReportKind.BEGUN, 24).status == "taken"
    assert tell(row, ReportKind.FINISHED, 50, **done).status == "taken"


def test_what_the_customer_pays_for_is_not_found_to_be_ours(town: Town, tell: Tell) -> None:
    row = on_site(town, tell, side="customer")
    tell(row, ReportKind.QUOTE, 23, lines=lines(town), **QUOTE)
    tell(row, ReportKind.BEGUN, 24)
    ours = {"finding": "our_equipment", "receipt": "更换入户熔断器，已送电"}
    assert tell(row, ReportKind.FINISHED, 40, **ours).refusal is Refusal.THEIRS
    tell(row, ReportKind.BOUNDARY, 41, side="ours")
    quote = Quote.objects.get()
    assert quote.lapsed_at == AT + 41 * MINUTE, "on our side nothing is charged"
    assert facts(QuotesLapsed)[0].quote_ids == (quote.pk,)
    assert tell(row, ReportKind.FINISHED, 42, **ours).status == "taken"
    with override("en"):
        (paid, _written) = queries.order_ties(town.order.pk)[0].lines
    assert "24.63" in paid and "not charged" in paid


def test_a_quote_is_one_customers(town: Town, tell: Tell) -> None:
    other = make_order(town.world)
    row = on_site(town, tell, order_ids=[town.order.pk, other.pk], side="customer")
    wrong: list[dict[str, Any]] = [{}, {"order": other.pk + 999}]
    for whose in wrong:
        assert tell(row, ReportKind.QUOTE, 23, lines=lines(town), **QUOTE, **whose).refusal is Refusal.WHICH_ORDER
    tell(row, ReportKind.QUOTE, 24, lines=lines(town), order=other.pk, **QUOTE)
    assert facts(QuoteAccepted)[0].order_ids == (other.pk,)
    assert len(queries.order_ties(other.pk)[0].lines) == 1
    assert queries.order_ties(town.order.pk)[0].lines == ()
    (card,) = cards([row])
    assert (card.charged_fen, card.is_quoted) == (2463, False)


def test_help_that_is_free_says_why(town: Town, tell: Tell) -> None:
    row = on_site(town, tell, side="customer")
    assert tell(row, ReportKind.BEGUN, 24, free_because="孤寡老人，无偿帮扶").status == "taken"
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({"lines": [{"item": 10**9, "quantity": "1", "price_fen": 985}], "name": "张"}, Refusal.OFF_LIST),
        ({"price_fen": 984, "name": "张"}, Refusal.OFF_LIST),
        ({"quantity": "0", "name": "张"}, Refusal.MALFORMED),
        ({"quantity": "1.005", "name": "张"}, Refusal.MALFORMED),
        ({"quantity": "NaN", "name": "张"}, Refusal.MALFORMED),
        ({"lines": [], "name": "张"}, Refusal.MALFORMED),
        ({"name": "", "signature": ""}, Refusal.MALFORMED),
        ({"signature": "M1 1<script>"}, Refusal.MALFORMED),
        ({"because": "", "again_date": "2026-05-02"}, Refusal.REASON_MISSING),
        ({"because": "太贵", "again_date": ""}, Refusal.DATE_MISSING),
        ({"because": "太贵", "again_date": "2026-04-30"}, Refusal.DATE_MISSING),
    ],
)
def test_a_quote_that_is_not_taken(town: Town, tell: Tell, told: dict[str, Any], refusal: Refusal) -> None:
    row, told = on_site(town, tell, side="customer"), dict(told)
    quoted = lines(town, told.pop("quantity", "1"), told.pop("price_fen", 985))
    assert tell(row, ReportKind.QUOTE, 24, **{"lines": quoted} | told).refusal is refusal
    assert not Quote.objects.exists()


def test_a_quote_not_accepted_has_a_reason_and_a_new_date(town: Town, tell: Tell) -> None:
    row = on_site(town, tell, side="customer")
    day = TODAY + timedelta(days=3)
    tell(row, ReportKind.QUOTE, 24, lines=lines(town), because="与家人商量", again_date=f"{day}")
    quote = Quote.objects.get()
    assert (quote.accepted_at, quote.refused_because, quote.again_date) == (None, "与家人商量", day)
    assert facts(QuoteRefused)[0].again_date == day


def test_who_does_not_serve_says_why_and_when_instead(town: Town, tell: Tell) -> None:
    row = on_site(town, tell)
    told = {"finding": "put_off", "receipt": "缺少备件，改日更换"}
    assert tell(row, ReportKind.FINISHED, 30, **told).refusal is Refusal.DATE_MISSING
    tell(row, ReportKind.FINISHED, 30, **told, again_date="2026-05-03")
    assert f"{row.again_date}" == "2026-05-03"
    assert facts(WorkFinished)[0].restored_at is None


@pytest.mark.parametrize(
    ("receipt", "refusal"),
    [
        ("", Refusal.RECEIPT_MISSING),
        ("已处理", Refusal.SAYS_NOTHING),
        ("。。", Refusal.SAYS_NOTHING),
        ("用户电话13800138000，已更换熔断器", Refusal.HAS_NUMBER),
    ],
)
def test_a_receipt_that_says_nothing_or_too_much(town: Town, tell: Tell, receipt: str, refusal: Refusal) -> None:
    row = on_site(town, tell)
    assert tell(row, ReportKind.FINISHED, 30, finding="done", receipt=receipt).refusal is refusal


# What else is told


def test_materials_checklist_and_notes(town: Town, tell: Tell) -> None:
    row = on_site(town, tell)
    tell(row, ReportKind.MATERIALS, 22, lines=[{"name": "熔丝", "quantity": "2", "measure": "只"}])
    (used,) = MaterialUse.objects.all()
    assert (used.name, f"{used.quantity}", used.measure) == ("熔丝", "2.00", "只")
    tell(row, ReportKind.CHECKLIST, 23, checked=["site_clean", "gear"])
    assert FieldReport.objects.get(kind=ReportKind.CHECKLIST).payload == {"checked": ["gear", "site_clean"]}
    for kind, told in (
        (ReportKind.MATERIALS, {"lines": [{"name": "", "quantity": "1"}]}),
        (ReportKind.MATERIALS, {"lines": "x"}),
        (ReportKind.CHECKLIST, {"checked": ["dance"]}),
        (ReportKind.NOTE, {"text": " "}),
        (ReportKind.NOTE, {"text": 7}),
        (ReportKind.BOUNDARY, {"side": "left"}),
    ):
        assert tell(row, kind, 24, **told).refusal is Refusal.MALFORMED


def test_a_photo_is_kept_once_under_what_is_in_it(town: Town, tell: Tell, tmp_path: Any) -> None:
    row = on_site(town, tell)
    with override_settings(MEDIA_ROOT=tmp_path):
        for minutes in (22, 23):
            tell(row, ReportKind.PHOTO, minutes, photo=actions.PhotoEntry(content=JPEG))
        photo = Photo.objects.first()
        assert photo is not None
        assert queries.photo_path(photo).read_bytes() == JPEG
        assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".jpg"]
        for content, refusal in ((b"GIF89a", Refusal.NO_PICTURE), (JPEG + bytes(8_000_000), Refusal.TOO_LARGE)):
            photo_entry = actions.PhotoEntry(content=content)
            assert tell(row, ReportKind.PHOTO, 24, photo=photo_entry).refusal is refusal
        assert tell(row, ReportKind.PHOTO, 24).refusal is Refusal.NO_PICTURE
    assert Photo.objects.count() == 2


def test_where_somebody_was_is_forgotten(town: Town, tell: Tell) -> None:
    row = send(town)
    where = {"latitude": 30.25, "longitude": 120.17, "accuracy_m": 12}
    tell(row, ReportKind.ARRIVED, 20, where=where)
    tell(row, ReportKind.NOTE, 21, where={"latitude": 300, "longitude": 0, "accuracy_m": 1}, text="x")
    assert list(FieldReport.objects.order_by("pk").values_list("latitude", flat=True)) == [30.25, None]
    later = AT + timedelta(days=90)
    assert actions.forget_positions(at=later, actor="rounds") == 0
    assert actions.forget_positions(at=later + timedelta(days=1), actor="rounds") == 1
    assert not FieldReport.objects.filter(latitude__isnull=False).exists()
    assert facts(PositionsForgotten)[0].report_count == 1
