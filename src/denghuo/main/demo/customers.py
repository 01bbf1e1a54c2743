"""The demo station's customers: as many on every load as its network counts, each plainly made up.

Names are drawn from two short lists and belong to nobody; numbers begin as no telephone number in use does, but for
those that the demo's callers have, so that whoever calls is found. A few are in the special-care register, a few
important, a few cut off; the demo's people answer for them.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from denghuo.adapters.customer_tables import CustomerBlock, CustomerRow
from denghuo.apps.customers.actions import (
    CardEntry,
    CareEntry,
    CarerEntry,
    give_responsibility,
    import_customers,
    register_care,
    set_contact_card,
)
from denghuo.apps.customers.models import Account, CareKind, Extent
from denghuo.apps.network import queries as network
from denghuo.apps.organization.models import User
from denghuo.apps.outages.models import Outage
from denghuo.apps.outages.queries import loads_out
from denghuo.main.demo.load_hotline import callers_of
from denghuo.main.demo.station import SEED

ACTOR = "demo"
SOURCE = "演示客户档案.csv"

_TOWN = "灯火镇"
_AT_ONCE = 5_000
_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜谢邹喻柏水窦章云苏潘葛范彭郎"
_GIVEN = "春夏秋冬梅兰竹菊山川林海云雨晴雪松柏桂荷灯火明亮晨暮星月溪泉禾田石桥文武安宁"
_PLACES = ("村委会", "卫生室", "小学", "文化站", "水泵站", "加工厂", "超市", "养殖场")
_IMPORTANT = {"卫生室": "second", "水泵站": "temporary"}
_KINDS = (
    CareKind.ALONE,
    CareKind.ALONE,
    CareKind.DISABLED,
    CareKind.VETERAN,
    CareKind.LOW_INCOME,
    CareKind.LIFE_SUPPORT,
)
_CARED_FOR = 96
# Which of them are without supply when the demo begins.
_OUT_NOW = (0, 2, 4, 5)
_CUT_SHARE, _NO_PHONE_SHARE, _LANDLINE_SHARE = 0.0025, 0.05, 0.1
# Who answers for which part of the villages, by sign-in name, with what their card says.
_PEOPLE = (
    ("head", "所长", "供电所二楼"),
    ("dispatcher", "台区经理", "供电所一楼"),
    ("crew", "台区经理", "抢修班"),
)


def load_customers(*, network_id: int, unit_id: int, now: datetime) -> int:
    """Put them in; ``now`` is local. Returns how many there are."""
    fact = import_customers(
        unit_id=unit_id,
        blocks=_blocks(list(demo_rows(network_id, today=now.date()))),
        source_name=SOURCE,
        at=now,
        actor=ACTOR,
    )
    _care(unit_id, _dark(network_id, now), now)
    _answer(network_id, unit_id, now)
    return fact.added_count


def _blocks(rows: list[CustomerRow]) -> Iterator[CustomerBlock]:
    for start in range(0, len(rows), _AT_ONCE):
        part = tuple(rows[start : start + _AT_ONCE])
        yield CustomerBlock(rows=part, refused_count=0, last_row=start + len(part) + 1)


def demo_rows(network_id: int, *, today: date) -> Iterator[CustomerRow]:
    """A row for every customer that the network counts; the first of each load are the demo's callers."""
    loads = network.network_snapshot(network_id).grid.loads
    rng = np.random.default_rng([SEED, 30_000])
    callers = callers_of(network_id)
    number = 0
    for load in range(len(loads.id)):
        code, area = str(loads.id[load]), str(loads.area[load])
        known = [(one.account, one.name, one.number) for one in callers[code]]
        for place in range(int(loads.lv_customers[load])):
            number += 1
            account, name, phone = (
                known[place] if place < len(known) else (f"0502{number:06d}", _name(rng), f"1200{number:07d}")
            )
            company = place == len(known) and rng.random() < 0.35
            kind = _PLACES[int(rng.integers(len(_PLACES)))] if company else ""
            yield _row(rng, number, today, area, code, account, f"{area}{kind}" if company else name, phone, kind)


def _name(rng: np.random.Generator) -> str:
    given = "".join(_GIVEN[int(one)] for one in rng.integers(len(_GIVEN), size=1 if rng.random() < 0.2 else 2))
    return _FAMILY[int(rng.integers(len(_FAMILY)))] + given


def _row(
    rng: np.random.Generator,
    number: int,
    today: date,
    area: str,
    load_code: str,
    account: str,
    name: str,
    phone: str,
    kind: str,
) -> CustomerRow:
    phones = [] if rng.random() < _NO_PHONE_SHARE and not phone.startswith("1991") else [phone]
    if rng.random() < _LANDLINE_SHARE:
        phones.append(f"0199{8_000_000 + number:07d}")
    cut = not kind and rng.random() < _CUT_SHARE
    since = today - timedelta(days=int(rng.integers(2, 60)))
    state: dict[str, Any] = (
        {
            "supply_state": "cut",
            "cut_reason": _cut_reason(rng),
            "cut_since_date": since,
            "cut_record": f"TD-{number:05d}",
        }
        if cut
        else {"supply_state": "connected", "cut_reason": "", "cut_since_date": None, "cut_record": ""}
    )
    return CustomerRow(
        number=account,
        name=name,
        kind="company" if kind else "person",
        person_number="",
        phones=tuple(phones),
        address=f"{_TOWN}{area}{_door(rng, area)}",
        load_code=load_code,
        category=_category(kind),
        meter_number=f"5001{number:08d}",
        multiplier=20 if kind in ("加工厂", "养殖场", "水泵站") else None,
        voltage="380V" if kind else "220V",
        capacity_kva=float(rng.integers(3, 12) * 10) if kind else None,
        boundary="service_entry" if kind else "meter",
        opened_date=today - timedelta(days=int(rng.integers(200, 9_000))),
        important=_IMPORTANT.get(kind, ""),
        **state,
    )


