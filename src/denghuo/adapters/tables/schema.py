"""The sheets of a network. The template, the reader, the export and ``docs/adapters-tables.md`` follow from them."""

from __future__ import annotations

from dataclasses import replace

from denghuo.adapters.tables.columns import Choice, Column, ColumnKind, Sheet, Unit
from denghuo.engines.grid import BranchKind, Ownership, SwitchKind

__all__ = [
    "EXAMPLE_MARKS",
    "FEEDERS",
    "LINES",
    "LOADS",
    "NETWORK",
    "NODES",
    "SOURCES",
    "SWITCHES",
    "TRANSFORMERS",
]

# A row whose first cell starts like this is the example of the template and is not imported.
EXAMPLE_MARKS = ("（示例）", "(example)")

_LINE_KINDS = (
    Choice(BranchKind.LINE, "架空", "overhead", ("架空线", "架空线路", "线路", "line")),
    Choice(BranchKind.CABLE, "电缆", "cable", ("电缆线路", "underground")),
)
_SWITCH_KINDS = (
    Choice(SwitchKind.BREAKER, "断路器", "breaker", ("circuit breaker", "CB", "柱上断路器")),
    Choice(SwitchKind.RECLOSER, "重合器", "recloser"),
    Choice(SwitchKind.LOAD_BREAK_SWITCH, "负荷开关", "load-break switch", ("LBS", "柱上负荷开关")),
    Choice(SwitchKind.DISCONNECTOR, "隔离开关", "disconnector",
           ("刀闸", "隔离刀闸", "隔离开关(刀闸)", "isolator", "disconnect")),
    Choice(SwitchKind.FUSE, "熔断器", "fuse", ("跌落式熔断器", "跌落保险", "令克", "cutout")),
)  # fmt: skip
_OWNERSHIP = (
    Choice(Ownership.PUBLIC, "公变", "public", ("公用", "公用变", "公用变压器")),
    Choice(Ownership.CUSTOMER, "专变", "customer", ("专用", "专用变", "专用变压器")),
)
_NORMAL_STATES = (
    Choice(1, "合", "closed", ("闭合", "常闭", "合闸", "是", "yes", "true", "1", "close")),
    Choice(0, "分", "open", ("断开", "常开", "分闸", "否", "no", "false", "0")),
)
_YES_NO = (
    Choice(1, "是", "yes", ("有", "true", "1", "y")),
    Choice(0, "否", "no", ("无", "false", "0", "n")),
)
_NAME = Column("name", "名称", "Name", meaning_zh="不填时同编号。", meaning_en="The number is repeated if left blank.")
_FROM = Column("from_node", "起点节点", "From node", kind=ColumnKind.ID, required=True,
               also=("首端节点", "起点", "节点", "接入节点", "from", "node", "bus1"),
               meaning_zh="电源侧所接的节点（杆号、母线、分支箱）。名称相同即为相连。",
               meaning_en="Node at the source end (pole, busbar, cabinet). Equal names are connected.",
               example="10kV城关线1号杆")  # fmt: skip
_TO = Column("to_node", "终点节点", "To node", kind=ColumnKind.ID, required=True,
             also=("末端节点", "终点", "to", "bus2"), meaning_zh="另一端所接的节点。",
             meaning_en="Node at the other end.", example="10kV城关线2号杆")  # fmt: skip


def _id(zh: str, en: str, example: str) -> Column:
    return Column("id", zh, en, kind=ColumnKind.ID, required=True, also=("编号", "no", "number"),
                  meaning_zh="不可重复。", meaning_en="Must not repeat.", example=example)  # fmt: skip


_RATE = Column("failure_rate_per_year", "年故障率", "Failure rate", kind=ColumnKind.NUMBER, unit=Unit.PER_YEAR,
               also=("故障率", "failures", "failure_rate"), meaning_zh="整段设备每年永久性故障次数，不是每公里。",
               meaning_en="Permanent failures of the whole element in a year, not of each kilometer.")  # fmt: skip
_REPAIR = Column("repair_h", "修复时间", "Repair time", kind=ColumnKind.NUMBER, unit=Unit.HOURS, also=("repair",),
                 meaning_zh="修复或更换所需时间。", meaning_en="Time to repair or replace.")  # fmt: skip
_LENGTH = Column("length_km", "长度", "Length", kind=ColumnKind.NUMBER, unit=Unit.KM,
                 also=("线路长度", "line length"), meaning_zh="线路长度。", meaning_en="Length of the line.",
                 example="0.85")  # fmt: skip
_RATING = Column("rating_kva", "允许容量", "Rating", kind=ColumnKind.NUMBER, unit=Unit.KVA,
                 also=("载流容量", "ampacity"), meaning_zh="长期允许通过的最大视在功率；不填为不限。",
                 meaning_en="The most apparent power it may carry; unlimited if left blank.")  # fmt: skip
