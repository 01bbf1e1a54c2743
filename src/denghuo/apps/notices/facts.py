"""What happened to notices. Their words stand with the notices, not here."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, kw_only=True)
class NoticeQueued:
    """Somebody is to be told something. ``kind`` is what it is about, as `context.thing`."""

    notice_id: int
    recipient_id: int
    kind: str
    urgent: bool


@dataclass(frozen=True, kw_only=True)
class NoticeRead:
    """The person it was for opened it."""

    notice_id: int


@dataclass(frozen=True, kw_only=True)
class NoticeWithdrawn:
    """What it told holds no more."""

    notice_id: int


@dataclass(frozen=True, kw_only=True)
class MessagesQueued:
    """Messages about something are to leave the product. Who they are for stands with them, not here."""

    about: str
    event: str
    ring: int
    message_count: int


@dataclass(frozen=True, kw_only=True)
class MessagesCancelled:
    """What was to be told holds no more: what had not left stays here, and nobody waits for answers any more."""

    about: str
    reason: str
    message_count: int


@dataclass(frozen=True, kw_only=True)
class MessagesExpired:
    """Messages came too late to be of use, and were not sent."""

    message_count: int


@dataclass(frozen=True, kw_only=True)
class MessagesTried:
    """A gateway was handed messages: it took them, asks for another try, refuses them, or nobody knows. NULL: there was
    no gateway for them."""

    gateway_id: int | None
    taken_count: int
    again_count: int
    refused_count: int
    unsure_count: int


@dataclass(frozen=True, kw_only=True)
class ReceiptsTaken:
    """A gateway reported what became of messages. ``unknown_count`` are about none that we know."""

    gateway_id: int
    delivered_count: int
    failed_count: int
    answered_count: int
    unknown_count: int
    repeated_count: int


@dataclass(frozen=True, kw_only=True)
class MessageAnswered:
    """Somebody answered: pressed a key, wrote back, or was reached by a person."""

    message_id: int
    about: str
    event: str
    to_ref: str
    ring: int
    unit_id: int
    answer: str


@dataclass(frozen=True, kw_only=True)
class MessageUnanswered:
    """The time for an answer is over and there is none: the next rung of the ladder."""

    message_id: int
    about: str
    event: str
    to_ref: str
    ring: int
    unit_id: int


@dataclass(frozen=True, kw_only=True)
class MessageRetried:
    """Somebody had an undeliverable message tried again."""

    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageUnmasked:
    """Somebody looked at where a message goes, and what it says, in full."""

    message_id: int
    reason: str
    subject: str = ""
    name: str = ""
    unit_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class GatewaySet:
    """A gateway was set up or changed. Its credentials stand sealed in its row, not here."""

    gateway_id: int
    unit_id: int
    name: str
    kind: str
    channel: str
    priority: int
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class GatewayTemplateSet:
    """The code under which a gateway has registered the words of an event; an empty one: none any more."""

    gateway_id: int
    event: str
    code: str


@dataclass(frozen=True, kw_only=True)
class GatewayRested:
    """A gateway failed so often in a row that it is passed over for a while."""

    gateway_id: int
    failures: int
    until_at: datetime


@dataclass(frozen=True, kw_only=True)
class MessageTemplateSet:
    """How a message is worded from a day on."""

    unit_id: int
    event: str
    channel: str
    from_date: date
    text: str
    source: str


@dataclass(frozen=True, kw_only=True)
class NoticeRuleSet:
    """What the law, or a promise, asks of a notice from a day on."""

    unit_id: int
    case: str
    audience: str
    from_date: date
    ahead_min: int
    channels: tuple[str, ...]
    basis: str
    source: str
    holds: bool


@dataclass(frozen=True, kw_only=True)
class PreferenceSet:
    """Somebody said how they want to be told."""

    to_ref: str
    channels: tuple[str, ...]
    opted_out: tuple[str, ...]
    quiet: bool


@dataclass(frozen=True, kw_only=True)
class NoticeDelivered:
    """A notice was brought, posted or told by a person. Who signed for it stands with it, not here."""

    delivery_id: int
    about: str
    case: str
    to_ref: str
    how: str


@dataclass(frozen=True, kw_only=True)
class MessageCalledByHand:
    """Somebody called whom a message is for, and reached them or not. What was said is with the message."""

    message_id: int
    about: str
    is_reached: bool


@dataclass(frozen=True, kw_only=True)
class NoticesPrinted:
    """Notices on paper were made for so many."""

    about: str
    case: str
    notice_count: int


@dataclass(frozen=True, kw_only=True)
class AddressesForgotten:
    """So many messages and deliveries no longer say to whom they went."""

    count: int
