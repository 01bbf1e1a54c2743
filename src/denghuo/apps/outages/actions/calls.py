"""Somebody called those who had not answered whether their supply is back."""

from datetime import datetime
from typing import Protocol

from denghuo.apps.outages.actions.faults import say_back, say_still_out
from denghuo.apps.outages.models import Report, ReportState


class Called(Protocol):
    """The fact that who had reported was called, and says whether they are still without supply."""

    @property
    def report_id(self) -> int: ...
    @property
    def still_out(self) -> bool: ...


def follow_call_back(fact: Called, *, at: datetime, actor: str, delivery_key: str) -> None:
    """Reaction: what was said on the telephone counts as what is answered to a message; of what has changed meanwhile
    nothing is said again."""
    del delivery_key
    report = Report.objects.filter(pk=fact.report_id, state__in=[ReportState.BACK, ReportState.LIT]).first()
    if report is None:
        return
    if fact.still_out:
        say_still_out(report_id=report.pk, said_at=at, at=at, actor=actor)
    else:
        say_back(report_id=report.pk, said_at=at, at=at, actor=actor)
