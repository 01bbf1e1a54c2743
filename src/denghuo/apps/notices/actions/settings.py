"""How messages are sent: gateways, the words they have registered, templates, rules, wishes."""

import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from django.db import transaction

from denghuo.apps.ledger.actions import record
from denghuo.apps.notices.actions.messages import MessageEntry, queue_messages
from denghuo.apps.notices.facts import (
    GatewaySet,
    GatewayTemplateSet,
    MessageTemplateSet,
    NoticeRuleSet,
    PreferenceSet,
)
from denghuo.apps.notices.models import (
    Audience,
    Channel,
    Gateway,
    GatewayKind,
    GatewayTemplate,
    How,
    Message,
    MessageTemplate,
    NoticeCase,
    NoticeRule,
    Preference,
    Ring,
)
from denghuo.apps.notices.queries.words import lack_of_words
from denghuo.apps.sealed import blind

RECEIPT_BLIND = "notices.gateway.receipt_token"
TEST_EVENT = "notices.test"
_TEST_LASTS = timedelta(minutes=10)
_EVENT = re.compile(r"[a-z]+\.[a-z_]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")  # a name, or numbers of either kind
_SCHEMES = {GatewayKind.SMTP: {"smtp", "smtps"}}
_CHANNELS = {
    GatewayKind.ALIYUN: {Channel.SMS},
    GatewayKind.TENCENT: {Channel.SMS},
    GatewayKind.VOICE: {Channel.VOICE},
    GatewayKind.SMTP: {Channel.EMAIL},
    GatewayKind.WEBHOOK: set(Channel),
}


@dataclass(frozen=True, kw_only=True)
class GatewayEntry:
    """What is told of a gateway. ``secret`` None: it stays as it is."""

    name: str
    kind: str
    channel: str
    endpoint: str
    access_id: str = ""
    secret: str | None = None
    signature: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    rate_per_s: int = 50
    price_fen: Decimal = Decimal(0)
    priority: int = 1
    enabled: bool = True


@transaction.atomic
def set_gateway(
    *, unit_id: int, entry: GatewayEntry, at: datetime, actor: str, gateway_id: int | None = None
) -> Gateway:
    """Set a gateway up, or change the one of this key. Its credentials lie sealed and are in no fact.

    Raises:
        ValueError: its kind does not serve the channel, or its address is none.
    """
    _check(entry)
    if gateway_id is None:
        token = secrets.token_urlsafe(24)
        row = Gateway(
            unit_id=unit_id, secret="", receipt_token=token, receipt_blind=blind(token, context=RECEIPT_BLIND)
        )
    else:
        row = Gateway.objects.select_for_update().get(pk=gateway_id)
    told = {name: value for name, value in vars(entry).items() if name not in ("secret", "options")}
    for name, value in {**told, "options": dict(entry.options)}.items():
        setattr(row, name, value)
    if entry.secret is not None:
        row.secret = entry.secret
    row.failures, row.resting_until_at = 0, None  # it may be well again by what was changed
    row.save()
    waiting = Message.objects.filter(ended_at=None, reason="no_gateway", channel=row.channel)
    waiting.filter(unit__path__startswith=str(row.unit.path)).update(due_at=at)
    fact = GatewaySet(
        gateway_id=row.pk,
        unit_id=row.unit_id,
        name=row.name,
        kind=row.kind,
        channel=row.channel,
        priority=row.priority,
        enabled=row.enabled,
    )
    record(fact, at=at, actor=actor)
    return row


def _check(entry: GatewayEntry) -> None:
    kind = GatewayKind(entry.kind)
    if entry.channel not in _CHANNELS[kind]:
        raise ValueError("a gateway of this kind does not serve this channel")
    where = urlsplit(entry.endpoint)
    has_host = _HOST.fullmatch(where.hostname or "") and where.port != 0  # a port that is none raises ValueError
    if where.scheme not in _SCHEMES.get(kind, {"http", "https"}) or not has_host:
        raise ValueError("a gateway has an address")


@transaction.atomic
def set_gateway_template(
    *, gateway_id: int, event: str, code: str, variables: Sequence[str], at: datetime, actor: str
) -> None:
    """Say under which code a gateway has registered the words of an event; an empty one takes it back.

    Raises:
        ValueError: the event has no name.
    """
    if not _EVENT.fullmatch(event):
        raise ValueError("an event is named context.thing")
    if code:
        told = {"code": code, "variables": list(variables)}
        GatewayTemplate.objects.update_or_create(gateway_id=gateway_id, event=event, defaults=told)
    else:
        GatewayTemplate.objects.filter(gateway_id=gateway_id, event=event).delete()
    record(GatewayTemplateSet(gateway_id=gateway_id, event=event, code=code), at=at, actor=actor)


