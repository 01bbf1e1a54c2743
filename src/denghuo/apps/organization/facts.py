"""What happens in the organization."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class UnitOpened:
    unit_id: int
    code: str
    path: str


@dataclass(frozen=True, kw_only=True)
class UserRegistered:
    user_id: int
    username: str


@dataclass(frozen=True, kw_only=True)
class PasswordChanged:
    user_id: int


@dataclass(frozen=True, kw_only=True)
class RoleAssigned:
    user_id: int
    unit_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class TokenGiven:
    """A program may sign in; the token itself is nowhere."""

    token_id: int
    user_id: int
    unit_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class TokenRevoked:
    token_id: int


@dataclass(frozen=True, kw_only=True)
class CalendarImported:
    years: tuple[int, ...]
    day_count: int
    source: str


@dataclass(frozen=True, kw_only=True)
class CalendarYearWithdrawn:
    """No holiday of that year is told any more."""

    year: int
    day_count: int
