"""Crews, who is in them, and when they are on duty."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from denghuo.apps.crews import actions, queries
from denghuo.apps.crews.facts import DutyWithdrawn, MemberLeft, PhoneUnmasked
from denghuo.apps.crews.models import CrewMember, Duty
from denghuo.apps.ledger import queries as ledger
from tests.apps.crews.conftest import WHO, Town, send
from tests.world import AT

HOUR = timedelta(hours=1)


def test_somebody_is_in_one_crew_at_a_time(town: Town) -> None:
    actions.join_crew(crew_id=town.second.pk, user_id=town.hu.pk, phone="19900000009", **WHO)
    membership = queries.membership_of(town.hu.pk)
    assert membership is not None
    assert membership.crew == town.second
    assert len(ledger.facts(classes=[MemberLeft])) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        CrewMember.objects.create(crew=town.first, user=town.hu, joined_at=AT)


def test_a_new_leader_takes_the_place_of_the_old(town: Town) -> None:
    actions.join_crew(crew_id=town.first.pk, user_id=town.hu.pk, phone="19900000009", is_leader=True, **WHO)
    members = queries.members_of([town.first.pk])[town.first.pk]
    assert [(str(one), one.is_leader) for one in members] == [("胡大海", True), ("马立军", False)]
    assert CrewMember.objects.filter(user=town.hu).count() == 1


def test_phones_lie_sealed(town: Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM crews_crewmember")
        stored = [bytes(row[0]) for row in cursor.fetchall()]
    assert not any(b"1990000" in one for one in stored)
    assert queries.members_of([town.first.pk])[town.first.pk][0].phone == "19900000001"


def test_a_number_is_seen_for_a_reason(town: Town) -> None:
    with pytest.raises(ValueError, match="reason"):
        actions.unmask_phone(subject="crews.member:1", reason=" ", **WHO)
    actions.unmask_phone(subject="crews.member:1", reason="问路", **WHO)
    assert ledger.facts(classes=[PhoneUnmasked])[0].fact.reason == "问路"


def test_a_crew_that_has_something_to_do_stays(town: Town) -> None:
    row = send(town)
    with pytest.raises(ValueError, match="stays"):
        actions.close_crew(crew_id=town.first.pk, **WHO)
    actions.withdraw_assignment(assignment_id=row.pk, reason="误报", **WHO)
    actions.close_crew(crew_id=town.first.pk, **WHO)
    assert queries.membership_of(town.hu.pk) is None
    assert town.first not in queries.crews_within([town.world.lamp.path])
    same = actions.CrewEntry(name=town.first.name)
    assert actions.open_crew(unit_id=town.world.lamp.pk, entry=same, **WHO).pk != town.first.pk


def test_duties_do_not_overlap(town: Town) -> None:
    crew = town.first.pk
    for start, end in ((3, 5), (-9, -7), (0, 1), (6, 6)):
        with pytest.raises(ValueError, match="duty"):
            actions.set_duties(crew_id=crew, spans=[(AT + start * HOUR, AT + end * HOUR)], **WHO)
    with pytest.raises(ValueError, match="already"):
        actions.set_duties(crew_id=crew, spans=[(AT + 5 * HOUR, AT + 8 * HOUR), (AT + 7 * HOUR, AT + 9 * HOUR)], **WHO)
    actions.set_duties(crew_id=crew, spans=[(AT + 4 * HOUR, AT + 5 * HOUR)], **WHO)


def test_a_duty_taken_back_keeps_what_was_worked(town: Town) -> None:
    (running,) = queries.duties_of([town.first.pk], since=AT)[town.first.pk]
    actions.withdraw_duty(duty_id=running.pk, **WHO)
    running.refresh_from_db()
    assert running.until_at == AT
    assert queries.worked_h([running], at=AT + HOUR) == 8.0
    with pytest.raises(ValueError, match="was worked"):
        actions.withdraw_duty(duty_id=running.pk, at=AT + HOUR, actor="zhou")
    (later,) = actions.set_duties(crew_id=town.first.pk, spans=[(AT + HOUR, AT + 2 * HOUR)], **WHO)
    actions.withdraw_duty(duty_id=later.pk, **WHO)
    assert not Duty.objects.filter(pk=later.pk).exists()
    assert len(ledger.facts(classes=[DutyWithdrawn])) == 2


def test_a_price_that_a_quote_goes_by_stays(town: Town) -> None:
    entry = actions.PriceEntry(
        code="A03",
        name="更换铜芯线",
        measure="m",
        price_fen=1000,
        from_date=town.cable.from_date,
        source="更正",
    )
    actions.set_price(unit_id=town.world.lamp.pk, entry=entry, **WHO)
    (row,) = queries.prices(town.world.lamp, on=entry.from_date)
    assert (row.pk, row.price_fen) == (town.cable.pk, 1000)
    lifted = actions.PriceEntry(**vars(entry) | {"from_date": entry.from_date + timedelta(days=2), "is_lifted": True})
    actions.set_price(unit_id=town.world.lamp.pk, entry=lifted, **WHO)
    assert queries.prices(town.world.lamp, on=lifted.from_date) == []
    assert queries.prices(town.world.lamp, on=entry.from_date - timedelta(days=1)) == []
