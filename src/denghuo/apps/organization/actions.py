"""Every write to the organization."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from denghuo.apps.ledger.actions import record
from denghuo.apps.organization.facts import (
    CalendarImported,
    CalendarYearWithdrawn,
    PasswordChanged,
    RoleAssigned,
    TokenGiven,
    TokenRevoked,
    UnitOpened,
    UserRegistered,
)
from denghuo.apps.organization.models import Assignment, CalendarDay, Role, Token, Unit, UnitKind, User
from denghuo.apps.organization.queries import TOKEN_BEGINS, digest_of, withdrawable_years
from denghuo.apps.organization.snapshot import CALENDAR_SOURCE, calendar_days

_BATCH = 200


class NameInUseError(ValueError):
    """A program of this name may sign in to the unit already."""


@transaction.atomic
def open_unit(*, code: str, name: str, kind: UnitKind, parent: Unit | None, at: datetime, actor: str) -> Unit:
    """Open a unit below its parent; the path is fixed from then on."""
    unit = Unit.objects.create(code=code, name=name, kind=kind, parent=parent)
    unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    record(UnitOpened(unit_id=unit.pk, code=code, path=unit.path), at=at, actor=actor)
    return unit


@transaction.atomic
def register_user(*, username: str, display_name: str, password: str | None, at: datetime, actor: str) -> User:
    """Register a person; without a password the account cannot sign in."""
    user = User.objects.create_user(username=username, display_name=display_name, password=password)
    record(UserRegistered(user_id=user.pk, username=username), at=at, actor=actor)
    return user


@transaction.atomic
def change_password(*, user: User, password: str, at: datetime, actor: str) -> None:
    """Give a person another password; only that it was changed is recorded."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record(PasswordChanged(user_id=user.pk), at=at, actor=actor)


@transaction.atomic
def assign_role(*, user: User, unit: Unit, role: Role, at: datetime, actor: str) -> Assignment:
    """Give a person a role in a unit; giving it twice changes nothing."""
    assignment, created = Assignment.objects.get_or_create(user=user, unit=unit, role=role)
    if created:
        user.roles_held = None
        record(RoleAssigned(user_id=user.pk, unit_id=unit.pk, role=role), at=at, actor=actor)
    return assignment


@transaction.atomic
def give_token(*, name: str, assignment: Assignment, at: datetime, actor: str) -> tuple[Token, str]:
    """Let a program sign in as somebody in one of their roles; the row, and the token, which is shown now or never.

    Raises:
        NameInUseError: another token of the unit has this name and is not revoked.
    """
    if Token.objects.filter(name=name.strip(), unit_id=assignment.unit_id, revoked_at=None).exists():
        raise NameInUseError(name)
    secret = f"{TOKEN_BEGINS}{secrets.token_urlsafe(32)}"
    row = Token.objects.create(
        name=name.strip(),
        user_id=assignment.user_id,
        unit_id=assignment.unit_id,
        role=assignment.role,
        digest=digest_of(secret),
        given_at=at,
        given_by=actor,
    )
    fact = TokenGiven(token_id=row.pk, user_id=row.user_id, unit_id=row.unit_id, role=row.role)
    record(fact, at=at, actor=actor)
    return row, secret


@transaction.atomic
def revoke_token(*, token_id: int, at: datetime, actor: str) -> bool:
    """Let a program in no more; False: it was so already."""
    revoked = Token.objects.filter(pk=token_id, revoked_at=None).update(revoked_at=at, revoked_by=actor)
    if revoked:
        record(TokenRevoked(token_id=token_id), at=at, actor=actor)
    return bool(revoked)


@transaction.atomic
def import_calendar(*, rows: Sequence[CalendarDay], source: str, at: datetime, actor: str) -> int:
    """Take over holidays and make-up workdays; the years they speak of are replaced as a whole."""
    years = sorted({row.date.year for row in rows})
    for year in years:
        CalendarDay.objects.filter(date__year=year).delete()
    for row in rows:
        row.source = row.source or source
    CalendarDay.objects.bulk_create(rows, batch_size=_BATCH)
    record(CalendarImported(years=tuple(years), day_count=len(rows), source=source), at=at, actor=actor)
    return len(rows)


@transaction.atomic
def withdraw_calendar_year(*, year: int, at: datetime, actor: str) -> int:
    """Tell the holidays of a year no more, as after a slip; how many there were, 0 where the year has to stay."""
    count = withdrawable_years(timezone.localdate(at)).get(year, 0)
    if count:
        CalendarDay.objects.filter(date__year=year).delete()
        record(CalendarYearWithdrawn(year=year, day_count=count), at=at, actor=actor)
    return count


@transaction.atomic
def take_over_calendar(*, at: datetime, actor: str) -> int:
    """Take over the calendar as it was announced, where nobody has told any yet; how many days were told."""
    if CalendarDay.objects.exists():
        return 0
    rows = [CalendarDay(date=day, kind=kind, name=name, source=told) for day, kind, name, told in calendar_days()]
    return import_calendar(rows=rows, source=CALENDAR_SOURCE, at=at, actor=actor)
