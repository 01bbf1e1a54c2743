"""How messages are worded: by the nearest unit's template of the day, else by the product's own words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from denghuo.apps.notices.models import Channel, MessageTemplate
from denghuo.apps.notices.queries.events import EVENTS
from denghuo.apps.organization.access import within

_PLACE = re.compile(r"\{(\w+)\}")
_BRACE = re.compile(r"[{}｛｝]")  # a Chinese keyboard writes the wide ones


class WordsError(LookupError):
    """A message cannot be worded."""


class UnknownEventError(WordsError):
    """Nobody has said how this event is worded on this channel."""


class MissingValuesError(WordsError):
    """The words name what was not given: its names in ``missing``."""

    def __init__(self, event: str, missing: tuple[str, ...]) -> None:
        super().__init__(f"{event}: the words ask for {', '.join(missing)}")
        self.event, self.missing = event, missing


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The words in force; ``template_id`` is None for the product's own."""

    event: str
    channel: str
    text: str
    template_id: int | None
    source: str


def words(*, event: str, channel: str, unit_path: str, on: date, values: Mapping[str, str] | None = None) -> str:
    """What a message about an event says on a local day, its places filled in.

    Raises:
        UnknownEventError: there are no words for it.
        MissingValuesError: they name what is not among the values.
    """
    told = values or {}
    text = wording(event=event, channel=channel, unit_path=unit_path, on=on).text
    missing = tuple(name for name in places(text) if name not in told)
    if missing:
        raise MissingValuesError(event, missing)
    return _PLACE.sub(lambda place: str(told[place[1]]), text)


def wording(*, event: str, channel: str, unit_path: str, on: date) -> Wording:
    """The words in force on a local day: the unit's own, else those of the nearest above it, else the product's.

    Raises:
        UnknownEventError: there are none.
    """
    rows = MessageTemplate.objects.filter(event=event, channel=channel, from_date__lte=on).select_related("unit")
    reaching = [row for row in rows if unit_path.startswith(str(row.unit.path))]
    if reaching:
        row = max(reaching, key=lambda row: (len(str(row.unit.path)), row.from_date))
        return Wording(event=event, channel=channel, text=row.text, template_id=row.pk, source=row.source)
    known = EVENTS.get(event)
    text = known and (known.words.get(channel) or known.words.get(Channel.SMS))
    if not text:
        raise UnknownEventError(f"nothing says how {event} is worded by {channel}")
    return Wording(event=event, channel=channel, text=text, template_id=None, source="")


def places(text: str) -> tuple[str, ...]:
    """The names in braces, each once, in order.

    >>> places("{area}停电，{area}请准备{end}")
    ('area', 'end')
    """
    return tuple(dict.fromkeys(_PLACE.findall(text)))


def lack_of_words(text: str, *, event: str) -> str:
    """Why these words cannot be sent about an event, "" where they can: what is not filled in would reach people as it
    stands, and what the law asks for is said. Of an event not known here, any name may stand in braces."""
    if _BRACE.search(_PLACE.sub("", text)):
        return _("What is filled in stands between half-width braces, as {area}. No other braces may remain.")
    known, named = EVENTS.get(event), places(text)
    for name in named if known else ():
        if known and name not in known.values:
            return _("Nothing known of it is named {%s}.") % name
    missing = [name for name in known.must if name not in named] if known else []
    if missing:
        return _("The law asks that it says: %s.") % " ".join(f"{{{name}}}" for name in missing)
    return ""


def templates_within(scope: Iterable[str]) -> list[MessageTemplate]:
    """The templates of the units of a scope, the newest first."""
    return list(MessageTemplate.objects.filter(within(scope, field="unit__path")).select_related("unit"))