_MV_USERS = Column("mv_users", "中压用户数", "MV users", kind=ColumnKind.COUNT, unit=Unit.USERS,
                   also=("等效用户数", "mvusers"), meaning_zh="按 DL/T 836 计：一台公变或一个高压计量用户为 1 户。",
                   meaning_en="As DL/T 836 counts: one public transformer or one MV-metered customer is 1.",
                   example="1")  # fmt: skip
_LV_CUSTOMERS = Column("lv_customers", "低压户数", "LV customers", kind=ColumnKind.COUNT, unit=Unit.USERS,
                       also=("客户数", "用户数", "户数", "customers"), meaning_zh="装表用户数（IEEE 1366 的计数）。",
                       meaning_en="Metered customers, as IEEE 1366 counts.", example="86")  # fmt: skip
_KW = Column("kw", "平均负荷", "Average demand", kind=ColumnKind.NUMBER, unit=Unit.KW,
             also=("负荷", "有功", "demand", "load"), meaning_zh="平均有功负荷；不填为未知。",
             meaning_en="Average active power; unknown if left blank.")  # fmt: skip
_AREA = Column("area", "区域", "Area", also=("村", "社区", "乡镇", "district", "village"),
               meaning_zh="所在村、社区或乡镇。", meaning_en="Village or district.")  # fmt: skip

