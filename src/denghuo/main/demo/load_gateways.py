"""The demo's gateways: rows that lead to the gateway which sends nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.urls import reverse

from denghuo.apps.notices.actions import GatewayEntry, set_gateway, set_gateway_template
from denghuo.apps.notices.models import Channel, Gateway, GatewayKind
from denghuo.apps.notices.queries import EVENTS
from denghuo.apps.organization.models import Unit
from denghuo.main.demo.gateway_reports import ReportTo

ACTOR = "demo"
_SECRET = "a lamp in every window"
_ENTRIES = (
    GatewayEntry(
        name="演示短信（主）",
        kind=GatewayKind.WEBHOOK,
        channel=Channel.SMS,
        endpoint="",
        secret=_SECRET,
        signature="灯火供电",
        rate_per_s=100,
        price_fen=Decimal("4.5"),
    ),
    GatewayEntry(
        name="演示短信（备）",
        kind=GatewayKind.ALIYUN,
        channel=Channel.SMS,
        endpoint="",
        access_id="demo",
        secret=_SECRET,
        signature="灯火供电",
        rate_per_s=100,
        price_fen=Decimal("5.0"),
        priority=2,
    ),
    GatewayEntry(
        name="演示语音",
        kind=GatewayKind.VOICE,
        channel=Channel.VOICE,
        endpoint="",
        secret=_SECRET,
        options={"show": "95598"},
        rate_per_s=20,
        price_fen=Decimal("12"),
    ),
)


class Listens(Protocol):
    """Something that says where a language is spoken."""

    def url(self, kind: str) -> str: ...


def set_up_gateways(gateway: Listens, *, at: datetime) -> int:
    """Lead the demo's gateways to where the trial gateway listens; those that lead there stay. Returns how many rows
    were written."""
    unit = Unit.objects.order_by("path").first()
    if unit is None:
        return 0
    written = 0
    for entry in _ENTRIES:
        told = replace(entry, endpoint=gateway.url(entry.kind))
        row = Gateway.objects.filter(unit=unit, name=entry.name).first()
        if row is None or row.endpoint != told.endpoint:
            row = set_gateway(unit_id=unit.pk, entry=told, gateway_id=row.pk if row else None, at=at, actor=ACTOR)
            written += 1
        if entry.kind == GatewayKind.ALIYUN and not row.templates.exists():
            _register(row, at)
    return written


def _register(row: Gateway, at: datetime) -> None:
    for place, event in enumerate(EVENTS, 1):
        code = f"SMS_{place:05d}"
        set_gateway_template(gateway_id=row.pk, event=event, code=code, variables=["text"], at=at, actor=ACTOR)


def reports_to(pages: str) -> Mapping[str, ReportTo]:
    """Where each of them reports."""
    names = [entry.name for entry in _ENTRIES]
    return {
        row.kind: ReportTo(
            url=pages + reverse("notices:receipts", args=[row.receipt_token]),
            secret=row.secret if row.kind in (GatewayKind.WEBHOOK, GatewayKind.VOICE) else "",
        )
        for row in Gateway.objects.filter(name__in=names)
    }
