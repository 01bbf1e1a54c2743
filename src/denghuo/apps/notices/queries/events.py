"""What messages can be about, and what a new installation says of it until somebody words it otherwise.

Those who are told read Chinese: the words below are data, not text of the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.models import Channel

# What a call without a question asks for.
HEARD: Mapping[str, str | Promise] = {"1": _("Heard and understood")}
SAFE = "1"  # what a special-care customer answers who needs nobody


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that people are told of. ``values`` are the places its words may name; ``words`` by channel, those of a
    text message where a channel has none of its own. ``answers`` are the keys that may be pressed and what they mean.
    ``safety`` and ``legal`` say how it is usually sent; ``staff``: it is for own people. ``must`` are the values
    without which a notice that the law asks for is none, whoever words it."""

    label: str | Promise
    values: tuple[str, ...]
    words: Mapping[str, str]
    answers: Mapping[str, str | Promise] = field(default_factory=lambda: HEARD)
    safety: bool = False
    legal: bool = False
    staff: bool = False
    must: tuple[str, ...] = ()


SAMPLE = {
    "area": "青禾村、柳溪村",
    "line": "10kV灯山线",
    "start": "5月1日08:00",
    "end": "5月1日16:00",
    "was_start": "4月28日08:00",
    "reason": "线路检修",
    "restoration": "预计5月1日16:00恢复供电",
    "phone": "95598",
    "number": "灯停〔2026〕12号",
    "order": "FT-2026-000012",
    "name": "张*",
    "amount": "128.60元",
    "day": "5月8日",
    "place": "青禾村3组",
    "task": "10kV灯山线故障抢修",
    "crew": "抢修一班",
    "promise": "5月1日09:30前到达",
    "state": "抢修人员已到达现场",
    "text": "这是一条测试消息",
}
_PLAN = ("area", "line", "start", "end", "reason", "phone")
_WHERE_AND_WHEN = ("area", "line", "start")  # 供电监管办法 art. 13
_FAULT = ("area", "line", "start", "restoration", "phone")

