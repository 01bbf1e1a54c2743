"""How tables of calls are written: headings, units, words and what is meant by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from denghuo.adapters.telephony.records import CallOutcome

__all__ = ["ANONYMOUS_BANK", "COMMON", "FIELDS", "TEMPLATES", "CallTemplate"]

FIELDS = (
    "call_id",
    "queue",
    "caller",
    "date",
    "entered_at",
    "queued_at",
    "connected_at",
    "ended_at",
    "position",
    "outcome",
    "agent",
    "wait_s",
    "ring_s",
    "talk_s",
    "wrap_up_s",
    "hold_s",
    "announcement",
    "announcement_s",
    "announced_until",
    "left_at",
    "transferred_to",
    "menu",
    "left_because",
)


def _words(words: Mapping[CallOutcome, str]) -> Mapping[str, CallOutcome]:
    return MappingProxyType({word: outcome for outcome, text in words.items() for word in text.split("|")})


OUTCOME_WORDS: Mapping[str, CallOutcome] = _words(
    {
        CallOutcome.ANSWERED: (
            "已接|接通|已接通|已接听|接听|应答|已应答|人工接通|人工接听|成功|呼叫成功|通话成功|是"
            "|answered|answer|connected|handled|agent|completed|success|yes"
        ),
        CallOutcome.ABANDONED: (
            "放弃|已放弃|排队放弃|振铃放弃|用户放弃|客户放弃|主叫放弃|主叫挂机|用户挂机|客户挂机|排队挂机|否"
            "|未接|未接听|未接通|漏接|呼损|abandoned|abandon|hang|missed|no answer|not answered|unanswered|no"
        ),
        CallOutcome.TIMED_OUT: "超时|排队超时|等待超时|timeout|timed out|queue timeout|exitwithtimeout",
        CallOutcome.LEFT_EMPTY: "无坐席|无座席|无人值守|无人值班|no agents|no agent|empty|exitempty|leave empty",
        CallOutcome.LEFT_BY_KEY: (
            "按键退出|按键离开|转留言|留言|转语音信箱|回呼登记|left by key|exit by key|exitwithkey|voicemail"
        ),
        CallOutcome.REFUSED: (
            "拒绝|队列满|队列已满|排队已满|系统忙|线路忙|忙|busy|full|queue full|refused|rejected|congestion|blocked"
        ),
        CallOutcome.ANNOUNCED: (
            "自助|自助完成|自助服务|语音播报|播报完成|听完播报|仅自助|ivr完成|announced|self service|served by ivr"
        ),
        CallOutcome.LOST_IN_ANNOUNCEMENT: (
            "ivr挂机|ivr放弃|ivr中挂机|语音挂机|语音放弃|导航挂机|lost in ivr|hung up in ivr|ivr abandoned"
        ),
        CallOutcome.FAILED: "失败|呼叫失败|异常|故障|failed|failure|error",
        CallOutcome.LASTING: "通话中|进行中|排队中|in progress|ongoing|lasting",
    }
)


@dataclass(frozen=True, kw_only=True)
class CallTemplate:
    """One exchange's table of calls, one row per call.

    Args:
        name: what it is called.
        columns: field (one of :data:`FIELDS`) -> the headings it may have. ``date`` is the day where other columns
            hold the time of day alone. ``announced_until`` is when the menu or announcement ended, ``left_at`` when
            the caller left the queue for an agent or for good.
        joined: field -> headings whose texts are joined with ``-``, such as an id that is unique only with its line.
        timezone: where times without an offset are.
        time_formats: ``strptime`` patterns; none: ISO 8601 and the usual Chinese ways.
        duration_unit_s: what a bare number in a column of durations counts, where its heading does not say.
        outcomes: the table's word -> how the call ended. Words are compared without case and spaces.
        phantoms: words of rows that are no calls; they are told and left out.
        no_time: texts that stand for "not at all" in a column of times.
        wait_excludes_ring: whether the waiting time ends when the agent's telephone begins to ring.
        abandoned_unqueued: what it is when a caller who is said to have hung up never was in a queue.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    timezone: str = "Asia/Shanghai"
    time_formats: tuple[str, ...] = ()
    duration_unit_s: float = 1.0
    outcomes: Mapping[str, CallOutcome] = field(default_factory=lambda: OUTCOME_WORDS)
    phantoms: frozenset[str] = frozenset()
    no_time: frozenset[str] = frozenset()
    wait_excludes_ring: bool = False
    abandoned_unqueued: CallOutcome = CallOutcome.ABANDONED


