"""The demo station's four crews: their people, certificates, duties by turns, price list, and what they did today.

Whoever looks around as the field crew leads the first one, which is on duty at whatever hour that is.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from denghuo.apps.crews import actions
from denghuo.apps.crews.models import Assignment, Crew, Finding, ReportKind, Side, Skill
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, Unit, User

ACTOR = "demo"
LEADER = "crew"
_SOURCE = "演示价目，并非真实收费标准"
_TURN = timedelta(hours=12)
_TURNS_BEFORE, _TURNS_AHEAD = 5, 14
_MIN = timedelta(minutes=1)

# Each crew: name, vehicle, base in kilometers of the drawing, on which of two turns it is, its people. Names belong to
# nobody; numbers begin as no telephone number in use does.
_CREWS = (
    ("抢修一班", "抢修车 01", (0.2, -0.1), 0, ((LEADER, "马立军"), ("crew12", "胡大海"), ("crew13", "谭山"))),
    ("抢修二班", "抢修车 02", (0.2, -0.1), 1, (("crew21", "沈长河"), ("crew22", "余田"), ("crew23", "陆平"))),
    ("东片抢修班", "抢修车 03", (4.0, 2.5), 0, (("crew31", "方远"), ("crew32", "白石"))),
    ("带电作业班", "绝缘斗臂车 01", (-3.5, 1.5), 1, (("crew41", "江岸"), ("crew42", "石磊"))),
)
# Who holds what, and for how many days yet; below 0 it has expired.
_CERTIFICATES = (
    *((who, Skill.LV, 500) for who in (LEADER, "crew12", "crew13", "crew21", "crew22", "crew31", "crew32", "crew41")),
    *((who, Skill.HV, 320) for who in (LEADER, "crew21", "crew31", "crew41", "crew42")),
    *((who, Skill.CLIMBING, 210) for who in ("crew12", "crew22", "crew32", "crew42")),
    *((who, Skill.DRIVING, 900) for who in ("crew13", "crew23", "crew32", "crew42")),
    ("crew31", Skill.CABLE, 24),
    ("crew41", Skill.LV_LIVE, 18),
    ("crew42", Skill.LV_LIVE, -12),
)
_PRICES = (
    ("A01", "上门检查", "次", 3000),
    ("A02", "室内线路检修", "次", 6000),
    ("A03", "更换入户空气开关（含料）", "只", 8500),
    ("A04", "更换漏电保护器（含料）", "只", 12800),
    ("B01", "铜芯线 4 mm²", "m", 980),
    ("B02", "PVC 线管", "m", 450),
)
_DONE = (
    (300, "青禾村 3 组表箱", Finding.FAULT_CLEARED, Side.OURS, "表前空气开关烧损，更换后测量电压正常，已送电"),
    (190, "石桥村村委会", Finding.CUSTOMER_SIDE, Side.CUSTOMER, "表后线路绝缘破损漏电，已告知产权分界和处理办法"),
    (125, "柳溪村 2 组", Finding.NOBODY_THERE, Side.OURS, "敲门无人应答，表箱外观正常，已留联系卡"),
)


@transaction.atomic
def load_crews(*, unit_id: int, now: datetime) -> None:
    """Set the crews up, all of it or nothing; ``now`` is local."""
    unit = Unit.objects.get(pk=unit_id)
    people: dict[str, User] = {}
    for place, (name, vehicle, (x, y), turn, members) in enumerate(_CREWS, 1):
        entry = actions.CrewEntry(name=name, vehicle=vehicle, base_x=x, base_y=y)
        crew = actions.open_crew(unit_id=unit_id, entry=entry, at=now, actor=ACTOR)
        for number, (username, person) in enumerate(members, 1):
            people[username] = _somebody(username, person, unit, now)
            actions.join_crew(
                crew_id=crew.pk,
                user_id=people[username].pk,
                phone=f"199000{place:02d}{number:03d}",
                is_leader=number == 1,
                at=now,
                actor=ACTOR,
            )
        actions.set_duties(crew_id=crew.pk, spans=list(_turns(turn, now)), at=now, actor=ACTOR)
    for username, skill, days in _CERTIFICATES:
        valid_until = now.date() + timedelta(days=days)
        label = f"YS-{people[username].pk:04d}"
        actions.record_certificate(
            user_id=people[username].pk, skill=skill, number=label, valid_until=valid_until, at=now, actor=ACTOR
        )
    _price_list(unit_id, now)
    _today(Crew.objects.get(unit=unit, name=_CREWS[0][0]), people[LEADER], now)


def _somebody(username: str, name: str, unit: Unit, now: datetime) -> User:
    """A person of the demo; those who are not on the sign-in page cannot sign in."""
    known = User.objects.filter(username=username).first()
    if known is not None:
        return known
    user = register_user(username=username, display_name=name, password=None, at=now, actor=ACTOR)
    assign_role(user=user, unit=unit, role=Role.CREW, at=now, actor=ACTOR)
    return user


def _turns(turn: int, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every other half day from 8 to 8, such that those of turn 0 are on duty now."""
    morning = now.replace(hour=8, minute=0, second=0, microsecond=0)
    running = morning + _TURN * ((now - morning) // _TURN)
    for place in range(-_TURNS_BEFORE, _TURNS_AHEAD):
        if place % 2 == turn:
            yield running + place * _TURN, running + (place + 1) * _TURN


def _price_list(unit_id: int, now: datetime) -> None:
    for code, name, measure, price_fen in _PRICES:
        entry = actions.PriceEntry(
            code=code,
            name=name,
            measure=measure,
            price_fen=price_fen,
            from_date=now.date().replace(month=1, day=1),
            source=_SOURCE,
        )
        actions.set_price(unit_id=unit_id, entry=entry, at=now, actor=ACTOR)


def _today(crew: Crew, leader: User, now: datetime) -> None:
    """What the first crew did within the last hours, as it told it on the phone."""
    for before_min, place, finding, side, receipt in _DONE:
        at = now - before_min * _MIN
        row = actions.assign(
            crew_id=crew.pk, about="", order_ids=(), place=place, x=None, y=None, at=at, actor="dispatcher"
        )
        told: list[tuple[float, ReportKind, dict[str, object]]] = [
            (0.3, ReportKind.DELIVERED, {}),
            (0.6, ReportKind.READ, {}),
            (1.1, ReportKind.ACCEPTED, {}),
            (3, ReportKind.DEPARTED, {}),
            (22, ReportKind.ARRIVED, {}),
            (25, ReportKind.BOUNDARY, {"side": side.value}),
            (26, ReportKind.CHECKLIST, {"checked": ["gear", "tested_dead", "customer_told", "site_clean"]}),
            (61, ReportKind.FINISHED, {"finding": finding.value, "receipt": receipt}),
        ]
        _tell(row, leader, at, told)


def _tell(
    row: Assignment, user: User, at: datetime, told: Sequence[tuple[float, ReportKind, dict[str, object]]]
) -> None:
    for minutes, kind, payload in told:
        when = at + minutes * _MIN
        entry = actions.ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=kind, told_at=when, told=payload)
        actions.take_reports(user_id=user.pk, entries=[entry], at=when, actor=user.get_username())
