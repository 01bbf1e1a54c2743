"""Every read of the organization that others may use."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.utils.translation import gettext

from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission, within
from denghuo.apps.organization.models import Assignment, CalendarDay, Token, Unit, UnitKind, User
from denghuo.apps.organization.snapshot import counted_years

TOKEN_BEGINS = "dh_"  # so that whoever finds one in a file knows what it is
_PROGRAMS = {"command line", "demo", "rounds", "sender", "system"}  # who acts without being a person
_USED_AGAIN = timedelta(hours=1)


def units_within(scope: Iterable[str]) -> list[Unit]:
    """Units of a data scope, as a tree in depth-first order."""
    return list(Unit.objects.filter(within(scope, field="path")).order_by("path"))


def stations_within(scope: Iterable[str]) -> list[Unit]:
    """Supply stations of a data scope."""
    return list(Unit.objects.filter(within(scope, field="path"), kind=UnitKind.STATION).order_by("path"))


def people_who(permission: Permission, *, path: str | None) -> list[User]:
    """Everybody active who may do this in the unit of a path or in a part of it, by name."""
    roles = [role for role, permissions in PERMISSIONS_OF_ROLE.items() if permission in permissions]
    rows = Assignment.objects.filter(role__in=roles, user__is_active=True).select_related("user", "unit")
    paths = ((row.user, row.unit.path) for row in rows)
    found = {user for user, own in paths if path and own and (path.startswith(own) or own.startswith(path))}
    return sorted(found, key=lambda user: (str(user), user.pk))


def names_of(usernames: Iterable[str]) -> dict[str, str]:
    """What these people are called, by user name, and programs of this product; who else has no account is not among
    them."""
    asked = set(usernames)
    people = {user.username: str(user) for user in User.objects.filter(username__in=asked)}
    return {name: gettext("The system") for name in asked & _PROGRAMS} | people


def all_calendar_days(*, first: date | None = None) -> list[CalendarDay]:
    """Holidays and make-up workdays, from a day on."""
    rows = CalendarDay.objects.order_by("date")
    return list(rows.filter(date__gte=first) if first else rows)


def unknown_years(first: date, last: date) -> list[int]:
    """Years of which no holiday has been told: nobody knows which of its days are worked."""
    known = set(CalendarDay.objects.filter(date__year__gte=first.year).values_list("date__year", flat=True))
    return [year for year in range(first.year, last.year + 1) if year not in known]


def calendar_years() -> dict[int, int]:
    """How many holidays and make-up workdays are told of each year."""
    return dict(sorted(Counter(day.year for day in CalendarDay.objects.values_list("date", flat=True)).items()))


def years_lacking(new: Iterable[int], known: Iterable[int]) -> list[int]:
    """Years that lie between those newly told and those by which deadlines are counted, and of which none is told."""
    known, new = set(known), set(new)
    wanted = new | set(counted_years(known))
    told = known | new
    if wanted <= set(counted_years(told)):
        return []
    return [year for year in range(min(wanted), max(wanted) + 1) if year not in told]


def withdrawable_years(on: date) -> dict[int, int]:
    """Years that can be told no more, with how many days they have: not the year of the day, and no gap is left."""
    told = calendar_years()
    counted = set(counted_years(told))
    return {
        year: count
        for year, count in told.items()
        if year != on.year and counted - {year} <= set(counted_years(told.keys() - {year}))
    }


def digest_of(secret: str) -> str:
    """What is kept of a token: it is random enough that nobody finds one to a digest."""
    return sha256(secret.encode()).hexdigest()


def program_of(secret: str, *, at: datetime) -> User | None:
    """In whose name a token signs in, with the one role that it has; None: it was never given, is revoked, or whoever
    it stands for has that role no more."""
    row = Token.objects.filter(digest=digest_of(secret), revoked_at=None).select_related("user", "unit").first()
    if row is None or not row.user.is_active:
        return None
    if not Assignment.objects.filter(user_id=row.user_id, unit_id=row.unit_id, role=row.role).exists():
        return None
    if row.used_at is None or row.used_at < at - _USED_AGAIN:
        Token.objects.filter(pk=row.pk).update(used_at=at)
    user: User = row.user
    user.roles_held = [(row.role, row.unit.path)]
    return user


def tokens_within(scope: Iterable[str]) -> list[Token]:
    """Tokens of a scope, the newest first."""
    rows = Token.objects.filter(within(scope, field="unit__path")).select_related("user", "unit")
    return list(rows.order_by("revoked_at", "-given_at"))


def assignments_within(scope: Iterable[str]) -> list[Assignment]:
    """Who holds which role in the units of a scope."""
    rows = Assignment.objects.filter(within(scope, field="unit__path"), user__is_active=True)
    return list(rows.select_related("user", "unit").order_by("unit__path", "user__display_name", "role"))
