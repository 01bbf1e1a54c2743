"""What a notice on paper says, case by case. Those who read it read Chinese, whatever the language of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.utils import timezone

from denghuo.adapters.paper import NoticeSheet, notices_pdf
from denghuo.apps.notices.models import NoticeCase

_TITLES = {
    NoticeCase.PLANNED: "计划停电通知书",
    NoticeCase.TEMPORARY: "临时停电通知书",
    NoticeCase.BEFORE: "停电提醒",
    NoticeCase.ARREARS: "欠费停电通知书",
    NoticeCase.BREACH: "停止供电通知书",
}
_BODIES = {
    NoticeCase.PLANNED: (
        "因{reason}，下列区域将按计划停电。请提前做好准备，并注意用电安全：停电期间线路随时可能恢复带电。"
    ),
    NoticeCase.TEMPORARY: (
        "因{reason}，下列区域将临时停电。给您带来不便，敬请谅解。停电期间线路随时可能恢复带电，请注意安全。"
    ),
    NoticeCase.BEFORE: "因{reason}，下列区域即将停电，请做好准备。",
    NoticeCase.ARREARS: (
        "您户{reason}。请于下列时间之前交清；逾期未交的，将依照《电力供应与使用条例》于下列时间停止供电。"
    ),
    NoticeCase.BREACH: "因{reason}，将依法于下列时间停止供电。对此有异议的，请于停电前与我们联系。",
}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a notice on paper is about."""

    case: NoticeCase
    area: str
    start_at: datetime
    reason: str
    phone: str
    issuer: str
    issued_on: date
    number: str = ""
    line: str = ""
    end_at: datetime | None = None
    link: str = ""
    receipt: bool = True


def printed(sheet: Sheet, people: Sequence[tuple[str, str, str]], *, size: str) -> bytes:
    """A file with one notice for each of the people: name, account number, address."""
    rows = [("停电区域", sheet.area), ("停电线路", sheet.line), ("停电时间", _span(sheet)), ("停电原因", sheet.reason)]
    rows += [("咨询电话", sheet.phone)]
    sheets = [
        NoticeSheet(
            title=_TITLES[sheet.case],
            number=sheet.number,
            name=name,
            account=account,
            address=address,
            body=_BODIES[sheet.case].format(reason=sheet.reason),
            rows=tuple((label, text) for label, text in rows if text),
            issuer=sheet.issuer,
            issued_on=f"{sheet.issued_on.year}年{sheet.issued_on.month}月{sheet.issued_on.day}日",
            link=sheet.link,
            receipt=sheet.receipt,
        )
        for name, account, address in people
    ]
    return notices_pdf(sheets, font=letters_font(), size=size)


@cache
def letters_font() -> Path:
    """The letters that notices are printed in; the product brings them along (docs/decisions/letters-on-paper.md)."""
    return Path(str(finders.find("vendor/fonts/noto-serif-sc.ttf")))


def _span(sheet: Sheet) -> str:
    start = _written(sheet.start_at)
    return f"{start} 至 {_written(sheet.end_at)}" if sheet.end_at else start


def _written(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"