NODES = Sheet(
    name="nodes",
    zh="节点",
    en="Nodes",
    also=("node", "节点表"),
    columns=(
        _id("节点编号", "Node no.", "10kV城关线1号杆"),
        _NAME,
        Column("base_kv", "电压等级", "Voltage", kind=ColumnKind.NUMBER, unit=Unit.KV, also=("电压", "kv"),
               meaning_zh="线电压。", meaning_en="Line-to-line voltage.", example="10"),
        Column("x", "横坐标", "X", kind=ColumnKind.NUMBER, signed=True, also=("经度", "longitude", "lon"),
               meaning_zh="图上坐标或经度。", meaning_en="Drawing coordinate or longitude."),
        Column("y", "纵坐标", "Y", kind=ColumnKind.NUMBER, signed=True, also=("纬度", "latitude", "lat"),
               meaning_zh="图上坐标或纬度。", meaning_en="Drawing coordinate or latitude."),
    ),
    meaning_zh="可不填：由其他表中的节点名称自动得到。一旦填写，所有节点都须列出。",
    meaning_en="Optional: derived from the node names of the other sheets. Once filled in, every node must be listed.",
)  # fmt: skip
LINES = Sheet(
    name="lines",
    zh="线路段",
    en="Lines",
    also=("线路", "line", "线段"),
    columns=(
        _id("线路段编号", "Line no.", "CG-L01"),
        _NAME,
        _FROM,
        _TO,
        Column("kind", "型式", "Kind", kind=ColumnKind.CHOICE, choices=_LINE_KINDS, also=("类型", "线路类型", "type"),
               meaning_zh="不填为架空。", meaning_en="Overhead if left blank.", example="架空"),
        _LENGTH,
        _RATING,
        _RATE,
        _REPAIR,
    ),
    meaning_zh="两个节点之间的一段架空线或电缆。",
    meaning_en="A piece of overhead line or cable between two nodes.",
)  # fmt: skip
SWITCHES = Sheet(
    name="switches",
    zh="开关",
    en="Switches",
    also=("switch", "开关设备"),
    columns=(
        _id("开关编号", "Switch no.", "CG-K01"),
        _NAME,
        _FROM,
        _TO,
        Column("kind", "类型", "Kind", kind=ColumnKind.CHOICE, required=True, choices=_SWITCH_KINDS,
               also=("开关类型", "设备类型", "type"), meaning_zh="决定能否带负荷、带故障电流操作。",
               meaning_en="Says what it may break: fault current, load current or nothing.", example="断路器"),
        Column("normally_closed", "常态", "Normal state", kind=ColumnKind.CHOICE, choices=_NORMAL_STATES,
               also=("正常状态", "常态位置", "状态", "开关状态", "state", "normal"),
               meaning_zh="正常运行方式下的位置；不填为合。",
               meaning_en="Position in normal operation; closed if left blank.", example="合"),
        Column("remote", "遥控", "Remote", kind=ColumnKind.CHOICE, choices=_YES_NO,
               also=("是否遥控", "三遥", "remote controlled"), meaning_zh="能否远方操作；不填为否。",
               meaning_en="Whether it is operated from afar; no if left blank.", example="否"),
        Column("operating_h", "操作时间", "Operating time", kind=ColumnKind.NUMBER, unit=Unit.HOURS,
               also=("operating",), meaning_zh="到达并完成操作的时间；不填取默认值。",
               meaning_en="Time to reach and operate it; the default if left blank."),
        _RATE,
        _REPAIR,
        replace(_LENGTH, extended=True),
        replace(_RATING, extended=True),
    ),
    meaning_zh="断路器、重合器、负荷开关、隔离开关和熔断器。",
    meaning_en="Breakers, reclosers, load-break switches, disconnectors and fuses.",
)  # fmt: skip
TRANSFORMERS = Sheet(
    name="transformers",
    zh="变压器",
    en="Transformers",
    also=("transformer", "配变", "台区"),
    columns=(
        _id("变压器编号", "Transformer no.", "CG-T01"),
        _NAME,
        _FROM,
        Column("to_node", "终点节点", "To node", kind=ColumnKind.ID, also=(*_TO.also, "低压节点"),
               meaning_zh="低压侧节点。配电台区可不填：自动生成低压节点，户数直接填在本行。",
               meaning_en="Node on the low side. May be left blank for a distribution transformer: the LV node is "
                          "made, and the customers stand in this row."),
        Column("rated_kva", "额定容量", "Rated power", kind=ColumnKind.NUMBER, unit=Unit.KVA,
               also=("容量", "变压器容量", "rated"), meaning_zh="铭牌容量；配电台区必填。",
               meaning_en="Nameplate power; required for a distribution transformer given in one row.", example="315"),
        Column("ownership", "产权", "Ownership", kind=ColumnKind.CHOICE, choices=_OWNERSHIP,
               also=("公专变", "公变/专变", "性质", "owner"), meaning_zh="不填为公变。",
               meaning_en="Public if left blank.", example="公变"),
        _LV_CUSTOMERS,
        _KW,
        _AREA,
        _RATE,
        _REPAIR,
        replace(_LENGTH, extended=True),
        replace(_RATING, extended=True),
        replace(_MV_USERS, extended=True),
    ),
    meaning_zh="配电台区一行即可：起点节点填中压节点，终点节点不填，低压户数必填（专变不填时计 1 户）。"
    "主变填两端节点，不填户数。",
    meaning_en="One row is enough for a distribution transformer: its MV node as from node, to node blank, and the LV "
    "customers (a customer-owned one counts 1 if left blank). A substation transformer has both nodes, no customers.",
)  # fmt: skip
LOADS = Sheet(
    name="loads",
    zh="用户",
    en="Loads",
    also=("load", "负荷", "customers", "客户"),
    columns=(
        _id("用户编号", "Load no.", "CG-U01"),
        _NAME,
        Column("node", "接入节点", "Node", kind=ColumnKind.ID, required=True, also=("节点", "bus"),
               meaning_zh="用户所接的节点。", meaning_en="The node that supplies it.", example="10kV城关线2号杆"),
        _MV_USERS,
        _LV_CUSTOMERS,
        Column("kva", "报装容量", "Connected capacity", kind=ColumnKind.NUMBER, unit=Unit.KVA,
               also=("容量", "用电容量", "capacity"), meaning_zh="不填为未知。", meaning_en="Unknown if left blank."),
        _KW,
        _AREA,
    ),
    meaning_zh="不随台区填写的用户，如高压用户。中压用户数和低压户数至少填一项。",
    meaning_en="Customers not given with a transformer, such as MV customers. Give MV users, LV customers or both.",
)  # fmt: skip
SOURCES = Sheet(
    name="sources",
    zh="电源",
    en="Sources",
    also=("source", "电源点"),
    required=True,
    columns=(
        _id("电源编号", "Source no.", "CG-S01"),
        _NAME,
        Column("node", "接入节点", "Node", kind=ColumnKind.ID, required=True, also=("节点", "bus"),
               meaning_zh="电源所接的节点，如变电站 10 kV 母线。",
               meaning_en="The node it feeds, such as the 10 kV busbar of a substation.", example="城关变10kV I段母线"),
        Column("capacity_kva", "供电能力", "Capacity", kind=ColumnKind.NUMBER, unit=Unit.KVA, also=("容量",),
               meaning_zh="不填为不限。", meaning_en="Unlimited if left blank."),
    ),
    meaning_zh="供电的起点，至少一行。",
    meaning_en="Where supply comes from; at least one row.",
)  # fmt: skip
FEEDERS = Sheet(
    name="feeders",
    zh="馈线",
    en="Feeders",
    also=("feeder", "线路名称", "10kV线路"),
    columns=(
        _id("馈线编号", "Feeder no.", "CG"),
        _NAME,
        Column("head_branch", "首端设备", "Head branch", kind=ColumnKind.ID, required=True,
               also=("出线开关", "首端开关", "head"), meaning_zh="线路首端的开关或线路段编号，通常为出线断路器。",
               meaning_en="Number of the switch or line at its head, usually the feeder breaker.", example="CG-K01"),
    ),
    meaning_zh="可不填：按出线开关自动划分。",
    meaning_en="Optional: derived from the first switch behind each source.",
)  # fmt: skip
NETWORK: tuple[Sheet, ...] = (NODES, LINES, SWITCHES, TRANSFORMERS, LOADS, SOURCES, FEEDERS)
