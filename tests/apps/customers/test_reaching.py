"""Who can be reached and how, who needs care, who answers; and what others are told of customers."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from denghuo.apps.customers import queries
from denghuo.apps.customers.actions import (
    CareEntry,
    CarerEntry,
    add_phone,
    add_supply_point,
    anonymize,
    call_care_due,
    close_account,
    end_care,
    give_responsibility,
    record_care_visit,
    register_care,
    review_care,
    review_unmasking,
    set_quiet_hours,
    set_supply_state,
    tell_consents,
    unmask,
)
from denghuo.apps.customers.facts import (
    CareReviewDue,
    CareVisitDue,
    ConsentTold,
    CustomerAnonymized,
    ResponsibilityGiven,
    SupplyCut,
    SupplyReconnected,
)
from denghuo.apps.customers.models import (
    Account,
    Care,
    CareKind,
    Carer,
    Consent,
    CutReason,
    Extent,
    Person,
    Phone,
    Purpose,
    SearchKey,
    SupplyState,
    Unmasked,
    UnmaskFinding,
)
from denghuo.apps.ledger import queries as ledger
from denghuo.apps.notices.models import Notice
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.queries import people_who
from tests.apps.customers.conftest import DAY, SYSTEM, account, row, take_in
from tests.world import AT, World


def cared(number: str = "1001", **told: Any) -> Care:
    usual: dict[str, Any] = {
        "kind": CareKind.ALONE,
        "proof": "村委会证明",
        "proof_seen_date": DAY,
        "agreed_how": "当面",
    }
    usual |= {
        "review_date": date(2027, 5, 1),
        "carers": [CarerEntry(name="李小照", number="128 0000 0077", relation="女儿")],
    }
    return register_care(account_id=account(number).pk, entry=CareEntry(**(usual | told)), **SYSTEM)


def test_numbers_in_the_order_in_which_they_are_called(town: World) -> None:
    cared()
    person = account().person
    set_quiet_hours(person_id=person.pk, quiet_from=time(22), quiet_until=time(7), **SYSTEM)
    tell_consents(phone_id=person.phones.all()[1].pk, given={Purpose.OUTAGE: False}, how="电话", **SYSTEM)
    told = queries.reach_of([account().pk], purpose="outage")[account().pk]
    assert [(one.number, one.kind, one.consented, one.carer) for one in told] == [
        ("12800000001", "mobile", True, False),
        ("057112345678", "landline", False, False),
        ("12800000077", "mobile", True, True),
    ]
    assert (told[0].name, told[2].name, told[2].relation) == ("张*灯", "李*照", "女儿")
    assert (told[0].quiet_from, told[0].quiet_until) == (time(22), time(7))
    assert [one.consented for one in queries.reach_of([account().pk], purpose="news")[account().pk]] == [False] * 3
    with pytest.raises(ValueError, match="fun"):
        queries.reach_of([account().pk], purpose="fun")


def test_who_is_asked_for_without_a_number_has_none(town: World) -> None:
    assert queries.reach_of([account("1003").pk], purpose="outage") == {account("1003").pk: []}
    assert queries.reach_of([], purpose="outage") == {}


def test_what_was_agreed_stays_written(town: World) -> None:
    phone = account().person.phones.all()[0]
    with pytest.raises(ValueError, match="how"):
        tell_consents(phone_id=phone.pk, given={Purpose.NEWS: True}, how=" ", **SYSTEM)
    assert tell_consents(phone_id=phone.pk, given={Purpose.NEWS: True}, how="电话", **SYSTEM) == (Purpose.NEWS,)
    assert tell_consents(phone_id=phone.pk, given={Purpose.NEWS: True}, how="电话", **SYSTEM) == ()
    tell_consents(phone_id=phone.pk, given={Purpose.NEWS: False}, how="短信退订", **SYSTEM)
    assert [one.given for one in Consent.objects.all()] == [True, False]
    assert len(list(ledger.facts(classes=[ConsentTold]))) == 2


def test_a_number_is_added_once_and_must_be_one(town: World) -> None:
    person = account().person
    again = add_phone(person_id=person.pk, number="+86 128-0000-0001", **SYSTEM)
    assert (again.position, Phone.objects.filter(person=person).count()) == (0, 2)
    with pytest.raises(ValueError, match="telephone"):
        add_phone(person_id=person.pk, number="95598", **SYSTEM)


def test_customers_on_loads(town: World) -> None:
    close_account(account_id=account("1002").pk, closed_date=DAY, **SYSTEM)
    add_supply_point(account_id=account("1004").pk, load_code="T1", **SYSTEM)
    on = queries.customers_on(town.lamp.pk, ["T2", "T1", "T3"])
    assert [one.number for one in on] == ["1003", "1001"], "by load as asked for; main supplies of open accounts only"
    assert queries.counts_on(town.lamp.pk) == {"T1": 1, "T2": 1, "T5": 1}
    assert queries.customers_on(town.lamp.pk, []) == []


def test_what_others_see_of_a_customer(town: World) -> None:
    cared("1003")
    give_responsibility(unit_id=town.lamp.pk, extent=Extent.STATION, targets=[""], user_id=town.zhou.pk, **SYSTEM)
    seen = queries.customer([town.lamp.path], account("1003").pk)
    assert seen is not None
    told = (seen.name, seen.address, seen.load_code, seen.supply_state, seen.cut_reason, seen.care_kind, seen.ref)
    assert told == (
        "单*禾",
        "灯火镇青禾村5组***",
        "T2",
        "cut",
        "arrears",
        "alone",
        f"customers.account:{account('1003').pk}",
    )
    assert (seen.responsible_id, seen.responsible_name) == (town.zhou.pk, "周国平")
    assert queries.customer([town.wick.path], seen.account_id) is None
    assert queries.customers_by_id([seen.account_id, 0]) == {seen.account_id: seen}
    assert queries.customer([town.lamp.path], account("1004").pk).important == "second"  # type: ignore[union-attr]


def test_by_phone_is_within_reach(town: World) -> None:
    assert [one.number for one in queries.by_phone([town.lamp.path], "128 0000 0001")] == ["1001"]
    assert {one.unit_id for one in queries.by_phone([town.city.path], "12800000001")} == {town.lamp.pk, town.wick.pk}
    assert queries.by_phone([town.lamp.path], "") == queries.by_phone([], "12800000001") == []


def test_care_of(town: World) -> None:
    entry = cared(backup_min=90, visit_every_days=30)
    told = queries.care_of([account().pk, account("1002").pk])
    assert list(told) == [account().pk]
    assert (told[account().pk].backup_min, told[account().pk].carer_count) == (90, 1)
    assert entry.next_visit_date == DAY + timedelta(days=30), "a plan begins with its first visit"
    again = cared(kind=CareKind.DISABLED)
    assert again.pk == entry.pk, "an account has one entry at a time"


@pytest.mark.parametrize("told", [{"proof": " "}, {"agreed_how": ""}, {"carers": [CarerEntry(name="x", number="1")]}])
def test_what_the_register_refuses(town: World, told: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"proof|telephone"):
        cared(**told)


def test_nobody_who_needs_care_is_cut_for_arrears_unseen(town: World) -> None:
    entry, pk = cared(), account().pk
    cut: dict[str, Any] = {"account_id": pk, "state": SupplyState.CUT, "since_date": DAY, **SYSTEM}
    with pytest.raises(ValueError, match="special care"):
        set_supply_state(reason=CutReason.ARREARS, **cut)
    assert not queries.may_be_cut(pk, "arrears", at=AT)
    assert queries.may_be_cut(pk, "safety", at=AT)
    review_care(care_id=entry.pk, review_date=date(2027, 1, 1), **SYSTEM)
    assert queries.may_be_cut(pk, "arrears", at=AT + timedelta(days=30))
    assert not queries.may_be_cut(pk, "arrears", at=AT + timedelta(days=31))
    assert set_supply_state(reason=CutReason.ARREARS, **cut)
    assert not set_supply_state(reason=CutReason.ARREARS, **cut), "it is so already"
    assert set_supply_state(account_id=pk, state=SupplyState.CONNECTED, record_number="FD-1", **SYSTEM)
    facts = [one.fact for one in ledger.facts(classes=[SupplyCut, SupplyReconnected])]
    assert [type(one) for one in facts] == [SupplyCut, SupplyReconnected]


def test_a_cut_says_why_also_to_the_database(town: World) -> None:
    with pytest.raises(ValueError, match="reason"):
        set_supply_state(account_id=account().pk, state=SupplyState.CUT, **SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.filter(pk=account().pk).update(supply_state="cut")


def test_a_visit_that_is_due_is_said_once(town: World) -> None:
    entry = cared(visit_every_days=30, next_visit_date=DAY)
    cared("1002", visit_every_days=30, next_visit_date=DAY + timedelta(days=9))
    assert [call_care_due(at=AT, actor="rounds") for _ in range(2)] == [1, 0]
    (fact,) = [one.fact for one in ledger.facts(classes=[CareVisitDue])]
    assert (fact.care_id, fact.due_date) == (entry.pk, DAY)
    record_care_visit(care_id=entry.pk, visited_date=DAY, met=False, **SYSTEM)
    assert call_care_due(at=AT, actor="rounds") == 0, "not met: it stays due, and was said"
    record_care_visit(care_id=entry.pk, visited_date=DAY, met=True, **SYSTEM)
    later = AT + timedelta(days=31)
    assert call_care_due(at=later, actor="rounds") == 2


def test_who_answers_is_told_what_is_due_and_not_of_whom(town: World) -> None:
    """Lin answers for T1's customers, nobody for T3's: those who look after the file of the unit hear of them."""
    answers = {"unit_id": town.lamp.pk, "extent": Extent.LOAD, "targets": ["T1"], "user_id": town.lin.pk}
    give_responsibility(because="分片", **answers, **SYSTEM)
    cared(visit_every_days=30, next_visit_date=DAY, review_date=DAY)
    cared("1002", review_date=DAY - timedelta(days=1))
    cared("1003", review_date=DAY + timedelta(days=1))
    assert [call_care_due(at=AT, actor="rounds") for _ in range(2)] == [3, 0]
    assert [one.fact.due_date for one in ledger.facts(classes=[CareReviewDue])] == [DAY - timedelta(days=1), DAY]
    (told,) = Notice.objects.filter(recipient=town.lin, kind="customers.care_due")
    assert told.path.endswith("/customers/care/?due=1&mine=1")
    others = Notice.objects.filter(kind="customers.care_due").exclude(pk=told.pk)
    assert {one.recipient for one in others} == set(people_who(Permission.CUSTOMERS_REVIEW, path=town.lamp.path))
    assert {one.path for one in others} == {"/customers/care/?due=1"}
    due = queries.care_due_of(town.lin.pk, on=DAY)
    assert (due.visit_count, due.review_count) == (1, 1)
    assert queries.care_due_of(town.gu.pk, on=DAY) == queries.CareDue(0, 0)


def test_nothing_is_due_of_an_account_that_is_closed(town: World) -> None:
    cared(review_date=DAY)
    close_account(account_id=account().pk, closed_date=DAY, **SYSTEM)
    assert call_care_due(at=AT, actor="rounds") == 0


def test_leaving_the_register_forgets_the_carers(town: World) -> None:
    entry = cared()
    with pytest.raises(ValueError, match="why"):
        end_care(care_id=entry.pk, because=" ", **SYSTEM)
    end_care(care_id=entry.pk, because="搬走", **SYSTEM)
    assert not Carer.objects.exists()
    assert queries.care_of([account().pk]) == {}
    assert cared().pk != entry.pk
    with pytest.raises(ValueError, match="ahead"):
        review_care(care_id=Care.objects.get(ended_at=None).pk, review_date=DAY, **SYSTEM)


def test_the_narrowest_responsibility_holds_and_history_stays(town: World) -> None:
    told: dict[str, Any] = {"unit_id": town.lamp.pk, **SYSTEM}
    assert queries.responsible_for(account().pk) is None
    assert [one.load_code for one in queries.uncovered(town.lamp.pk)] == ["T1", "T2", "T3", "T5"]
    give_responsibility(extent=Extent.AREA, targets=["青禾村"], user_id=town.lin.pk, **told)
    assert [one.load_code for one in queries.uncovered(town.lamp.pk)] == ["T3", "T5"]
    give_responsibility(extent=Extent.LOAD, targets=["T1"], user_id=town.ma.pk, **told)
    assert _answers() == {"1001": "马立军", "1003": "林晓岚"}
    give_responsibility(extent=Extent.ACCOUNT, targets=["1001"], user_id=town.zhou.pk, **told)
    assert _answers() == {"1001": "周国平", "1003": "林晓岚"}
    assert give_responsibility(extent=Extent.LOAD, targets=["T1"], user_id=town.ma.pk, **told) == []
    give_responsibility(extent=Extent.LOAD, targets=["T1"], user_id=town.lin.pk, because="轮岗", **told)
    handed = [one.fact for one in ledger.facts(classes=[ResponsibilityGiven])][-1]
    assert (handed.before_user_id, handed.target) == (town.ma.pk, "T1")
    assert len(queries.responsibilities_of_account(account().pk)) == 4
    assert queries.responsible_on(town.lamp.pk, "T1").name == "林晓岚"  # type: ignore[union-attr]
    give_responsibility(extent=Extent.STATION, targets=[""], user_id=town.zhou.pk, **told)
    assert queries.uncovered(town.lamp.pk) == []


def _answers() -> dict[str, str]:
    found = queries.customers_by_id([account("1001").pk, account("1003").pk])
    return {one.number: one.responsible_name for one in found.values() if one.responsible_name}


def test_anonymous_is_nobody_anywhere(town: World) -> None:
    cared(detail="呼吸机", approach="敲门")
    pk, person_id = account().pk, account().person_id
    with pytest.raises(ValueError, match="open"):
        anonymize(person_id=person_id, reason="x", **SYSTEM)
    close_account(account_id=pk, closed_date=DAY, **SYSTEM)
    with pytest.raises(ValueError, match="why"):
        anonymize(person_id=person_id, reason="", **SYSTEM)
    assert anonymize(person_id=person_id, reason="本人要求", **SYSTEM) == (pk,)
    assert not SearchKey.objects.filter(account_id=pk).exists()
    person = Person.objects.get(pk=person_id)
    assert (person.name, person.anonymized_at, person.phones.count()) == ("", AT, 0)
    care = Care.objects.get(account_id=pk)
    assert (care.detail, care.approach, care.proof, care.carers.count()) == ("", "", "", 0)
    assert account().premises.door == ""
    assert [one.fact.account_ids for one in ledger.facts(classes=[CustomerAnonymized])] == [(pk,)]


def test_a_file_does_not_bring_back_who_was_forgotten(town: World) -> None:
    pk, person_id = account().pk, account().person_id
    close_account(account_id=pk, closed_date=DAY, **SYSTEM)
    anonymize(person_id=person_id, reason="本人要求", **SYSTEM)
    later = AT + timedelta(days=1)
    same = take_in(town.lamp, row(phones=("12800000001",), voltage="220V"), at=later)
    assert (same.same_count, same.changed_count) == (1, 0)
    assert (account().person.name, account().closed_date) == ("", DAY)
    take_in(town.lamp, row("1001", "新住户", phones=("12800000099",)), at=later)
    assert (account().person.name, account().closed_date) == ("新住户", None), (
        "whoever lives there now is somebody else"
    )
    assert account().person_id != person_id
    assert Person.objects.get(pk=person_id).name == ""
    found = queries.search([town.lamp.path], "新住户").hits
    assert [hit.customer.number for hit in found] == ["1001"]


def test_nobody_reviews_themselves(town: World) -> None:
    look = unmask(account_id=account().pk, what=Unmasked.NAME, reason="核对", **SYSTEM)
    assert look.until_at - look.unmasked_at == timedelta(seconds=60)
    with pytest.raises(ValueError, match="themselves"):
        review_unmasking(unmasking_id=look.pk, finding=UnmaskFinding.NEEDED, **SYSTEM)
    with pytest.raises(ValueError, match="why"):
        unmask(account_id=account().pk, what=Unmasked.NAME, reason=" ", **SYSTEM)


def test_a_timeline_is_gathered_from_whoever_knows(town: World) -> None:
    def others(account_id: int, load_code: str, unit_id: int, *, limit: int, before: Any) -> list[queries.Moment]:
        assert (account_id, load_code, unit_id) == (account().pk, "T1", town.lamp.pk)
        told = [queries.Moment(at=AT + timedelta(hours=n), kind="call", text=f"{n}") for n in range(3)]
        return [one for one in told if one.at < before][:limit]

    cared()
    seen = queries.customers_by_id([account().pk])[account().pk]
    queries.MOMENTS.ask([others])
    try:
        with translation.override("en"):
            told = queries.timeline(seen, before=AT + timedelta(hours=2), limit=3)
    finally:
        queries.MOMENTS.ask_no_more(others)
    assert [one.text for one in told] == ["1", "Taken into the special-care register", "0"]
    assert [one.at for one in told] == sorted((one.at for one in told), reverse=True)
