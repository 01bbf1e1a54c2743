"""The columns of a customer file. The template, the reader and ``docs/adapters-tables.md`` follow from them."""

from __future__ import annotations

from denghuo.adapters.tables.columns import Choice, Column, ColumnKind, Sheet, Unit

__all__ = ["CUSTOMERS"]

# Values are the codes of the customer file.
_KINDS = (
    Choice("person", "个人", "person", ("居民", "自然人")),
    Choice("company", "单位", "company", ("企业", "法人", "organization", "公司")),
)
_CATEGORIES = (
    Choice("residential", "居民生活", "residential", ("居民", "城镇居民生活用电", "乡村居民生活用电", "居民生活用电")),
    Choice("agriculture", "农业生产", "agriculture", ("农业", "农业生产用电", "农业排灌")),
    Choice("commercial", "商业", "commercial", ("商业用电", "一般工商业", "工商业")),
    Choice("industry", "工业", "industry", ("大工业", "工业用电", "普通工业")),
    Choice("public", "公共服务", "public service", ("public", "非居民", "机关", "学校", "医院")),
    Choice("other", "其他", "other"),
)
_BOUNDARIES = (
    Choice("meter", "电能表出线处", "behind the meter", ("表后", "电表出线", "表计出线", "meter")),
    Choice("service_entry", "进户点", "at the service entry", ("进户线", "接户线", "service entry")),
    Choice("drop_out", "跌落保险处", "at the drop-out fuse", ("跌落式熔断器", "跌落熔断器", "drop-out")),
    Choice("pole", "T接点", "at the connection to the line", ("线路接点", "搭头处", "pole")),
    Choice("station", "用户站", "at the customer's station", ("用户变电站", "配电室", "station")),
)
_STATES = (
    Choice("connected", "正常", "connected", ("在用", "送电", "已送电", "供电")),
    Choice("cut", "停电", "cut off", ("已停电", "中止供电", "停供", "cut")),
)
_CUT_REASONS = (
    Choice("arrears", "欠费", "arrears", ("欠费停电",)),
    Choice("safety", "安全", "safety", ("安全隐患", "违约用电")),
    Choice("request", "本人申请", "request", ("申请", "暂停", "用户申请", "at their own request")),
)
_LEVELS = (
    Choice("special", "特级", "special"),
    Choice("first", "一级", "first level", ("first", "1")),
    Choice("second", "二级", "second level", ("second", "2")),
    Choice("temporary", "临时性", "for a time", ("临时", "temporary")),
)

