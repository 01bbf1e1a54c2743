"""A customer file read in blocks, its problems told, its refused rows handed back."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from denghuo.adapters.customer_tables import (
    CUSTOMERS,
    CustomerRow,
    CustomerTable,
    open_customers,
    write_customers_template,
    write_refused_customers,
)
from denghuo.adapters.tables import TableCode, TableError
from denghuo.adapters.tables.columns import describe
from denghuo.adapters.tables.files import Limits

HEAD = ("户号", "户名", "联系电话", "用电地址", "台区编号")
GOOD = ("1001", "张小灯", "12800000001", "灯火镇青禾村3组12号", "T1")


def write(path: Path, rows: Iterable[Sequence[Any]], head: Sequence[str] = HEAD) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([head, *rows])
    return path


def read(path: Path, **told: Any) -> tuple[list[CustomerRow], CustomerTable, int]:
    """Good rows, the table with what was wrong, and how many were refused."""
    with open_customers(path, **told) as table:
        blocks = list(table.blocks)
    return [row for block in blocks for row in block.rows], table, sum(block.refused_count for block in blocks)


def told(table: CustomerTable) -> list[tuple[str, int, str]]:
    return [(one.code.value, one.row, one.column) for one in table.problems.kept]


def test_a_row(tmp_path: Path) -> None:
    head = (
        *HEAD,
        "其他电话",
        "用电类别",
        "电能表号",
        "倍率",
        "用电容量(kVA)",
        "产权分界点",
        "立户日期",
        "供电状态",
        "停电原因",
    )
    head = (*head, "停电日期", "停电单号", "重要用户等级", "客户号", "客户性质")
    row = (*GOOD, "0571-8765 4321", "商业", "M-1", "20", "30.5", "T接点", "2019/3/1", "停电", "欠费", "2026年4月20日")
    row = (*row, "TD-9", "二级", "P1", "单位")
    rows, table, refused = read(write(tmp_path / "a.csv", [row], head))
    assert (table.problems.kept, refused) == ([], 0)
    assert rows == [
        CustomerRow(
            number="1001",
            name="张小灯",
            kind="company",
            person_number="P1",
            phones=("12800000001", "057187654321"),
            address="灯火镇青禾村3组12号",
            load_code="T1",
            category="commercial",
            meter_number="M-1",
            multiplier=20,
            voltage="",
            capacity_kva=30.5,
            boundary="pole",
            opened_date=date(2019, 3, 1),
            supply_state="cut",
            cut_reason="arrears",
            cut_since_date=date(2026, 4, 20),
            cut_record="TD-9",
            important="second",
        )
    ]


def test_a_file_as_an_office_has_it(tmp_path: Path) -> None:
    path = tmp_path / "明细.csv"
    lines = [
        "灯火供电所用电客户明细表,,,,",
        "制表：营业班,,,,2026-05-01",
        " 用户编号 ,用户名称,联系 电话,用电地址,立户日期",
        "１００１,张小灯,１２８００００００１１,青禾村3组12号,2019年3月1日",
        ",,,,",
        "'1002,李小照,0571-8765 4321,青禾村3组13号,20190301",
        '="1003",王小望,,石桥村1号,2019/3/1 0:00',
        "1004\t,赵小明,,石桥村2号,",
        "1.0E+03,钱小七,,石桥村3号,",
    ]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    rows, table, refused = read(path)
    assert [(row.number, row.phones) for row in rows] == [
        ("1001", ("12800000011",)),
        ("1002", ("057187654321",)),
        ("1003", ()),
        ("1004", ()),
    ]
    assert [row.opened_date for row in rows] == [date(2019, 3, 1)] * 3 + [None]
    assert (table.header_row, refused, told(table)) == (3, 1, [("lost_digits", 9, "用户编号")])


def test_days_of_a_workbook(tmp_path: Path) -> None:
    typed = (
        date(2019, 3, 1),
        20190301,
        "20190301",
        "２０１９－０３－０１",
        20191301,
        43525,
        "9999-12-31",
        True,
        "0001-01-01",
    )
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["户号", "户名", "用电地址", "立户日期"])
    for number, day in enumerate(typed):
        sheet.append([str(number), "某", "某村", day])
    book.save(tmp_path / "a.xlsx")
    rows, table, _ = read(tmp_path / "a.xlsx")
    assert [row.opened_date for row in rows] == [date(2019, 3, 1)] * 4
    assert [one.code.value for one in table.problems.kept] == [
        "bad_date",
        "bad_date",
        "bad_year",
        "bad_date",
        "bad_year",
    ]


def test_the_sheet_with_the_customers_is_found(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["请各班组填写"])
    sheet = book.create_sheet("明细")
    sheet.append(["户号", "户名", "用电地址"])
    sheet.append(["1", "张小灯", "青禾村1号"])
    book.create_sheet("汇总").append(["台区", "户数"])
    book.save(tmp_path / "a.xlsx")
    assert [row.name for row in read(tmp_path / "a.xlsx")[0]] == ["张小灯"]


def test_problems_are_told_by_row(tmp_path: Path) -> None:
    rows = [("1", "某", "没有", "某村", ""), ("2", "x" * 121, "", "", ""), ("1", "某", "坏", "某村", "")]
    _, table, _ = read(write(tmp_path / "a.csv", rows))
    assert [one.row for one in table.problems.kept] == [2, 3, 3, 4, 4]


def test_what_is_not_told_is_not_guessed(tmp_path: Path) -> None:
    ((row,), _, _) = read(write(tmp_path / "a.csv", [("1", "某", "", "某村1号", "")]))
    assert (row.kind, row.category, row.supply_state, row.phones, row.multiplier) == ("", "", "", (), None)
    assert (row.boundary, row.important, row.capacity_kva, row.cut_since_date) == ("", "", None, None)


def test_what_is_wrong_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    head = (*HEAD, "供电状态", "立户日期")
    rows = [
        (*GOOD, "", ""),
        ("1002", "", "", "某村1号", "", "", ""),
        ("1001", "重复者", "", "某村1号", "", "", ""),
        ("1003", "张大明", "没有", "某村1号", "", "", ""),
        ("1004", "张中明", "", "某村1号", "", "停电", ""),
        ("1005", "张日明", "", "某村1号", "", "", "去年"),
        ("9" * 41, "号码长", "", "某村1号", "", "", ""),
        ("1007", "少一格", "", "某村1号"),
        ("1008", "很好", "", "某村1号", "T9", "正常", "2020-01-01"),
    ]
    good, table, refused = read(write(tmp_path / "a.csv", rows, head), loads={"T1"})
    assert [row.number for row in good] == ["1001", "1008"]
    assert refused == 7
    assert sorted(told(table)) == sorted(
        [
            ("missing_value", 3, "户名"),
            ("repeated_account", 4, "户号"),
            ("not_a_phone", 5, "联系电话"),
            ("no_cut_reason", 6, "停电原因"),
            ("bad_date", 7, "立户日期"),
            ("too_long", 8, "户号"),
            ("cell_count", 9, ""),
            ("unknown_load", 10, "台区编号"),
        ]
    )
    assert TableCode.UNKNOWN_LOAD.blocks is False, "an unknown load is told, and the customer taken in"


def test_what_a_refused_row_names_is_told_too(tmp_path: Path) -> None:
    rows = [GOOD, ("1002", "", "", "某村", ""), ("", "某", "", "某村", ""), ("1003", "某", "坏", "某村", "")]
    with open_customers(write(tmp_path / "a.csv", rows)) as table:
        (block,) = table.blocks
    assert (block.refused_count, block.refused_numbers) == (3, ("1002", "1003"))


def test_an_unknown_load_is_told_once(tmp_path: Path) -> None:
    rows = [(f"{n}", "某", "", "某村", "T9") for n in range(5)]
    _, table, refused = read(write(tmp_path / "a.csv", rows), loads={"T1", "T90"})
    assert (table.problems.total, refused) == (1, 0)
    assert "T90" in table.problems.kept[0].hint


def test_a_number_that_lost_its_zeros_is_told(tmp_path: Path) -> None:
    long = [(f"059999{n:04d}", "某某", "", "某村1号", "") for n in range(9)]
    good, table, refused = read(write(tmp_path / "a.csv", [*long, ("599999993", "某某", "", "某村1号", "")]))
    assert (len(good), refused) == (10, 0), "it may be meant"
    ((found,),) = [table.problems.kept]
    assert (found.code, found.value, found.hint) == (TableCode.SHORT_NUMBER, "599999993", "0599999993")
    mixed = [("1" * length, "某某", "", "某村1号", "") for length in range(1, 20)]
    assert read(write(tmp_path / "b.csv", mixed))[1].problems.kept == []


def test_blocks_do_not_grow_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ((f"{n}", "某某", "", "某村1号", "") for n in range(12_001)))
    with open_customers(path) as table:
        sizes = [(len(block.rows), block.last_row) for block in table.blocks]
    assert sizes == [(5_000, 5_001), (5_000, 10_001), (2_001, 12_002)]
    again = write(
        tmp_path / "b.csv", [*((f"{n}", "某", "", "某村", "") for n in range(6_000)), ("3", "某", "", "村", "")]
    )
    assert read(again)[1].problems.counts[TableCode.REPEATED_ACCOUNT] == 1, "also across blocks"


def test_the_template_is_read_back_but_for_its_example(tmp_path: Path) -> None:
    for language in ("zh", "en"):
        path = tmp_path / f"{language}.xlsx"
        write_customers_template(path, language=language)
        good, table, refused = read(path)
        assert (good, refused) == ([], 0)
        assert [one.code for one in table.problems.kept] == [TableCode.EXAMPLE_SKIPPED]
        book = openpyxl.load_workbook(path)
        sheet = book[CUSTOMERS.title(language)]
        sheet.append(["1001", "张小灯", None, None, 12800000001, None, "某村1号"])
        sheet.cell(row=3, column=15).value = date(2020, 1, 1)
        book.save(path)
        ((row,), _, _) = read(path)
        assert (row.number, row.phones, row.opened_date) == ("1001", ("12800000001",), date(2020, 1, 1))


def test_refused_rows_come_back_marked_and_can_be_given_again(tmp_path: Path) -> None:
    rows = [GOOD, ("1002", "", "", "某村1号", ""), ("1003", "张大明", "坏", "某村1号", "")]
    source, back = write(tmp_path / "a.csv", rows), tmp_path / "back.xlsx"
    _, table, _ = read(source)
    write_refused_customers(source, table.problems.kept, back, header_row=table.header_row, language="zh")
    book = openpyxl.load_workbook(back)
    lines = [[cell.value for cell in line] for line in book.worksheets[0]]
    assert [line[0] for line in lines] == ["户号", "1002", "1003"]
    assert "必填" in lines[1][-1] and "电话" in lines[2][-1]
    sheet = book.worksheets[0]
    sheet["B2"], sheet["C3"] = "李小照", "12800000003"
    book.save(back)
    good, again, refused = read(back)
    assert ([row.number for row in good], again.problems.kept, refused) == (["1002", "1003"], [], 0)


def test_of_what_was_only_noted_no_row_comes_back(tmp_path: Path) -> None:
    rows = [
        ("1001", "张小灯", "", "某村", "T9"),
        ("1002", "", "", "某村", "T1"),
        ("330012345678901234", "", "", "村", ""),
    ]
    source, back = write(tmp_path / "a.csv", rows), tmp_path / "back.xlsx"
    _, table, _ = read(source, loads={"T1"})
    write_refused_customers(source, table.problems.kept, back, header_row=table.header_row, language="zh")
    sheet = openpyxl.load_workbook(back).worksheets[0]
    assert [cell.value for cell in sheet["A"]] == ["户号", "1002", "330012345678901234"]
    assert {cell.number_format for cell in sheet["A"]} == {"@"}, "typed over, a long number keeps its digits"
    assert "B3" not in str(sheet["F2"].value), "the row has another address here"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", TableCode.EMPTY_FILE),
        ("<html><table><tr><td>户号</td></tr></table></html>".encode(), TableCode.NOT_A_TABLE),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", TableCode.NOT_A_TABLE),
        (b"%PDF-1.4\n%%EOF\n", TableCode.NOT_A_TABLE),
        (b"\xd0\xcf\x11\xe0" + b"0" * 100, TableCode.OLD_WORKBOOK),
        (b"a,b\n1,2\n", TableCode.MISSING_HEADER),
        ("户号,户名\n1,2\n".encode(), TableCode.MISSING_COLUMN),
        ("户号,户号,户名,用电地址\n1,1,2,3\n".encode(), TableCode.REPEATED_COLUMN),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, code: TableCode) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(TableError) as told_:
        read(path)
    assert code in {one.code for one in told_.value.problems}


def test_gbk_and_gzip_and_a_limit(tmp_path: Path) -> None:
    import gzip

    text = "户号,户名,用电地址\n1,张小灯,青禾村1号\n2,李小照,青禾村2号\n"
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text.encode("gb18030")))
    assert [row.name for row in read(path)[0]] == ["张小灯", "李小照"]
    rows, table, _ = read(path, limits=Limits(rows=1))
    assert (len(rows), [one.code for one in table.problems.kept]) == (1, [TableCode.TOO_MANY_ROWS])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reference_names_every_column_as_it_is(language: str) -> None:
    page = Path(__file__).parents[2] / "docs" / "adapters-tables.md"
    assert describe((CUSTOMERS,), language=language).rstrip() in page.read_text(encoding="utf-8")
