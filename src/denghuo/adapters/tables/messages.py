"""The sentences for every problem a table can have, in Chinese and English.

Kept here and not in the translation catalogues because the command line and the returned workbook need them where no
Django runs; pages use the same sentences, so a clerk reads one wording everywhere.
"""

from __future__ import annotations

__all__ = ["MESSAGES", "PLACES"]

PLACES: dict[str, dict[str, str]] = {
    "zh": {
        "sheet": "工作表“{}”",
        "row": "第 {} 行",
        "column": "“{}”列",
        "cell": "（{}）",
        "comma": "，",
        "colon": "：",
        "near": "是否指“{}”？",
        "rest": "此外还有 {} 处问题未逐一列出。",
    },
    "en": {
        "sheet": "sheet '{}'",
        "row": "row {}",
        "column": "column '{}'",
        "cell": " ({})",
        "comma": ", ",
        "colon": ": ",
        "near": "Did you mean '{}'? ",
        "rest": "{} more problems are not listed.",
    },
}


def _both(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


MESSAGES: dict[str, dict[str, str]] = {
    "not_found": _both("找不到该文件。请检查路径。", "there is no such file. Check the path."),
    "empty_file": _both("文件是空的。请填写后再导入。", "the file is empty. Fill it in and try again."),
    "too_large": _both(
        "文件有 {value}，超过 {hint} 的上限。请拆分成几个文件。",
        "the file has {value}, more than the limit of {hint}. Split it into several files.",
    ),
    "expands_too_much": _both(
        "压缩文件展开后有 {value}，超过 {hint} 的上限，不予读取。请另存为普通工作簿。",
        "the file unpacks to {value}, more than the limit of {hint}, and is not read. Save it as a plain workbook.",
    ),
    "cut_off": _both(
        "文件不完整，可能在传输中被截断。请重新复制或下载。", "the file is cut off. Copy or download it again."
    ),
    "not_a_table": _both(
        "这不是 Excel 工作簿（.xlsx）或 CSV 文件。请另存为其中一种。",
        "this is neither an Excel workbook (.xlsx) nor a CSV file. Save it as one of them.",
    ),
    "old_workbook": _both(
        "这是旧版 .xls 工作簿或加了密码的工作簿。请去掉密码并另存为 .xlsx。",
        "this is an old .xls workbook or one with a password. Remove the password and save it as .xlsx.",
    ),
    "unknown_encoding": _both(
        "文字既不是 UTF-8 也不是 GB18030（GBK）编码。请另存为“CSV UTF-8”。",
        "the text is neither UTF-8 nor GB18030 (GBK). Save it as 'CSV UTF-8'.",
    ),
    "broken_csv": _both(
        "从这一行起无法读取，多半是缺了一个引号。请补全或另存一次。",
        "the file cannot be read from this row on: most likely a closing quote is missing. Add it, or save it again.",
    ),
    "missing_sheet": _both(
        "缺少工作表“{value}”。请使用模板，并保留工作表名称。",
        "the sheet '{value}' is missing. Use the template and keep the names of its sheets.",
    ),
    "ignored_sheet": _both(
        "工作表“{value}”不属于模板，未读取。", "the sheet '{value}' is not part of the template and was not read."
    ),
    "unknown_sheet": _both(
        "工作表“{value}”不属于模板。是否指“{hint}”？请改名。",
        "the sheet '{value}' is not part of the template. Did you mean '{hint}'? Rename it.",
    ),
    "repeated_sheet": _both(
        "工作表“{value}”与“{hint}”含义相同。请合并成一张。",
        "the sheets '{value}' and '{hint}' mean the same. Make one of them.",
    ),
    "missing_header": _both(
        "没有找到表头。请保留模板的第一行。", "no header row was found. Keep the first row of the template."
    ),
    "missing_column": _both(
        "缺少必填列“{value}”。请按模板补上。", "the required column '{value}' is missing. Add it as in the template."
    ),
    "unknown_column": _both(
        "没有“{value}”这一列。是否指“{hint}”？请改表头。",
        "there is no column '{value}'. Did you mean '{hint}'? Change the heading.",
    ),
    "ignored_column": _both(
        "“{value}”列不属于模板，未读取。", "the column '{value}' is not part of the template and was not read."
    ),
    "repeated_column": _both(
        "“{value}”列出现了两次（另见“{hint}”）。请只保留一列。",
        "the column '{value}' is there twice (see '{hint}'). Keep one of them.",
    ),
    "wrong_unit": _both(
        "单位“{value}”不能用于此列，应为 {hint}。请换算后改表头。",
        "the unit '{value}' does not fit this column; it takes {hint}. Convert the values and change the heading.",
    ),
    "unit_converted": _both("已由 {value} 换算为 {hint}。", "converted from {value} to {hint}."),
    "too_many_rows": _both(
        "超过 {hint} 行，其后各行未读取。请拆分文件。",
        "there are more than {hint} rows; the rest was not read. Split the file.",
    ),
    "merged_cells": _both(
        "单元格 {value} 被合并。请取消合并，并在每一行填写。",
        "the cells {value} are merged. Unmerge them and fill in every row.",
    ),
    "example_skipped": _both("示例行，未导入。", "this is the example row and was not imported."),
    "cell_count": _both(
        "这一行有 {value} 格，表头有 {hint} 格。请检查逗号是否缺失或多余，或文件是否被截断。",
        "the row has {value} cells, the header {hint}. Check for missing or extra commas, or a file that is cut off.",
    ),
    "missing_value": _both("必填，不能为空。请填写。", "a value is required here. Fill it in."),
    "formula": _both(
        "单元格里是公式。请用“选择性粘贴—数值”换成数值。",
        "the cell holds a formula. Replace it by its value (Paste Special, Values).",
    ),
    "error_value": _both(
        "单元格显示错误值 {value}。请填写正确的值。", "the cell shows the error {value}. Enter the value itself."
    ),
    "not_a_number": _both(
        "“{value}”不是数字。请填写数字，例如 1.25。", "'{value}' is not a number. Enter a number, such as 1.25."
    ),
    "not_whole": _both("“{value}”不是整数。请填写整数。", "'{value}' is not a whole number. Enter a whole number."),
    "negative": _both("“{value}”是负数。请填写零或正数。", "'{value}' is negative. Enter zero or more."),
    "out_of_range": _both(
        "“{value}”太大，上限为 {hint}。请核对。", "'{value}' is too large; the limit is {hint}. Check it."
    ),
    "not_text": _both(
        "“{value}”是日期或逻辑值，应为编号或文字。请把单元格设为文本后重填。",
        "'{value}' is a date or a true/false value, not text. Format the cell as text and type it again.",
    ),
    "too_long": _both("文字超过 {hint} 个字符。请缩短。", "the text has more than {hint} characters. Shorten it."),
    "lost_digits": _both(
        "编号“{value}”已被 Excel 改成科学计数或丢失末位。请把该列设为文本后重填。",
        "Excel has turned the number '{value}' into scientific notation and lost digits. "
        "Format the column as text and type it again.",
    ),
    "unknown_choice": _both(
        "“{value}”不是可选项。请从中选择：{hint}。", "'{value}' is not one of the choices. Choose from: {hint}."
    ),
    "bad_instant": _both(
        "“{value}”不是日期时间。请按 2024-05-01 08:30 填写。",
        "'{value}' is not a date and time. Write it like 2024-05-01 08:30.",
    ),
    "bad_date": _both(
        "“{value}”不是日期。请按 2024-05-01 填写。", "'{value}' is not a date. Write it like 2024-05-01."
    ),
    "bad_year": _both(
        "“{value}”的年份不在 {hint} 之间。请核对。", "the year of '{value}' is not within {hint}. Check it."
    ),
    "repeated_account": _both(
        "户号“{value}”在第 {hint} 行已有。请只保留正确的一行。",
        "account '{value}' is in row {hint} already. Keep the row that is right.",
    ),
    "short_number": _both(
        "“{value}”比文件中其他户号短，开头的 0 可能被 Excel 去掉了。若应为“{hint}”，请先把该列设为文本再改正。",
        "'{value}' is shorter than the other numbers: Excel may have dropped its zeros. If it is '{hint}', make the "
        "column text and correct it first.",
    ),
    "not_a_phone": _both(
        "“{value}”不是电话号码。请填写手机号或带区号的固定电话。",
        "'{value}' is not a telephone number. Enter a mobile, or a landline with its area code.",
    ),
    "unknown_load": _both(
        "本站网架中没有台区“{value}”。{near}该客户照常导入，但停电时找不到，请核对。",
        "this station's network has no load '{value}'. {near}The customer is taken in, but no outage will find it.",
    ),
    "no_cut_reason": _both(
        "已停电的用户须写明停电原因：欠费、安全或本人申请。",
        "an account that is cut off needs a reason: arrears, safety or request.",
    ),
    "ambiguous_instant": _both(
        "时刻“{value}”因夏令时切换而不唯一或不存在。请带时区填写，如 2024-05-01 08:30+08:00。",
        "the time '{value}' occurs twice or never where clocks change. Add the offset, like 2024-05-01 08:30+08:00.",
    ),
    "not_yet": _both(
        "“{value}”晚于现在（{hint}）。操作记录只记已经执行的操作，请核对日期和时间。",
        "'{value}' is later than now ({hint}). The log holds what has been done: check the date and the time.",
    ),
    "end_before_start": _both(
        "结束时间“{value}”早于开始时间“{hint}”。请核对。", "the end '{value}' is before the start '{hint}'. Check both."
    ),
    "no_duration": _both(
        "开始与结束为同一时刻“{value}”。请核对。", "start and end are the same, '{value}'. Check both."
    ),
    "repeated": _both("与第 {hint} 行完全相同，只计一次。", "the same as row {hint} in every cell; counted once."),
    "zero_customers": _both("停电户数为零。请核对。", "no customers are out. Check the number."),
    "reissued": _both(
        "事件“{value}”后来重发过，以第 {hint} 行为准。", "event '{value}' was issued again: row {hint} counts."
    ),
    "duplicate_id": _both(
        "编号“{value}”已在{hint}使用。请改成不重复的编号。",
        "'{value}' is already used at {hint}. Give it its own number.",
    ),
    "unknown_node": _both(
        "没有节点“{value}”。{near}请核对，或在节点表中补上。",
        "there is no node '{value}'. {near}Check it, or add it to the nodes sheet.",
    ),
    "unknown_branch": _both(
        "没有编号为“{value}”的线路、开关或变压器。{near}请核对。",
        "there is no line, switch or transformer '{value}'. {near}Check it.",
    ),
    "unknown_device": _both(
        "没有编号为“{value}”的开关。{near}请核对。", "there is no switching device '{value}'. {near}Check it."
    ),
    "same_node": _both(
        "两端是同一个节点“{value}”。请改正其中一端。", "both ends are at the node '{value}'. Correct one of them."
    ),
    "no_source": _both(
        "没有任何电源。请在电源表中至少填写一行。", "there is no source. Fill in at least one row of the sources sheet."
    ),
    "closed_loop": _both(
        "设备“{value}”处于合环中（{hint}）。请检查联络开关的常态，应有一台为“分”。",
        "'{value}' is part of a closed loop ({hint}). Check the ties: one switch of the loop must be normally open.",
    ),
    "supplied_twice": _both(
        "“{value}”同时由两个电源供电（{hint}）。请检查联络开关的常态。",
        "'{value}' is supplied from two sources at once ({hint}). Check the normal state of the ties.",
    ),
    "not_supplied": _both(
        "“{value}”在正常方式下没有电源。请检查节点编号和开关常态。",
        "'{value}' has no supply in the normal state. Check the node names and the normal state of switches.",
    ),
    "isolated_node": _both(
        "节点“{value}”没有任何设备连接。请检查编号。", "nothing is connected to the node '{value}'. Check its name."
    ),
}