CUSTOMERS = Sheet(
    name="customers",
    zh="客户",
    en="Customers",
    also=("用电客户", "户档", "客户档案", "accounts", "用户档案"),
    required=True,
    columns=(
        Column("number", "户号", "Account", kind=ColumnKind.ID, required=True,
               also=("用户编号", "客户编号", "用电户号", "account no.", "account number"),
               meaning_zh="每户一行，不可重复。", meaning_en="One row for each account; must not repeat.",
               example="1000000001"),
        Column("name", "户名", "Name", required=True, also=("姓名", "用户名称", "客户名称", "customer"),
               meaning_zh="个人姓名或单位全称。加密保存。", meaning_en="Of the person or the company. Kept encrypted.",
               example="张小灯"),
        Column("kind", "客户性质", "Kind of customer", kind=ColumnKind.CHOICE, choices=_KINDS,
               also=("性质", "客户类型"), meaning_zh="不填时四个字以内的户名按个人。",
               meaning_en="If left blank, a name of up to four characters is a person's.", example="个人"),
        Column("person_number", "客户号", "Customer no.", kind=ColumnKind.ID, also=("客户标识", "person no."),
               meaning_zh="同一客户有几个户号时填写相同的客户号。",
               meaning_en="The same on every account of one customer who has several."),
        Column("phone", "联系电话", "Phone", kind=ColumnKind.ID,
               also=("电话", "手机", "手机号", "移动电话", "mobile", "telephone"),
               meaning_zh="手机号，或带区号的固定电话。加密保存。",
               meaning_en="A mobile, or a landline with its area code. Kept encrypted.", example="12800000001"),
        Column("other_phone", "其他电话", "Other phone", kind=ColumnKind.ID,
               also=("备用电话", "电话2", "固定电话", "第二联系电话", "phone 2"), meaning_zh="没有可不填。",
               meaning_en="Leave blank if there is none."),
        Column("address", "用电地址", "Address", required=True, also=("地址", "住址", "premises"),
               meaning_zh="到村、街道或小区为止明文保存，其后的门牌加密保存。",
               meaning_en="Kept in the clear down to the village, street or estate; the door behind it encrypted.",
               example="灯火镇青禾村3组12号"),
        Column("load_code", "台区编号", "Load", kind=ColumnKind.ID,
               also=("台区", "变压器编号", "配变编号", "用户编号（网架）", "load no.", "transformer"),
               meaning_zh="网架中的台区（变压器或用户）编号；停电时凭它找到客户。",
               meaning_en="Code of the load in the network: by it an outage finds the customer.", example="CG-T01"),
        Column("category", "用电类别", "Category", kind=ColumnKind.CHOICE, choices=_CATEGORIES,
               also=("用电性质", "电价类别"), meaning_zh="不填为居民生活。", meaning_en="Residential if left blank.",
               example="居民生活"),
        Column("meter_number", "电能表号", "Meter", kind=ColumnKind.ID,
               also=("表号", "电表编号", "资产编号", "meter no."), meaning_zh="表上的编号。",
               meaning_en="The number on the meter.", example="330000000001"),
        Column("multiplier", "倍率", "Multiplier", kind=ColumnKind.COUNT, also=("综合倍率",), meaning_zh="不填为 1。",
               meaning_en="1 if left blank."),
        Column("voltage", "供电电压", "Voltage", also=("电压等级", "电压"), meaning_zh="如 220V、380V、10kV。",
               meaning_en="Such as 220 V, 380 V, 10 kV.", example="220V"),
        Column("capacity_kva", "用电容量", "Capacity", kind=ColumnKind.NUMBER, unit=Unit.KVA,
               also=("容量", "合同容量", "运行容量"), meaning_zh="不填为未知。", meaning_en="Unknown if left blank."),
        Column("boundary", "产权分界点", "Ownership boundary", kind=ColumnKind.CHOICE, choices=_BOUNDARIES,
               also=("分界点", "产权分界"), meaning_zh="供电企业的设备到此为止。",
               meaning_en="Where the company's part ends.", example="电能表出线处"),
        Column("opened_date", "立户日期", "Opened on", kind=ColumnKind.DATE, also=("开户日期", "送电日期"),
               meaning_zh="没有可不填。", meaning_en="Leave blank if not known."),
        Column("supply_state", "供电状态", "Supply state", kind=ColumnKind.CHOICE, choices=_STATES,
               also=("状态", "用户状态"), meaning_zh="是否对该户停供，与停电事件无关；不填为正常。",
               meaning_en="Whether this account is cut off, whatever outage there is; connected if left blank.",
               example="正常"),
        Column("cut_reason", "停电原因", "Cut because", kind=ColumnKind.CHOICE, choices=_CUT_REASONS,
               also=("停供原因",), meaning_zh="供电状态为停电时必填。",
               meaning_en="Required where the account is cut off."),
        Column("cut_since_date", "停电日期", "Cut since", kind=ColumnKind.DATE, also=("停供日期", "停电时间"),
               meaning_zh="何日起停供。", meaning_en="Since which day it is cut off."),
        Column("cut_record", "停电单号", "Cut record", kind=ColumnKind.ID, also=("停电通知书编号", "停供单号"),
               meaning_zh="所凭的通知书或工单编号。", meaning_en="Number of the notice or order it rests on."),
        Column("important", "重要用户等级", "Important user", kind=ColumnKind.CHOICE, choices=_LEVELS,
               also=("重要等级", "重要用户"), meaning_zh="按 GB/T 29328；一般用户不填。",
               meaning_en="As GB/T 29328 has it; blank for most."),
    ),
    meaning_zh="一户一行。重复导入只改有变化的；文件里没有的户号保持不变，除非导入时另行选择。",
    meaning_en="One row for each account. Imported again, only what changed is changed; accounts that are not in the "
    "file stay as they are unless asked for otherwise.",
)  # fmt: skip