@transaction.atomic
def try_gateway(*, gateway_id: int, address: str, text: str, at: datetime, actor: str) -> Message:
    """Queue a message that leaves by this gateway and no other, at once."""
    row = Gateway.objects.get(pk=gateway_id)
    entry = MessageEntry(
        key=f"test:{uuid.uuid4().hex}",
        event=TEST_EVENT,
        about=f"notices.gateway:{row.pk}",
        channel=row.channel,
        ring=Ring.STAFF,
        to_ref=f"notices.gateway:{row.pk}",
        address=address,
        text=text,
        values={"text": text},
        unit_id=row.unit_id,
        expires_at=at + _TEST_LASTS,
    )
    queue_messages(entries=[entry], at=at, actor=actor)
    Message.objects.filter(key=entry.key).update(gateway_id=row.pk)
    return Message.objects.get(key=entry.key)


@transaction.atomic
def set_message_template(
    *, unit_id: int, event: str, channel: str, from_date: date, text: str, source: str, at: datetime, actor: str
) -> MessageTemplate:
    """Word the messages of a unit about an event from a day on, and say where that was written.

    Raises:
        ValueError: it says nothing, names what is not known of the event, or not what the law asks for.
    """
    if not text.strip() or not _EVENT.fullmatch(event) or channel not in Channel.values:
        raise ValueError("a message says something, about an event, by a channel")
    if lack := lack_of_words(text, event=event):
        raise ValueError(lack)
    told = {"text": text.strip(), "source": source}
    row, _ = MessageTemplate.objects.update_or_create(
        unit_id=unit_id, event=event, channel=channel, from_date=from_date, defaults=told
    )
    fact = MessageTemplateSet(unit_id=unit_id, event=event, channel=channel, from_date=from_date, **told)
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def set_notice_rule(
    *,
    unit_id: int,
    case: str,
    audience: str,
    from_date: date,
    ahead_min: int,
    channels: Sequence[str],
    basis: str,
    source: str,
    at: datetime,
    actor: str,
    states: str = "",
    holds: bool = True,
) -> NoticeRule:
    """Say what is owed in a case from a day on; ``holds`` False: nothing is, to this audience.

    Raises:
        ValueError: no such case, audience or channel, or nobody says on what it rests.
    """
    known = {*Channel.values, *How.values}
    if case not in NoticeCase.values or audience not in Audience.values or not known.issuperset(channels):
        raise ValueError("a rule is about a known case, audience and channels")
    if not basis.strip():
        raise ValueError("a rule says on what it rests")
    told = {"channels": list(channels), "states": states, "basis": basis, "source": source, "holds": holds}
    row, _ = NoticeRule.objects.update_or_create(
        unit_id=unit_id, case=case, audience=audience, ahead_min=ahead_min, from_date=from_date, defaults=told
    )
    fact = NoticeRuleSet(
        unit_id=unit_id,
        case=case,
        audience=audience,
        from_date=from_date,
        ahead_min=ahead_min,
        channels=tuple(channels),
        basis=basis,
        source=source,
        holds=holds,
    )
    record(fact, at=at, actor=actor)
    return row


@transaction.atomic
def set_preference(
    *,
    unit_id: int,
    to_ref: str,
    channels: Sequence[str],
    opted_out: Sequence[str],
    at: datetime,
    actor: str,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> Preference:
    """Write down how somebody wants to be told; the last word counts.

    Raises:
        ValueError: no such channel, or quiet hours without a beginning or an end.
    """
    if not set(Channel.values).issuperset(channels):
        raise ValueError("people are told by known channels")
    if (quiet_from is None) != (quiet_until is None):
        raise ValueError("quiet hours begin and end")
    told = {
        "unit_id": unit_id,
        "channels": list(channels),
        "opted_out": list(opted_out),
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "set_at": at,
        "set_by": actor,
    }
    row, _ = Preference.objects.update_or_create(to_ref=to_ref, defaults=told)
    fact = PreferenceSet(
        to_ref=to_ref, channels=tuple(channels), opted_out=tuple(opted_out), quiet=quiet_from is not None
    )
    record(fact, at=at, actor=actor)
    return row
