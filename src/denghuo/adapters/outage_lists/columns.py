"""The columns of an outage list: our own, and the names public lists give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from denghuo.adapters.tables.columns import Choice, Column, ColumnKind, Sheet, Unit
from denghuo.engines.reliability import OutageKind

__all__ = ["BC_HYDRO", "EVENTS", "FORMS", "PGE", "EndOf", "ListForm", "SameEvent"]


class EndOf(StrEnum):
    """When supply was back, where a list only says when the outage was last seen and when it was gone."""

    LAST_SEEN = "last_seen"
    MIDDLE = "middle"
    FIRST_ABSENT = "first_absent"


class SameEvent(StrEnum):
    """What several rows of one event number are: steps of a restoration, each with its own customers, or corrections,
    of which the last counts. The list says: corrections where its publisher re-issues events, or where it has a column
    of update times; else steps."""

    BY_LIST = "by_list"
    STEPS = "steps"
    CORRECTIONS = "corrections"


@dataclass(frozen=True)
class ListForm:
    """How one publisher heads its columns: ``columns`` maps our field to its heading, all of ``columns`` must be there
    for the form to be recognized. ``reissues`` says that a later row with the same number corrects the earlier one."""

    name: str
    columns: Mapping[str, str]
    reissues: bool = False


BC_HYDRO = ListForm(
    "bc_hydro",
    {
        "event": "id",
        "cause": "cause",
        "customers": "numCustomersOut",
        "start": "dateOff",
        "end": "dateOn",
        "updated": "lastUpdated",
        "region": "regionName",
    },
    reissues=True,
)
PGE = ListForm(
    "pge",
    {
        "event": "id",
        "region": "region",
        "start": "start",
        "last_seen": "last_seen",
        "first_absent": "first_absent",
        "customers": "cust_max",
        "cause": "cause_code",
    },
    reissues=True,
)
FORMS = (BC_HYDRO, PGE)


_KINDS = (
    Choice(value=OutageKind.FAULT, zh="故障停电", en="fault", also=("故障", "unplanned", "forced")),
    Choice(value=OutageKind.FAULT_INTERNAL, zh="内部故障停电", en="internal fault", also=("内部故障",)),
    Choice(value=OutageKind.FAULT_EXTERNAL, zh="外部故障停电", en="external fault", also=("外部故障",)),
    Choice(value=OutageKind.PREARRANGED, zh="预安排停电", en="prearranged", also=("预安排",)),
    Choice(value=OutageKind.PLANNED, zh="计划停电", en="planned", also=("计划", "scheduled")),
    Choice(value=OutageKind.PLANNED_MAINTENANCE_INTERNAL, zh="内部计划检修停电", en="internal maint.",
           also=("internal maintenance", "计划检修", "检修停电", "planned maintenance")),
    Choice(value=OutageKind.PLANNED_MAINTENANCE_EXTERNAL, zh="外部计划检修停电", en="external maint.",
           also=("external maintenance",)),
    Choice(value=OutageKind.PLANNED_CONSTRUCTION_INTERNAL, zh="内部计划施工停电", en="internal constr.",
           also=("internal construction", "计划施工", "施工停电", "planned construction")),
    Choice(value=OutageKind.PLANNED_CONSTRUCTION_EXTERNAL, zh="外部计划施工停电", en="external constr.",
           also=("external construction",)),
    Choice(value=OutageKind.PLANNED_CUSTOMER_REQUEST, zh="用户计划申请停电", en="customer request",
           also=("用户申请停电",)),
    Choice(value=OutageKind.TEMPORARY, zh="临时停电", en="temporary", also=("临时",)),
    Choice(value=OutageKind.TEMPORARY_MAINTENANCE, zh="临时检修停电", en="temp. maint.",
           also=("temporary maintenance", "临时检修")),
    Choice(value=OutageKind.TEMPORARY_CONSTRUCTION, zh="临时施工停电", en="temp. constr.",
           also=("temporary construction", "临时施工")),
    Choice(value=OutageKind.TEMPORARY_CUSTOMER_REQUEST, zh="用户临时申请停电", en="temp. request"),
    Choice(value=OutageKind.RATIONING, zh="限电", en="rationing", also=("限电停电",)),
    Choice(value=OutageKind.RATIONING_SOURCE_SHORTAGE, zh="系统电源不足限电", en="source shortage"),
    Choice(value=OutageKind.RATIONING_GRID, zh="供电网限电", en="grid rationing"),
    Choice(value=OutageKind.LOAD_TRANSFER, zh="调电", en="load transfer"),
)  # fmt: skip

EVENTS = Sheet(
    name="events",
    zh="停电事件",
    en="Outages",
    also=("outage", "event", "停电记录", "停电台账"),
    required=True,
    meaning_zh="每次停电一行；分步复电的，各步分行填写，事件编号相同，户数填该步恢复的户数。",
    meaning_en="One row per outage. Where supply came back in steps, one row per step with the same event number "
    "and the customers restored by that step.",
    columns=(
        Column(name="event", zh="事件编号", en="Event", kind=ColumnKind.ID, also=("停电编号", "编号", "id", "event no"),
               meaning_zh="不填时每行为一次停电。", meaning_en="Each row is an outage of its own if left blank.",
               example="2024-0001"),
        Column(name="kind", zh="停电性质", en="Kind", kind=ColumnKind.CHOICE, choices=_KINDS,
               also=("性质", "停电类型", "type"), meaning_zh="不填时按原因判断。",
               meaning_en="Judged by the cause if left blank.", example="故障停电"),
        Column(name="cause", zh="停电原因", en="Cause", also=("原因", "责任原因", "reason", "cause_code"),
               example="树障"),
        Column(name="region", zh="区域", en="Region",
               also=("地区", "台区", "线路", "供电所", "area", "feeder", "regionname")),
        Column(name="start", zh="停电时间", en="Start", kind=ColumnKind.INSTANT, required=True,
               also=("开始时间", "停电起始时间", "off", "dateoff", "begin", "start time"),
               meaning_zh="失去供电的时刻。", meaning_en="When supply was lost.", example="2024-05-01 08:30"),
        Column(name="end", zh="复电时间", en="End", kind=ColumnKind.INSTANT, required=True,
               also=("结束时间", "送电时间", "恢复时间", "on", "dateon", "restored", "end time"),
               meaning_zh="恢复供电的时刻。", meaning_en="When supply was back.", example="2024-05-01 10:15"),
        Column(name="customers", zh="停电户数", en="Customers", kind=ColumnKind.COUNT, unit=Unit.USERS,
               also=("低压户数", "户数", "lv_customers", "numcustomersout", "customers out"),
               meaning_zh="停电的装表用户数；与中压用户数至少填一项。",
               meaning_en="Metered customers out. Give these, MV users, or both.", example="86"),
        Column(name="mv_users", zh="中压用户数", en="MV users", kind=ColumnKind.COUNT, unit=Unit.USERS,
               also=("等效用户数", "users"), meaning_zh="按 DL/T 836 计的用户数。",
               meaning_en="Users as DL/T 836 counts."),
        Column(name="kva", zh="停电容量", en="Capacity out", kind=ColumnKind.NUMBER, unit=Unit.KVA, also=("容量",)),
        Column(name="updated", zh="更新时间", en="Updated", kind=ColumnKind.INSTANT, also=("lastupdated", "修改时间"),
               meaning_zh="有此列时，同一编号以最后更新的一行为准。",
               meaning_en="Where this column is there, the row updated last counts for an event number."),
        Column(name="last_seen", zh="最后可见", en="Last seen", kind=ColumnKind.INSTANT, extended=True,
               meaning_zh="无复电时间时：停电最后一次出现在公布名单上的时刻。",
               meaning_en="Where there is no end: when the outage was last on the published list."),
        Column(name="first_absent", zh="首次消失", en="First absent", kind=ColumnKind.INSTANT, extended=True,
               meaning_zh="无复电时间时：停电首次不在公布名单上的时刻。",
               meaning_en="Where there is no end: when it was first gone from the list."),
    ),
)  # fmt: skip
