"""Two years of orders of the demo station: what its outages and its customers would have asked for, from a seed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from django.utils import timezone

from denghuo.apps.customers.models import SupplyPoint
from denghuo.apps.network.models import Load, Network
from denghuo.apps.orders.actions import OrderEntry, PastOrder, PastStep, import_orders
from denghuo.apps.orders.models import Kind, Topic
from denghuo.apps.organization.actions import take_over_calendar
from denghuo.apps.outages import queries as outages
from denghuo.apps.outages.models import Outage

ACTOR = "demo"
_SEED = 20_260_901
_PER_DAY = 4.2
_AT_ONCE = 1_000
_MOST_REPORTS = 6
_CUSTOMERS_A_REPORT = 150
_MIN = timedelta(minutes=1)

# kind, topic, weight, what the customer says, what was found, what was done, what the customer was told.
_MATTERS: tuple[tuple[Kind, Topic, float, str, str, str, str, str], ...] = (
    (
        Kind.FAULT,
        Topic.NO_SUPPLY,
        0.8,
        "家里突然没电了，邻居家有电。",
        "our_equipment",
        "表箱内空气开关接线松动",
        "紧固接线并测量电压",
        "",
    ),
    (
        Kind.FAULT,
        Topic.NO_SUPPLY,
        0.5,
        "屋里没电，表箱灯也不亮。",
        "customer_wiring",
        "客户侧漏电保护器跳闸",
        "协助客户查找漏电并恢复",
        "",
    ),
    (
        Kind.FAULT,
        Topic.PART,
        0.3,
        "厨房和二楼没电。",
        "customer_wiring",
        "客户二楼线路短路",
        "告知产权分界并提供报价",
        "",
    ),
    (
        Kind.FAULT,
        Topic.VOLTAGE,
        0.35,
        "灯光忽明忽暗，空调启动不了。",
        "our_equipment",
        "台区末端电压偏低",
        "调整分接开关并列入改造",
        "",
    ),
    (Kind.FAULT, Topic.METER, 0.25, "电表屏幕不亮了。", "our_equipment", "电能表故障", "更换电能表并核对底码", ""),
    (
        Kind.FAULT,
        Topic.DANGER,
        0.08,
        "电线垂下来了，快碰到路面。",
        "our_equipment",
        "接户线脱落",
        "隔离现场并重新固定",
        "",
    ),
    (
        Kind.SERVICE,
        Topic.RECONNECT,
        0.5,
        "已经交清电费，请恢复供电。",
        "nothing",
        "欠费停电，费用已结清",
        "远程合闸成功",
        "已恢复供电",
    ),
    (
        Kind.SERVICE,
        Topic.METER_TEST,
        0.12,
        "怀疑电表走得快，申请校验。",
        "nothing",
        "校验误差在允许范围内",
        "出具检定结果",
        "已告知检定结果",
    ),
    (
        Kind.SERVICE,
        Topic.CONNECTION,
        0.25,
        "新房装表申请。",
        "nothing",
        "现场具备装表条件",
        "装表接电完成",
        "已通知送电",
    ),
    (
        Kind.ENQUIRY,
        Topic.BILL,
        0.9,
        "这个月电费怎么比上个月高？",
        "nothing",
        "空调用电增加，进入第二档",
        "解释阶梯电价并发送明细",
        "客户表示理解",
    ),
    (
        Kind.ENQUIRY,
        Topic.OUTAGES,
        0.4,
        "下周停电通知是几点到几点？",
        "nothing",
        "计划停电时间已公布",
        "告知停送电时间",
        "客户表示知晓",
    ),
    (
        Kind.COMPLAINT,
        Topic.OUTAGES,
        0.06,
        "两个月里停了四次，没有提前通知。",
        "justified",
        "两次为故障，一次计划停电短信未送达",
        "更正联系电话并列入线路整治",
        "已上门说明并致歉",
    ),
    (
        Kind.COMPLAINT,
        Topic.ATTITUDE,
        0.04,
        "窗口人员说话不耐烦。",
        "partly",
        "调取录音，用语不规范",
        "约谈当班人员",
        "已电话致歉",
    ),
    (
        Kind.COMPLAINT,
        Topic.BILL,
        0.04,
        "抄表数和表上的数字对不上。",
        "justified",
        "采集失败期间估算未及时结算",
        "按实抄数退补",
        "已退补并说明",
    ),
    (
        Kind.OPINION,
        Topic.QUALITY,
        0.12,
        "晚上电压不稳，希望尽快改造。",
        "justified",
        "台区负荷偏重",
        "列入春季改造计划",
        "已告知计划时间",
    ),
    (
        Kind.SUGGESTION,
        Topic.BUSINESS,
        0.05,
        "建议营业厅周末延长到六点。",
        "justified",
        "周末缴费客户较多",
        "旺季延长营业时间",
        "已采纳并回复",
    ),
    (
        Kind.PRAISE,
        Topic.ATTITUDE,
        0.05,
        "抢修师傅大雨天来得很快，谢谢。",
        "nothing",
        "表扬抢修人员",
        "通报表扬",
        "已转达谢意",
    ),
    (
        Kind.MISCONDUCT,
        Topic.BUSINESS,
        0.008,
        "有人私下收费装表。",
        "unjustified",
        "收费为客户内部装修队所收",
        "核实并说明",
        "已书面答复",
    ),
)
_WEIGHTS = np.asarray([one[2] for one in _MATTERS]) / sum(one[2] for one in _MATTERS)
_NUMBERS = ("13800000000", 100_000_000)


@dataclass(frozen=True, kw_only=True)
class _Place:
    load_code: str
    name: str
    account_ids: tuple[int, ...]


def load_orders(*, network_id: int, now: datetime, progress: Callable[[float], None]) -> int:
    """Put in the orders of a station up to ``now``; how many."""
    network = Network.objects.select_related("unit").get(pk=network_id)
    take_over_calendar(at=now, actor=ACTOR)
    places = _places(network)
    told = sorted(_orders(network, places, now), key=lambda one: one.entry.received_at)
    for start in range(0, len(told), _AT_ONCE):
        part = told[start : start + _AT_ONCE]
        import_orders(unit_id=network.unit_id, orders=part, source_name="demo", digest=f"{_SEED}", at=now, actor=ACTOR)
        progress(min(1.0, (start + len(part)) / len(told)))
    return len(told)


def _places(network: Network) -> list[_Place]:
    accounts: dict[str, list[int]] = {}
    rows = SupplyPoint.objects.filter(unit_id=network.unit_id, position=0).exclude(load_code="").order_by("pk")
    for load_code, account_id in rows.values_list("load_code", "account_id"):
        accounts.setdefault(load_code, []).append(account_id)
    loads = Load.objects.filter(network=network, retired_at=None).order_by("pk").values_list("code", "name", "area")
    return [
        _Place(load_code=code, name=f"{area} {name}".strip(), account_ids=tuple(accounts.get(code, ())))
        for code, name, area in loads
    ]


def _orders(network: Network, places: list[_Place], now: datetime) -> Iterator[PastOrder]:
    rng = np.random.default_rng(_SEED)
    first = timezone.localtime(now).date() - timedelta(days=730)
    for n in range(731):
        day = first + timedelta(days=n)
        for _ in range(int(rng.poisson(_PER_DAY))):
            minute = int(np.clip(rng.normal(14 * 60, 4 * 60), 0, 1_439))
            received_at = timezone.make_aware(datetime.combine(day, time())) + minute * _MIN
            if received_at < now:
                matter = _MATTERS[int(rng.choice(len(_MATTERS), p=_WEIGHTS))]
                yield _order(network.unit_id, places[int(rng.integers(len(places)))], matter, received_at, now, rng)
    yield from _reports(network, places, now, rng)


def _reports(network: Network, places: list[_Place], now: datetime, rng: np.random.Generator) -> Iterator[PastOrder]:
    """What came in of outages that are over: the first few who call are written down, the others are told."""
    by_code = {one.load_code: one for one in places}
    rows = Outage.objects.filter(network=network, started_at__isnull=False, kind__lt=20, restored_at__lt=now)
    for outage in rows.order_by("pk"):
        assert outage.started_at is not None
        dark = [by_code[code] for code in outages.load_codes_of(outage) if code in by_code]
        for _ in range(min(1 + outage.lv_customers // _CUSTOMERS_A_REPORT, _MOST_REPORTS)):
            received_at = outage.started_at + float(rng.gamma(1.5, 6)) * _MIN
            if received_at >= now or not dark:
                continue
            place = dark[int(rng.integers(len(dark)))]
            yield _order(network.unit_id, place, _OUTAGE, received_at, now, rng, restored_at=outage.restored_at)


_OUTAGE = (
    Kind.FAULT,
    Topic.NO_SUPPLY,
    1.0,
    "整片都停电了，什么时候能来电？",
    "our_equipment",
    "线路故障停电",
    "隔离故障段并恢复供电",
    "",
)


def _order(
    unit_id: int,
    place: _Place,
    matter: tuple[Kind, Topic, float, str, str, str, str, str],
    received_at: datetime,
    now: datetime,
    rng: np.random.Generator,
    *,
    restored_at: datetime | None = None,
) -> PastOrder:
    kind, topic, _, text, finding, found, done, told = matter
    account_id = int(rng.choice(place.account_ids)) if place.account_ids else None
    entry = OrderEntry(
        kind=kind,
        topic=topic,
        unit_id=unit_id,
        account_id=account_id,
        load_code=place.load_code,
        area="rural",
        caller=str(int(_NUMBERS[0]) + int(rng.integers(_NUMBERS[1]))),
        channel=str(rng.choice(["hotline", "phone", "counter", "web", "qr"], p=[0.6, 0.15, 0.12, 0.08, 0.05])),
        text=text,
        place=place.name,
        received_at=received_at,
        first_asked="agent",
    )
    steps = tuple(one for one in _course(kind, received_at, restored_at, rng) if one.told_at <= now)
    finished = any(one.step == "finish" for one in steps)
    if kind in (Kind.FAULT, Kind.SERVICE) and not finished:
        steps = ()  # it waits for a crew that is really sent
    promise = _promise(kind, received_at, steps, now, rng)
    return PastOrder(
        entry=entry,
        steps=steps,
        finding=finding if finished else "",
        found=found if finished else "",
        done=done if finished else "",
        told_customer=told if finished else "",
        promises=promise,
        remarks=(("customer", text, received_at),) if kind not in (Kind.FAULT, Kind.PRAISE) else (),
    )


def _course(
    kind: Kind, received_at: datetime, restored_at: datetime | None, rng: np.random.Generator
) -> Iterator[PastStep]:
    """The steps of an order, some of them too late, as they are in life."""
    if kind in (Kind.FAULT, Kind.SERVICE):
        yield from _field(received_at, restored_at, rng, slow=kind == Kind.SERVICE)
        return
    at = received_at + float(rng.gamma(2, 20)) * _MIN
    yield PastStep(step="accept", told_at=at, actor="head" if kind == Kind.COMPLAINT else "agent")
    at += float(rng.gamma(1.2, 240)) * _MIN
    yield PastStep(step="contact", told_at=at, actor="head")
    if kind == Kind.COMPLAINT and rng.random() < 0.2:
        yield PastStep(step="urge", told_at=at + 30 * _MIN, actor="agent")
    days = float(rng.gamma(2.2, 0.75)) if kind != Kind.ENQUIRY else float(rng.gamma(1.0, 0.3))
    at += days * 1_440 * _MIN + 31 * _MIN
    yield PastStep(step="finish", told_at=at, actor="head" if kind == Kind.COMPLAINT else "agent")
    at += float(rng.gamma(1.5, 300)) * _MIN
    yield from _call_back(at)
    yield PastStep(step="close", told_at=at + 5 * _MIN, actor="agent")


def _field(
    received_at: datetime, restored_at: datetime | None, rng: np.random.Generator, *, slow: bool
) -> Iterator[PastStep]:
    at = received_at + float(rng.gamma(2, 1.0 if not slow else 30)) * _MIN
    yield PastStep(step="dispatch", told_at=at, actor="dispatcher")
    at += float(rng.gamma(1.5, 1.2)) * _MIN
    yield PastStep(step="accept", told_at=at, actor="crew")
    at += float(rng.gamma(4, 9 if not slow else 40)) * _MIN
    yield PastStep(step="arrive", told_at=at, actor="crew")
    worked_at = at + float(rng.gamma(2.0, 35)) * _MIN
    if restored_at is not None:
        worked_at = max(at + 2 * _MIN, restored_at)
    yield PastStep(step="restore", told_at=worked_at, actor="crew")
    yield PastStep(step="finish", told_at=worked_at + 4 * _MIN, actor="crew")
    at = worked_at + float(rng.gamma(2.0, 240)) * _MIN + 5 * _MIN
    yield from _call_back(at)
    yield PastStep(step="close", told_at=at + 3 * _MIN, actor="agent")


_SAID = (
    *(("satisfied", "") for _ in range(13)),
    *(("fair", "") for _ in range(3)),
    *(("no_view", "") for _ in range(2)),
    ("dissatisfied", "等的时间太长，打了两次电话才有人说清楚。"),
    ("", ""),
)


def _call_back(at: datetime) -> Iterator[PastStep]:
    """What the customer says afterwards: most are satisfied, one in twenty is not, and some do not answer at first."""
    result, words = _SAID[int(at.timestamp()) % len(_SAID)]
    if not result:
        yield PastStep(step="no_answer", told_at=at, actor="agent")
        at, result = at + 2 * _MIN, "satisfied"
    yield PastStep(step="call_back", told_at=at, actor="agent", result=result, reason=words)


def _promise(
    kind: Kind, received_at: datetime, steps: tuple[PastStep, ...], now: datetime, rng: np.random.Generator
) -> tuple[tuple[str, datetime, datetime, datetime | None], ...]:
    """Now and then a time is given, and mostly kept."""
    if kind not in (Kind.FAULT, Kind.SERVICE) or rng.random() > 0.25:
        return ()
    minutes = 120 if kind == Kind.FAULT else 600
    due_at, given_at = received_at + minutes * _MIN, received_at + 3 * _MIN
    kept_at = next((one.told_at for one in steps if one.step == "arrive"), None)
    return (("arrive", due_at, given_at, kept_at),) if kept_at is not None or due_at > now else ()