def _cut_reason(rng: np.random.Generator) -> str:
    return str(rng.choice(["arrears", "arrears", "arrears", "request", "safety"]))


def _door(rng: np.random.Generator, area: str) -> str:
    if area.endswith("社区"):
        building, unit, room = rng.integers(1, 30), rng.integers(1, 4), rng.integers(1, 7) * 100 + rng.integers(1, 4)
        return f"{building}幢{unit}单元{room}室"
    return f"{rng.integers(1, 13)}组{rng.integers(1, 90)}号"


def _category(kind: str) -> str:
    if kind in ("村委会", "卫生室", "小学", "文化站"):
        return "public"
    return {"": "residential", "超市": "commercial", "加工厂": "industry"}.get(kind, "agriculture")


_PLAN_OF_LIFE_SUPPORT = "查看进户线和接地\n试验呼吸机备用电源\n带应急照明灯"


def _dark(network_id: int, now: datetime) -> list[str]:
    """The loads of the outage that began first and lasts: whoever looks at the demo sees how special care is told."""
    lasting = Outage.objects.filter(network_id=network_id, started_at__isnull=False, restored_at=None)
    first = lasting.order_by("started_at", "pk").first()
    return [one.code for one in loads_out(first, at=now) if one.ended_at is None] if first is not None else []


def _care(unit_id: int, dark: list[str], now: datetime) -> None:
    """The special-care register: some visits and reviews are due, most are not."""
    rng = np.random.default_rng([SEED, 96])
    homes = Account.objects.filter(unit_id=unit_id, category="residential", supply_state="connected").order_by("number")
    ids = list(homes.values_list("pk", flat=True))
    today = now.date()
    chosen = [ids[index] for index in rng.choice(len(ids), size=min(_CARED_FOR, len(ids)), replace=False).tolist()]
    behind = homes.filter(supply_points__position=0, supply_points__load_code__in=dark)
    without = list(behind.exclude(pk__in=chosen).values_list("pk", flat=True)[: len(_OUT_NOW)])
    for place, account_id in zip(_OUT_NOW, without, strict=False):
        chosen[place] = account_id
    for place, account_id in enumerate(chosen):
        kind = _KINDS[place % len(_KINDS)]
        every = 30 if kind == CareKind.LIFE_SUPPORT else 90
        carer = CarerEntry(
            name=_name(rng), number=f"1201{place:07d}", relation=("女儿", "儿子", "邻居", "村干部")[place % 4]
        )
        entry = CareEntry(
            kind=kind,
            detail="家用呼吸机" if kind == CareKind.LIFE_SUPPORT else "",
            proof="县医院证明" if kind == CareKind.LIFE_SUPPORT else "村委会证明",
            proof_seen_date=today - timedelta(days=int(rng.integers(30, 300))),
            agreed_how="上门时当面同意",
            backup_min=int(rng.integers(2, 9)) * 30 if kind == CareKind.LIFE_SUPPORT else None,
            carers=[carer],
            approach="敲门后等一会儿" if place % 3 == 0 else "",
            plan=_PLAN_OF_LIFE_SUPPORT if kind == CareKind.LIFE_SUPPORT else "查看室内线路\n试漏电保护器",
            plan_with=("本人", "女儿", "村委会")[place % 3],
            visit_every_days=every,
            next_visit_date=today + timedelta(days=int(rng.integers(-4, every))),
            review_date=today + timedelta(days=int(rng.integers(-10, 360))),
        )
        register_care(account_id=account_id, entry=entry, at=now, actor=ACTOR)


def _answer(network_id: int, unit_id: int, now: datetime) -> None:
    """The demo's people answer: the head for the station, the others for villages by turns."""
    people = {user.username: user for user in User.objects.filter(username__in=[name for name, *_ in _PEOPLE])}
    areas = sorted({str(area) for area in network.network_snapshot(network_id).grid.loads.area.tolist() if area})
    told: dict[str, Any] = {"at": now, "actor": ACTOR}
    for place, (username, title, office) in enumerate(_PEOPLE):
        user = people.get(username)
        if user is None:
            continue
        card = CardEntry(phone=f"0199800010{place}", title=title, office=f"灯山{office}", hours="8:00–18:00")
        set_contact_card(user_id=user.pk, entry=card, **told)
        extent, targets = (Extent.STATION, [""]) if not place else (Extent.AREA, areas[place - 1 :: len(_PEOPLE) - 1])
        give_responsibility(unit_id=unit_id, extent=extent, targets=targets, user_id=user.pk, **told)
