"""When supply is expected back, as somebody says, or as such faults took here."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from denghuo.apps.ledger.actions import record
from denghuo.apps.outages import queries
from denghuo.apps.outages.facts import EstimateGiven, FaultSuspected, TellingRuleSet
from denghuo.apps.outages.models import QUIET, Estimate, Method, Outage, Suspicion, TellingRule


class NothingToExpectError(ValueError):
    """Supply is back already, or nobody suspects that it is gone."""


class TooFarAheadError(ValueError):
    """The time lies so far ahead that it is a slip of the keyboard."""


class ReasonWantedError(ValueError):
    """Somebody has said another time before: why it changes, is told with it."""


@transaction.atomic
def give_estimate(
    *, about: str, expected_at: datetime, method: Method, team: str, reason: str, at: datetime, actor: str
) -> Estimate:
    """Say when supply is expected back. What was said before stays, and is judged with the rest when supply came; the
    same word once more is none.

    Raises:
        NothingToExpectError: it is over, or there is no such outage.
        TooFarAheadError: nobody expects supply that late.
        ReasonWantedError: it changes what somebody said, and no reason is given.
        ValueError: the time has passed.
    """
    subject = queries.subject_of(about)
    over = subject is None or (subject.restored_at is not None if isinstance(subject, Outage) else subject.is_over)
    if subject is None or over:
        raise NothingToExpectError(about)
    if expected_at <= at:
        raise ValueError("supply is expected back at a time to come")
    if expected_at > at + queries.MOST_AHEAD:
        raise TooFarAheadError(expected_at)
    last = queries.last_word_of(subject)
    if last is not None and queries.is_said(last, expected_at, method, team):
        return last  # nobody is told the same twice
    if not reason.strip() and queries.asks_reason(last, expected_at):
        raise ReasonWantedError(about)
    of = {"outage": subject} if isinstance(subject, Outage) else {"suspicion": subject}
    row = Estimate.objects.create(
        expected_at=expected_at, method=method, team=team, reason=reason, told_at=at, told_by=actor, **of
    )
    _tell(row, about, at=at, actor=actor)
    return row


def _tell(row: Estimate, about: str, *, at: datetime, actor: str) -> None:
    reports = queries.reports_of(
        outage_ids=[row.outage_id] if row.outage_id else [],
        suspicion_ids=[row.suspicion_id] if row.suspicion_id else [],
    )
    fact = EstimateGiven(
        about=about,
        expected_at=row.expected_at,
        method=row.method,
        team=row.team,
        order_ids=tuple(reports.order_by("order_id").values_list("order_id", flat=True)),
    )
    record(fact, at=at, actor=actor)


def follow_suspicion(fact: FaultSuspected, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: the first expected time is as long as such faults took here."""
    del delivery_key
    suspicion = Suspicion.objects.select_related("network__unit").filter(pk=fact.suspicion_id).first()
    if suspicion is not None and not suspicion.is_over and not suspicion.estimates.exists():
        estimate_from_history(subject=suspicion, at=at, actor=actor)


@transaction.atomic
def estimate_from_history(*, subject: Outage | Suspicion, at: datetime, actor: str) -> Estimate | None:
    """The first expected time of a fault; None where there is no history, or it has gone on for
    longer than such faults do."""
    rule = queries.rule_for(str(subject.network.unit.path), on=timezone.localdate(at))
    found = queries.usual(subject.network_id, device_code=subject.device_code, share=rule.estimate_share, at=at)
    is_outage = isinstance(subject, Outage)
    began_at = subject.started_at if isinstance(subject, Outage) else subject.first_reported_at
    if found is None or began_at is None:
        return None
    expected_at = began_at + timedelta(minutes=found.share_min)
    if expected_at <= at:
        return None
    row = Estimate.objects.create(
        expected_at=expected_at,
        method=Method.HISTORY,
        told_at=at,
        told_by=actor,
        **({"outage": subject} if is_outage else {"suspicion": subject}),
    )
    _tell(row, f"outages.{'outage' if is_outage else 'suspicion'}:{subject.pk}", at=at, actor=actor)
    return row


@transaction.atomic
def set_telling_rule(
    *,
    unit_id: int,
    from_date: date,
    care_answer_within_s: int,
    others_after_s: int,
    ask_within_s: int,
    estimate_share: float,
    remind_before_s: int,
    remind_again_s: int,
    plan_told_before_s: int,
    phone: str,
    source: str,
    quiet_from: time | None = QUIET[0],
    quiet_until: time | None = QUIET[1],
    at: datetime,
    actor: str,
) -> TellingRule:
    """Say how people are told of faults and plans from a day on; said again for the same day, it replaces that.

    Raises:
        ValueError: nobody says where the rule comes from, or quiet hours have only one end.
        django.db.IntegrityError: the share is not between none and all.
    """
    if not source.strip():
        raise ValueError("a rule says where it comes from")
    if (quiet_from is None) != (quiet_until is None):
        raise ValueError("quiet hours have a beginning and an end")
    told = {
        "care_answer_within_s": care_answer_within_s,
        "others_after_s": others_after_s,
        "ask_within_s": ask_within_s,
        "estimate_share": estimate_share,
        "remind_before_s": remind_before_s,
        "remind_again_s": remind_again_s,
        "plan_told_before_s": plan_told_before_s,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "phone": phone,
        "source": source,
    }
    row, _new = TellingRule.objects.update_or_create(unit_id=unit_id, from_date=from_date, defaults=told)
    record(TellingRuleSet(unit_id=unit_id, from_date=row.from_date, source=source), at=at, actor=actor)
    return row
