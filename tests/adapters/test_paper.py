"""Notices on paper: what they say, how lines break, that they are small."""

import re
from itertools import pairwise

import pytest

from denghuo.adapters.paper import NoticeSheet, notices_pdf, wrapped


def sheet(**told: object) -> NoticeSheet:
    plain = {
        "title": "计划停电通知书",
        "body": "因线路检修，下列区域将按计划停电。",
        "rows": (("停电区域", "青禾村"), ("停电时间", "5月8日")),
        "issuer": "灯山供电所",
        "issued_on": "2026年5月1日",
        "number": "灯停〔2026〕12号",
        "name": "张三",
        "account": "001",
    }
    return NoticeSheet(**{**plain, **told})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", ["A5", "A4"])
def test_a_page_for_each(size: str) -> None:
    pdf = notices_pdf([sheet(name=name) for name in ("张三", "李四", "")], size=size)
    assert pdf.startswith(b"%PDF")
    assert re.search(rb"/Count 3\b", pdf)
    assert b"STSong-Light" in pdf


def test_the_same_notices_are_the_same_file() -> None:
    assert notices_pdf([sheet()]) == notices_pdf([sheet()])


def test_a_code_is_drawn_once_for_all_pages() -> None:
    one = notices_pdf([sheet(link="https://outage.example/12")])
    many = notices_pdf([sheet(link="https://outage.example/12") for _ in range(20)])
    assert many.count(b"/Subtype /Form") == one.count(b"/Subtype /Form") == 1
    assert notices_pdf([sheet()]).count(b"/Subtype /Form") == 0


def test_lines_fit_and_no_mark_begins_one() -> None:
    text = "因10kV灯山线绝缘化改造，下列区域（青禾村、柳溪村）将按计划停电。" * 3
    lines = list(wrapped(text, 200, 10.5))
    assert "".join(lines) == text
    assert len(lines) > 3
    assert not any(line[0] in "，。、）" for line in lines)
    assert not any(line.endswith("（") for line in lines)
    assert not any(a.endswith("10") and b.startswith("kV") for a, b in pairwise(lines))


def test_a_word_longer_than_a_line_is_a_line() -> None:
    assert list(wrapped("a" * 100, 50, 10)) == ["a" * 100]


def test_no_such_paper() -> None:
    with pytest.raises(KeyError):
        notices_pdf([sheet()], size="B5")
