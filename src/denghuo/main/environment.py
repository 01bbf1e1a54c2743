"""Typed reading of the environment. A value that cannot be understood stops the start with its name and the reason."""

import os
import secrets
import tempfile
from collections.abc import Callable, Set
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from denghuo.adapters.sealing import Algorithm, Keyring, SealError, keyring_from_text, new_key_text

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str) -> str:
    """Return the variable without surrounding blanks; an empty one counts as not given."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """Return a yes-or-no variable."""
    value = text(name, "yes" if default else "no").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r}: expected one of {', '.join(sorted(_TRUE | _FALSE))}")


def whole(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number that is not below `least`."""
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r}: expected a whole number") from None
    if number < least:
        raise ImproperlyConfigured(f"{name}={value!r}: expected at least {least}")
    return number


def words(name: str, default: str = "") -> list[str]:
    """Return the comma-separated parts of a variable."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def choice(name: str, default: str, allowed: Set[str]) -> str:
    """Return a variable that must be one of `allowed`."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: not one of the known values")
    return value


def secret_key(name: str, home: Path) -> str:
    """Return the secret that signs sessions: from the environment, else from a file made on the first start."""
    if given := text(name, ""):
        if len(given) < 32:
            raise ImproperlyConfigured(f"{name} is shorter than 32 characters")
        return given
    return _made_once(home / "secret-key", lambda: secrets.token_urlsafe(50))


def _made_once(path: Path, make: Callable[[], str]) -> str:
    """What a file holds that is made on the first start."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and linked into place: two processes starting together end up with the same key.
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as draft:
            draft.write(make())
            draft.flush()
            with suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text().strip()


def data_keys(name: str, home: Path, *, algorithm: str) -> Keyring:
    """Return the keys of personal data: from the environment, else from a file made on the first start."""
    path = home / "data-keys"
    try:
        return keyring_from_text(text(name, "") or _made_once(path, lambda: new_key_text(1, Algorithm(algorithm))))
    except SealError as error:
        raise ImproperlyConfigured(f"{name if text(name, '') else path}: {error}") from None


def database(url: str, *, pool: int, busy_s: int) -> dict[str, Any]:
    """Return Django's settings of the database that `url` names: `sqlite:///path` or `postgresql://user@host:port/name`."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "sqlite":
            return _sqlite(unquote(parts.path.removeprefix("/")), busy_s=busy_s)
        if parts.scheme in {"postgres", "postgresql"}:
            return _postgresql(parts, pool=pool)
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}") from None
    raise ImproperlyConfigured(f"DATABASE_URL: unknown scheme {parts.scheme!r}; expected sqlite or postgresql")


def _sqlite(path: str, *, busy_s: int) -> dict[str, Any]:
    if not path:
        raise ImproperlyConfigured("DATABASE_URL: sqlite needs a path, for example sqlite:///var/denghuo.sqlite3")
    return {
        "ENGINE": "denghuo.main.sqlite",
        "NAME": path,
        "CONN_MAX_AGE": None,  # a new connection reads the whole schema anew, which costs more than most requests
        "OPTIONS": {
            # A transaction takes the write lock when it begins, so it never fails half-way for want of it.
            "transaction_mode": "IMMEDIATE",
            "timeout": busy_s,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _postgresql(parts: SplitResult, *, pool: int) -> dict[str, Any]:
    query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL: the name of the database is missing")
    # The folder of a local socket does not fit between // and /: it comes as ?host=/run/postgresql.
    host = query.pop("host", parts.hostname or "")
    port = query.pop("port", str(parts.port or ""))
    options: dict[str, Any] = {**query}
    if pool:
        options["pool"] = {"min_size": 0, "max_size": pool, "timeout": 30}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
    }