COMMON = CallTemplate(
    name="common",
    columns=MappingProxyType(
        {
            "call_id": (
                *("呼叫ID", "呼叫编号", "通话ID", "通话编号", "流水号", "呼叫流水号", "通话流水号", "会话ID", "话单号"),
                *("call id", "callid", "unique id", "session id", "id"),
            ),
            "queue": (
                "队列",
                "队列名称",
                "队列号",
                "技能组",
                "技能组名称",
                "queue",
                "queue name",
                "skill",
                "skill group",
            ),
            "caller": (
                *("主叫号码", "主叫", "来电号码", "来电", "客户号码", "用户号码", "客户电话", "呼入号码"),
                *("caller", "caller number", "caller id", "ani", "calling number", "from"),
            ),
            "date": ("日期", "呼入日期", "来电日期", "date", "call date"),
            "entered_at": (
                *("呼入时间", "来电时间", "进线时间", "呼叫时间", "呼叫开始时间", "开始时间"),
                *("entered at", "start time", "call time", "call start", "start", "arrival time", "time"),
            ),
            "queued_at": (
                *("入队时间", "排队时间点", "排队开始时间", "进入队列时间", "转人工时间"),
                *("queued at", "queue start", "enqueue time", "joined at"),
            ),
            "connected_at": (
                *("接通时间", "应答时间", "接听时间", "通话开始时间"),
                *("connected at", "answer time", "answered at", "connect time"),
            ),
            "left_at": ("出队时间", "排队结束时间", "离队时间", "queue end", "left at"),
            "ended_at": (
                *("结束时间", "挂机时间", "挂断时间", "通话结束时间"),
                *("ended at", "end time", "hangup time", "end"),
            ),
            "position": ("排队位置", "排队序号", "position", "queue position"),
            "outcome": (
                *("结果", "呼叫结果", "通话结果", "接听结果", "接听状态", "呼叫状态", "通话状态", "状态", "是否接通"),
                *("outcome", "result", "status", "disposition", "call result"),
            ),
            "agent": (
                *("座席", "坐席", "座席工号", "坐席工号", "工号", "座席号", "坐席号", "接听坐席", "接听座席", "话务员"),
                *("客服工号", "agent", "agent id", "agent name", "operator"),
            ),
            "wait_s": (
                *("排队时长", "排队等待时长", "等待时长", "等待时间", "排队等待时间"),
                *("wait", "wait time", "waiting time", "wait s", "queue time", "queue duration", "hold in queue"),
            ),
            "ring_s": (
                "振铃时长",
                "响铃时长",
                "振铃时间",
                "ring",
                "ring time",
                "ring s",
                "ring duration",
                "ringing time",
            ),
            "talk_s": (
                *("通话时长", "人工通话时长", "通话时间", "服务时长"),
                *("talk", "talk time", "talk s", "talk duration", "service time", "billsec"),
            ),
            "wrap_up_s": (
                *("话后时长", "整理时长", "话后整理时长", "事后处理时长", "话后处理时长"),
                *("wrap up", "wrap up time", "wrapup s", "acw", "after call work"),
            ),
            "hold_s": ("保持时长", "保持时间", "hold", "hold time", "hold s", "hold duration"),
            "announcement": ("播报内容", "播报", "公告", "语音公告", "announcement"),
            "announcement_s": ("IVR时长", "语音时长", "自助时长", "播报时长", "导航时长", "ivr time", "announcement s"),
            "transferred_to": ("转接号码", "转接目标", "转接", "transferred to", "transfer to"),
            "menu": ("按键", "IVR按键", "菜单", "菜单选择", "业务类型", "menu", "menu choice", "ivr path"),
            "left_because": ("放弃原因", "挂机原因", "释放原因", "挂机方", "挂断方", "reason", "hangup cause"),
        }
    ),
)

ANONYMOUS_BANK = CallTemplate(
    name="anonymous bank",
    columns=MappingProxyType(
        {
            "queue": ("type",),
            "caller": ("customer_id",),
            "date": ("date",),
            "entered_at": ("vru_entry",),
            "announced_until": ("vru_exit",),
            "announcement_s": ("vru_time",),
            "queued_at": ("q_start",),
            "left_at": ("q_exit",),
            "wait_s": ("q_time",),
            "outcome": ("outcome",),
            "connected_at": ("ser_start",),
            "ended_at": ("ser_exit",),
            "talk_s": ("ser_time",),
            "agent": ("server",),
        }
    ),
    joined=MappingProxyType({"call_id": ("vru+line", "call_id")}),
    timezone="Asia/Jerusalem",
    outcomes=MappingProxyType({"agent": CallOutcome.ANSWERED, "hang": CallOutcome.ABANDONED}),
    phantoms=frozenset({"phantom"}),
    no_time=frozenset({"0:00:00"}),
    abandoned_unqueued=CallOutcome.LOST_IN_ANNOUNCEMENT,
)
"""The Technion "Anonymous Bank" (Mandelbaum, Sakov, Zeltyn 2000): a real call center, every call of a year."""

TEMPLATES = (ANONYMOUS_BANK,)
"""Templates recognized by their headings; whatever is none of them is read as :data:`COMMON`."""
