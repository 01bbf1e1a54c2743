"""Numbers, states and codes of messages as people read them."""

from datetime import datetime
from decimal import Decimal
from math import isnan
from typing import Any

import numpy as np
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from denghuo.apps.charts import Chart, Row, Series
from denghuo.apps.notices import queries
from denghuo.apps.notices.models import Message, State
from denghuo.apps.notices.queries import Performance

TONES = {
    State.QUEUED: "waiting",
    State.SENDING: "doing",
    State.SENT: "doing",
    State.DELIVERED: "done",
    State.UNDELIVERABLE: "breached",
    State.CANCELLED: "filed",
    State.EXPIRED: "filed",
    State.WITHHELD: "filed",
}


def tone_of(row: Message) -> str:
    """How a message's state looks."""
    return TONES[State(row.state)]


def percent(share: float) -> str:
    """A share of 1 as people write it."""
    return "–" if isnan(share) else f"{number_format(round(100 * share, 1), 1)}%"


def yuan(fen: Decimal | None) -> str | None:
    """An amount as people write it."""
    return None if fen is None else number_format(round(fen / 100, 2), 2, force_grouping=True)


def exact_yuan(fen: Decimal | None) -> str | None:
    """What one message costs: often less than a fen more or less, which rounding would hide."""
    return None if fen is None else number_format(f"{(fen / 100).normalize():f}")


def shown(row: Message) -> dict[str, Any]:
    """A message as a list shows it."""
    return {
        "row": row,
        "tone": tone_of(row),
        "event": queries.event_label(row.event),
        "reason": queries.reason_of(row.reason),
    }


def who(request: HttpRequest) -> dict[str, Any]:
    """When and by whom a deed is done."""
    return {"at": timezone.now(), "actor": request.user.get_username()}


def month_start(at: datetime) -> datetime:
    """When the local month began."""
    return timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def failures(told: list[Performance]) -> Chart:
    """Which gateway fails most."""
    used = [one for one in told if one.taken or one.tries]
    worst = max(used, key=lambda one: one.failed_share if one.taken else 0.0, default=None)
    title = _("What gateways could not deliver this month")
    if worst is not None and worst.failed:
        title = _("%(gateway)s could not deliver %(share)s of what it took") % {
            "gateway": worst.gateway.name,
            "share": percent(worst.failed_share),
        }
    shares = np.array([100 * one.failed_share for one in used])
    return Chart(
        key="failures",
        shape="bars",
        title=title,
        about=_("Messages that did not arrive, over those that the gateway took, this month"),
        unit="%",
        labels=[one.gateway.name for one in used],
        series=[Series(name=_("Not delivered"), role="now", exact=shares, digits=2)] if used else [],
        head=[_("Gateway"), _("Taken"), _("Delivered"), _("Not delivered"), _("Share"), _("Failed tries"), _("Yuan")],
        rows=[
            Row(
                label=one.gateway.name,
                cells=[
                    number_format(one.taken, force_grouping=True),
                    number_format(one.delivered, force_grouping=True),
                    number_format(one.failed, force_grouping=True),
                    percent(one.failed_share),
                    percent(one.failed_tries_share),
                    yuan(one.spent_fen) or "–",
                ],
            )
            for one in used
        ],
        empty=_("No gateway has sent anything this month"),
    )
