"""What the law and our promises ask of a notice: whom, how long before, how. Rows of the nearest unit, else the rules
that this product brings along.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from denghuo.apps.notices.models import Audience, NoticeCase, NoticeRule
from denghuo.apps.organization.access import within

_DAY_MIN = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A notice that is owed. ``channels`` count as service; empty: any. ``rule_id`` is None for the product's own."""

    case: str
    audience: str
    ahead_min: int
    channels: tuple[str, ...] = ()
    states: str = ""
    basis: str
    source: str
    from_date: date | None = None
    rule_id: int | None = None

    @property
    def ahead(self) -> timedelta:
        return timedelta(minutes=self.ahead_min)


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """By when a notice is to be given, and why."""

    duty: Duty
    due_at: datetime

    def is_over(self, at: datetime) -> bool:
        """Whether it is too late to give it in time."""
        return at > self.due_at


_REGULATION = "《电力供应与使用条例》第二十八条"
_SUPERVISION = "《供电监管办法》第十三条"
_RULES = "《供电营业规则》停电程序"
DEFAULTS: tuple[Duty, ...] = (
    Duty(
        case=NoticeCase.PLANNED,
        audience=Audience.USERS,
        ahead_min=7 * _DAY_MIN,
        basis=_REGULATION,
        source="计划检修提前7天通知用户或者公告",
    ),
    Duty(
        case=NoticeCase.PLANNED,
        audience=Audience.PUBLIC,
        ahead_min=7 * _DAY_MIN,
        states="停电区域、停电线路、停电时间",
        basis=_SUPERVISION,
        source="计划停电提前7日公告",
    ),
    Duty(
        case=NoticeCase.TEMPORARY,
        audience=Audience.IMPORTANT,
        ahead_min=_DAY_MIN,
        basis=_REGULATION,
        source="临时检修提前24小时通知重要用户",
    ),
    Duty(
        case=NoticeCase.TEMPORARY,
        audience=Audience.PUBLIC,
        ahead_min=_DAY_MIN,
        states="停电区域、停电线路、停电时间",
        basis=_SUPERVISION,
        source="临时停电提前24小时公告",
    ),
    Duty(
        case=NoticeCase.BEFORE,
        audience=Audience.USERS,
        ahead_min=30,
        channels=("voice", "sms", "phone"),
        basis=_RULES,
        source="停电前30分钟再通知用户一次",
    ),
    Duty(
        case=NoticeCase.ARREARS,
        audience=Audience.USERS,
        ahead_min=7 * _DAY_MIN,
        channels=("handed", "left", "mail", "sms"),
        basis="国家电网供电服务承诺；《供电营业规则》停电程序（3至7天）",
        source="欠费停电提前7天送达停电通知书",
    ),
    Duty(
        case=NoticeCase.ARREARS,
        audience=Audience.AUTHORITY,
        ahead_min=7 * _DAY_MIN,
        basis=_RULES,
        source="重要用户的停电通知书同时报送电力管理部门",
    ),
    Duty(
        case=NoticeCase.BREACH,
        audience=Audience.USERS,
        ahead_min=_DAY_MIN,
        basis="地方供用电条例",
        source="危害安全、窃电等停电提前24小时通知，紧急情况除外",
    ),
)


def duties_for(case: str, *, unit_path: str, on: date) -> list[Duty]:
    """What is owed in a case on a local day, the longest notice first: for each audience the latest rows of the nearest
    unit that has some, else the product's own."""
    groups: dict[str, dict[tuple[int, date], list[NoticeRule]]] = defaultdict(lambda: defaultdict(list))
    for row in NoticeRule.objects.filter(case=case, from_date__lte=on).select_related("unit"):
        path = str(row.unit.path)
        if unit_path.startswith(path):
            groups[row.audience][len(path), row.from_date].append(row)
    told = [_duty(row) for found in groups.values() for row in found[max(found)] if row.holds]
    own = [duty for duty in DEFAULTS if duty.case == case and duty.audience not in groups]
    return sorted([*told, *own], key=lambda duty: (-duty.ahead_min, duty.audience))


def _duty(row: NoticeRule) -> Duty:
    return Duty(
        case=row.case,
        audience=row.audience,
        ahead_min=row.ahead_min,
        channels=tuple(row.channels),
        states=row.states,
        basis=row.basis,
        source=row.source,
        from_date=row.from_date,
        rule_id=row.pk,
    )


def deadlines_for(case: str, start_at: datetime, *, unit_path: str, on: date) -> list[Deadline]:
    """By when each notice of a case is to be given where supply ends at an instant, by the rules of a local day."""
    return [Deadline(duty=duty, due_at=start_at - duty.ahead) for duty in duties_for(case, unit_path=unit_path, on=on)]


def rules_within(scope: Iterable[str]) -> list[NoticeRule]:
    """The rules of the units of a scope."""
    return list(NoticeRule.objects.filter(within(scope, field="unit__path")).select_related("unit"))
