"""How often something happened lately, counted by this process: whoever does it too often waits.

Nobody can read from a count whom it is of, and it is gone when the process is.
"""

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. Behind a proxy, which https stands for, the last address that the proxy tells."""
    told = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() if settings.HTTPS else ""
    return told or request.META.get("REMOTE_ADDR", "")


def neighborhood_of(request: HttpRequest) -> str:
    """The same, of IPv6 as far as a household has one: it may choose freely what follows."""
    told = address_of(request)
    try:
        address = ip_address(told)
    except ValueError:
        return told
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else told


@dataclass(frozen=True)
class Count:
    """How often ``words`` did something within a time that begins with the first."""

    what: str
    words: tuple[str, ...]
    most: int
    within_s: int

    @property
    def _key(self) -> str:
        return f"{self.what}:{sha256(repr(self.words).encode()).hexdigest()}"

    @property
    def is_spent(self) -> bool:
        """Whether it was as often as is allowed."""
        return bool(cache.get(self._key, 0) >= self.most)

    def add(self) -> None:
        """It happened once more."""
        if not cache.add(self._key, 1, timeout=self.within_s):
            try:
                cache.incr(self._key)
            except ValueError:  # the time was over between the two
                cache.set(self._key, 1, timeout=self.within_s)