EVENTS: dict[str, Event] = {
    "outages.planned": Event(
        label=_("Planned outage"),
        values=_PLAN,
        legal=True,
        must=_WHERE_AND_WHEN,
        words={
            Channel.SMS: (
                "计划停电通知：因{reason}，{line}定于{start}至{end}停电，影响{area}。请提前做好准备，咨询请拨{phone}。"
            ),
            Channel.VOICE: (
                "您好，这里是供电公司。因{reason}，{line}定于{start}至{end}停电，影响{area}。听清请按1，重听请按2。"
            ),
            Channel.EMAIL: (
                "尊敬的客户：\n因{reason}，{line}定于{start}至{end}停电，"
                "影响范围：{area}。\n请提前做好准备。咨询电话：{phone}。"
            ),
        },
    ),
    "outages.temporary": Event(
        label=_("Temporary outage"),
        values=_PLAN,
        legal=True,
        must=_WHERE_AND_WHEN,
        words={
            Channel.SMS: (
                "临时停电通知：因{reason}，{line}将于{start}至{end}停电，"
                "影响{area}。给您带来不便，敬请谅解。咨询请拨{phone}。"
            ),
            Channel.VOICE: (
                "您好，这里是供电公司。因{reason}，{line}将于{start}至{end}临时停电，影响{area}。听清请按1，重听请按2。"
            ),
        },
    ),
    "outages.before": Event(
        label=_("The supply is cut soon"),
        values=("area", "line", "start", "end", "phone"),
        legal=True,
        must=("area", "start"),
        words={
            Channel.SMS: "停电提醒：{area}将于{start}停电，预计{end}恢复供电。咨询请拨{phone}。",
            Channel.VOICE: "您好，这里是供电公司。{area}将于{start}停电，预计{end}恢复供电。听清请按1，重听请按2。",
        },
    ),
    "outages.plan_changed": Event(
        label=_("A planned outage changes"),
        values=("area", "line", "was_start", "start", "end", "phone"),
        legal=True,
        must=("area", "line", "was_start", "start"),
        words={
            Channel.SMS: "停电变更通知：{line}原定{was_start}的停电改为{start}至{end}，影响{area}。咨询请拨{phone}。"
        },
    ),
    "outages.plan_cancelled": Event(
        label=_("A planned outage does not take place"),
        values=("area", "line", "start", "phone"),
        words={Channel.SMS: "停电取消通知：{line}原定{start}的停电取消，{area}正常供电。咨询请拨{phone}。"},
    ),
    "outages.fault": Event(
        label=_("Fault: supply is out"),
        values=_FAULT,
        words={
            Channel.SMS: (
                "故障停电：{area}因{line}故障，自{start}起停电，抢修人员正在处理，{restoration}。咨询请拨{phone}。"
            ),
            Channel.VOICE: "您好，这里是供电公司。{area}因{line}故障停电，抢修人员正在处理，{restoration}。听清请按1。",
        },
    ),
    "outages.fault_care": Event(
        label=_("Fault: special care"),
        values=_FAULT,
        answers={SAFE: _("Safe, needs nobody"), "2": _("Needs help")},
        safety=True,
        words={
            Channel.SMS: (
                "用电安全提醒：您家自{start}起停电，{restoration}。"
                "如家中有依靠电力的医疗设备，请立即启用备用电源，需要帮助请拨{phone}。"
            ),
            Channel.VOICE: (
                "您好，这里是供电公司。您家现在停电，{restoration}。"
                "如有医疗设备请立即启用备用电源。平安请按1，需要帮助请按2。"
            ),
        },
    ),
    "outages.restoration_time": Event(
        label=_("Expected restoration"),
        values=("area", "line", "restoration", "phone"),
        words={Channel.SMS: "停电进展：{area}（{line}）{restoration}。给您带来不便，敬请谅解。咨询请拨{phone}。"},
    ),
    "outages.restored": Event(
        label=_("Supply is back"),
        values=("area", "line", "end", "phone"),
        words={Channel.SMS: "复电通知：{area}（{line}）已于{end}恢复供电。如您家仍然没电，请拨{phone}。"},
    ),
    "outages.call_back": Event(
        label=_("Is the supply back?"),
        values=("area", "end", "phone"),
        answers={"1": _("Supply is back"), "2": _("Still without supply")},
        words={
            Channel.SMS: "回访：{area}已于{end}恢复供电，您家来电了吗？已来电请回复1，仍没电请回复2。",
            Channel.VOICE: "您好，这里是供电公司。{area}已于{end}恢复供电。您家已来电请按1，仍没电请按2。",
        },
    ),
    "outages.danger": Event(
        label=_("Danger: keep away"),
        values=("place", "phone"),
        safety=True,
        words={
            Channel.SMS: (
                "安全警告：{place}有电力线路受损，请远离至少8米，看好儿童，不要触碰。发现情况请立即拨{phone}。"
            ),
            Channel.VOICE: "安全警告：{place}有电力线路受损，请远离至少8米，不要触碰。听清请按1。",
        },
    ),
    "customers.arrears": Event(
        label=_("Cut for arrears: the notice"),
        values=("name", "amount", "day", "phone"),
        legal=True,
        must=("amount", "day"),
        words={
            Channel.SMS: (
                "停电通知书：{name}，您户欠电费{amount}，逾期未交，将于{day}依法停止供电。请尽快交费，咨询请拨{phone}。"
            ),
        },
    ),
    "customers.cut_soon": Event(
        label=_("Cut for arrears: just before"),
        values=("name", "start", "phone"),
        legal=True,
        must=("start",),
        words={
            Channel.SMS: "停电提醒：{name}，您户因欠费将于{start}停止供电。交清后即可恢复，咨询请拨{phone}。",
            Channel.VOICE: "您好，您户因欠费将于{start}停止供电，交清后即可恢复。听清请按1。",
        },
    ),
    "customers.reconnected": Event(
        label=_("Supply is connected again"),
        values=("name", "phone"),
        words={Channel.SMS: "复电通知：{name}，您户已恢复供电。如仍没电请拨{phone}。"},
    ),
    "orders.received": Event(
        label=_("An order was taken"),
        values=("order", "promise", "phone"),
        words={Channel.SMS: "您的诉求已受理，编号{order}，{promise}。进度查询请拨{phone}。"},
    ),
    "orders.progress": Event(
        label=_("An order moves on"),
        values=("order", "state", "phone"),
        words={Channel.SMS: "您的诉求{order}进展：{state}。咨询请拨{phone}。"},
    ),
    "orders.closed": Event(
        label=_("An order is closed"),
        values=("order", "phone"),
        words={Channel.SMS: "您的诉求{order}已办结。如问题未解决，请回复2，或拨{phone}。"},
    ),
    "orders.urged": Event(
        label=_("To own people: an order is urged"),
        values=("order", "place", "promise"),
        staff=True,
        words={Channel.SMS: "催办：{order}（{place}），承诺{promise}，请尽快处理。"},
    ),
    "crews.assigned": Event(
        label=_("To a crew: an assignment"),
        values=("task", "place", "promise"),
        answers={"1": _("They go"), "2": _("They cannot come")},
        staff=True,
        words={
            Channel.SMS: "派工：{task}，地点{place}，{promise}。接单请回复1，不能到请回复2。",
            Channel.VOICE: "您有新的抢修任务：{task}，地点{place}，{promise}。接单请按1，不能到请按2。",
        },
    ),
    "crews.unacknowledged": Event(
        label=_("To a superior: nobody took an assignment"),
        values=("crew", "task", "place"),
        staff=True,
        words={
            Channel.SMS: "{crew}尚未接单：{task}，地点{place}，请处理。",
            Channel.VOICE: "{crew}尚未接单：{task}，地点{place}。知道请按1。",
        },
    ),
    "notices.test": Event(
        label=_("A test"),
        values=("text",),
        staff=True,
        words={Channel.SMS: "{text}", Channel.VOICE: "{text}", Channel.EMAIL: "{text}"},
    ),
}


def event_label(event: str) -> str | Promise:
    """What an event is called; one that is not known here, by its own name."""
    known = EVENTS.get(event)
    return known.label if known else event


def answers_of(event: str) -> Mapping[str, str | Promise]:
    """The answers that an event asks for, by the key that is pressed."""
    known = EVENTS.get(event)
    return known.answers if known else HEARD
