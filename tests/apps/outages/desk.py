"""What a dispatcher's desk looks like on a bad day at Lamp station: a suspected fuse, an outage, orders that belong to
neither, two crews, and people to be told first. Every name is made up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from denghuo.apps.crews.actions import CrewEntry, join_crew, open_crew, set_duties
from denghuo.apps.crews.models import Crew
from denghuo.apps.customers.actions import (
    AccountEntry,
    CareEntry,
    ImportantEntry,
    open_account,
    register_care,
    set_important,
    set_supply_state,
)
from denghuo.apps.customers.models import Account, CareKind, CutReason, ImportantLevel, SupplyState
from denghuo.apps.ledger import deliveries
from denghuo.apps.network import queries as network
from denghuo.apps.network.actions import record_switching
from denghuo.apps.orders.actions import OrderEntry, open_order
from denghuo.apps.orders.models import Kind, Order, Topic
from denghuo.apps.organization.actions import assign_role, register_user
from denghuo.apps.organization.models import Role, User
from denghuo.apps.outages.models import Outage, Report, ReportState, Suspicion, SuspicionState
from tests.world import PASSWORD, World

_ACTOR = "lin"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What was put there."""

    outage: Outage  # QL1 is open: T4, T5 and T6 are out
    suspicion: Suspicion  # of FU1, four reports from T3
    single: Order  # one report from T1: points to no device
    arrears: Order  # its account is cut
    danger: Order  # a line on the ground, nowhere on the network
    near: Crew
    far: Crew
    care: Account  # at T3
    cut: Account  # at T2


def report(world: World, at: datetime, **told: Any) -> Order:
    """Somebody says that supply is gone."""
    usual: dict[str, Any] = {"kind": Kind.FAULT, "topic": Topic.NO_SUPPLY, "unit_id": world.lamp.pk, "received_at": at}
    return open_order(entry=OrderEntry(**usual | told), at=at, actor=_ACTOR)


def suspect(world: World, device_code: str, orders: Sequence[Order], *, at: datetime) -> Suspicion:
    """What these orders report points to a device: as rows, however sure the engine itself would be of it."""
    spot = network.spot_of(world.network.pk, code=device_code)
    assert spot is not None
    reports = Report.objects.filter(order__in=orders)
    told = {
        "support": {
            "loads": 1,
            "loads_reporting": 1,
            "silent_loads": 0,
            "customers": 6,
            "reports": len(orders),
            "meters": 2,
            "meters_off": 2,
            "lit": 0,
        },
        "same": [],
        "rivals": [{"device": "QF1", "probability": 0.12, "customers": 60, "reports": 6}],
        "began_min": 24.0,
    }
    row, _new = Suspicion.objects.update_or_create(
        network=world.network,
        device_code=device_code,
        state=SuspicionState.OPEN,
        defaults={
            "number": f"G{at:%Y%m%d}-001",
            "feeder_id": spot.feeder_id,
            "place": spot.name,
            "probability": 0.86,
            "load_count": 1,
            "mv_users": 1,
            "lv_customers": 6,
            "report_count": len(orders),
            "told": told,
            "was_device_codes": [],
            "first_reported_at": min(one.received_at for one in orders),
            "suspected_at": at,
            "changed_at": at,
        },
    )
    Suspicion.objects.filter(network=world.network).exclude(pk=row.pk).delete()
    reports.update(state=ReportState.SUSPECTED, suspicion=row)
    return row


def account(world: World, number: str, load_code: str, at: datetime) -> Account:
    """A customer at a load."""
    entry = AccountEntry(number=number, name=f"演示{number[-2:]}", address="青禾村3组1号", load_code=load_code)
    return open_account(unit_id=world.lamp.pk, entry=entry, at=at, actor=_ACTOR)


def crew(world: World, name: str, at: datetime, *, people: list[User], x: float, y: float, hours: float) -> Crew:
    """A crew on duty since some hours."""
    who: dict[str, Any] = {"at": at, "actor": _ACTOR}
    row = open_crew(unit_id=world.lamp.pk, entry=CrewEntry(name=name, base_x=x, base_y=y), **who)
    for one in people:
        join_crew(crew_id=row.pk, user_id=one.pk, phone="13900000000", is_leader=True, **who)
    set_duties(crew_id=row.pk, spans=[(at - timedelta(hours=hours), at + timedelta(hours=8))], **who)
    return row


def person(world: World, username: str, name: str, at: datetime) -> User:
    """Somebody else who drives out."""
    who: dict[str, Any] = {"at": at, "actor": _ACTOR}
    user = register_user(username=username, display_name=name, password=PASSWORD, **who)
    assign_role(user=user, unit=world.lamp, role=Role.CREW, **who)
    return user


def furnish(world: World, *, at: datetime) -> Desk:
    """Put everything there, an hour before ``at``."""
    then = at - timedelta(hours=1)
    who: dict[str, Any] = {"at": then, "actor": _ACTOR}
    care, cut = account(world, "0001", "T3", then), account(world, "0002", "T2", then)
    set_important(
        account_id=account(world, "0003", "T3", then).pk, entry=ImportantEntry(level=ImportantLevel.SECOND), **who
    )
    entry = CareEntry(
        kind=CareKind.LIFE_SUPPORT,
        proof="诊断证明",
        proof_seen_date=date(2026, 4, 1),
        agreed_how="书面",
        review_date=date(2027, 4, 1),
        backup_min=90,
    )
    register_care(account_id=care.pk, entry=entry, **who)
    told: dict[str, Any] = {"state": SupplyState.CUT, "reason": CutReason.ARREARS, "record_number": "QF-7"}
    set_supply_state(account_id=cut.pk, since_date=then.date() - timedelta(days=3), **told, **who)
    log: dict[str, Any] = {"network_id": world.network.pk, "event_number": "N-1", "note": "", **who}
    record_switching(device_code="QL1", closes=False, operated_at=then, **log)
    deliveries.drain()
    of_fuse = [
        report(world, then + timedelta(minutes=30 + number), load_code="T3", caller=f"1390000100{number}")
        for number in range(4)
    ]
    single = report(world, then + timedelta(minutes=40), load_code="T1", caller="13900002001", text="只有我家没电")
    arrears = report(world, then + timedelta(minutes=41), load_code="T2", account_id=cut.pk, caller="13900002002")
    danger = report(world, then + timedelta(minutes=42), topic=Topic.DANGER, place="青禾村村口", text="电线掉在路上")
    report(world, then + timedelta(minutes=20), load_code="T4", caller="13900003001")
    deliveries.drain()
    near = crew(world, "抢修一班", then, people=[world.ma], x=1, y=1, hours=2)
    far = crew(world, "抢修二班", then, people=[person(world, "tian", "田野", then)], x=30, y=30, hours=9)
    return Desk(
        outage=Outage.objects.get(number="N-1"),
        suspicion=suspect(world, "FU1", of_fuse, at=then + timedelta(minutes=35)),
        single=single,
        arrears=arrears,
        danger=danger,
        near=near,
        far=far,
        care=care,
        cut=cut,
    )
