"""What others know of the things that messages are about, and of those whom they are for."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from denghuo.apps.notices.models import Gateway
from denghuo.apps.organization.ports import Port


@dataclass(frozen=True, kw_only=True)
class Matter:
    """Something that can be told of. ``since``: nothing of it could be told before; None: not known. ``is_off``: it
    does not take place, and only who ``knew`` of it is still to be told so. ``concerns``: whether it concerns somebody,
    by their reference."""

    since: datetime | None
    is_off: bool
    concerns: Callable[[str], bool]
    knew: Callable[[str], bool] = lambda _ref: False


# Who knows a matter by its reference; None: they do not know it.
MATTERS: Port[Callable[[str], Matter | None]] = Port("notices.matters")
# What things and people are called, masked, by their references; what somebody does not know is left out.
NAMES: Port[Callable[[Collection[str]], Mapping[str, str]]] = Port("notices.names")
# Who has a number within a unit, by their references.
NUMBERED: Port[Callable[[str, str], Sequence[str]]] = Port("notices.numbered")

PUBLIC = "public"  # whom a public announcement is for
MINUTE = timedelta(minutes=1)  # people tell times to the minute
_GATEWAY = "notices.gateway:"


def names_of(refs: Iterable[str]) -> dict[str, str]:
    """What things and people are called; what nobody knows keeps its reference."""
    wanted = set(refs)
    return {ref: ref for ref in wanted} | _known(wanted)


def _known(refs: Collection[str]) -> dict[str, str]:
    own = {ref: ref.removeprefix(_GATEWAY) for ref in refs if ref.startswith(_GATEWAY)}
    gateways = Gateway.objects.filter(pk__in=[key for key in own.values() if key.isdecimal()])
    found = {f"{_GATEWAY}{row.pk}": row.name for row in gateways} if own else {}
    for known in NAMES:
        found |= known(refs)
    return found | ({PUBLIC: _("Everybody, in public")} if PUBLIC in refs else {})


def numbered(number: str, *, unit_path: str) -> str | None:
    """The reference of whoever has a number in a unit or below; None: nobody, or several."""
    found = [ref for known in NUMBERED for ref in known(number, unit_path)]
    return found[0] if len(found) == 1 else None


def matter_of(about: str) -> Matter | None:
    """What is known of a matter; None where nobody knows it."""
    return next((found for known in MATTERS if (found := known(about)) is not None), None)


def matter_since(about: str) -> datetime | None:
    """Since when something could be told; None where nobody knows."""
    found = matter_of(about)
    return found.since if found else None


def is_before_matter(about: str, delivered_at: datetime) -> bool:
    """Whether a notice is said to have come before there was anything to tell."""
    since = matter_since(about)
    return since is not None and delivered_at + MINUTE <= since


def lack_of_matter(about: str, to_ref: str = "") -> str:
    """Why nothing can be proved of a matter any more, to somebody or at all, "" where it can: who knew of what was
    cancelled can be told so."""
    found = matter_of(about)
    if found is None or not found.is_off or (to_ref and found.knew(to_ref)):
        return ""
    return _("This was cancelled: there is nothing left to be told.")


def lack_of_addressee(about: str, to_ref: str) -> str:
    """Why somebody cannot have been given notice of a matter, "" where they can."""
    if to_ref == PUBLIC:
        return ""
    if to_ref not in _known([to_ref]):
        return _("Nobody is known by this number here.")
    found = matter_of(about)
    if found and not found.concerns(to_ref):
        return _("Their supply does not hang on this: a notice to them proves nothing.")
    return ""
