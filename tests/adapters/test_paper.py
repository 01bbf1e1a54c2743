"""Notices on paper: what they say, how lines break, that they are small."""

import re
import zlib
from base64 import a85decode
from itertools import pairwise
from pathlib import Path

import pytest

import denghuo
from denghuo.adapters.paper import NoticeSheet, notices_pdf, wrapped

FONT = Path(denghuo.__file__).parent / "main/static/vendor/fonts/noto-serif-sc.ttf"


def made(*sheets: NoticeSheet, size: str = "A5") -> bytes:
    return notices_pdf(sheets, font=FONT, size=size)


def width(text: str, size: float) -> float:
    """Letters as wide as they are high, Latin ones half as wide."""
    return sum(size if ord(char) > 255 else size / 2 for char in text)


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
    pdf = made(*(sheet(name=name) for name in ("张三", "李四", "")), size=size)
    assert pdf.startswith(b"%PDF")
    assert re.search(rb"/Count 3\b", pdf)


def test_the_letters_lie_in_the_file_and_only_those_it_uses() -> None:
    pdf = made(sheet(name="镕堃䶮"))
    fonts = set(re.findall(rb"/BaseFont /([^ ]+)", pdf))
    assert fonts, "it is written in something"
    assert all(re.fullmatch(rb"[A-Z]+\+NotoSerifSC.*", one) for one in fonts)
    assert pdf.count(b"/FontFile2") == len(fonts)
    assert len(pdf) < 100_000


def test_the_same_notices_are_the_same_file() -> None:
    assert made(sheet()) == made(sheet())


def test_a_code_is_drawn_once_for_all_pages() -> None:
    one = made(sheet(link="https://outage.example/12"))
    many = made(*(sheet(link="https://outage.example/12") for _ in range(20)))
    assert many.count(b"/Subtype /Form") == one.count(b"/Subtype /Form") == 1
    assert made(sheet()).count(b"/Subtype /Form") == 0


def test_lines_fit_and_no_mark_begins_one() -> None:
    text = "因10kV灯山线绝缘化改造，下列区域（青禾村、柳溪村）将按计划停电。" * 3
    lines = list(wrapped(text, 200, 10.5, wide=width))
    assert "".join(lines) == text
    assert len(lines) > 3
    assert not any(line[0] in "，。、）" for line in lines)
    assert not any(line.endswith("（") for line in lines)
    assert not any(a.endswith("10") and b.startswith("kV") for a, b in pairwise(lines))


def test_a_word_longer_than_a_line_is_broken() -> None:
    assert list(wrapped("ab" + "c" * 21, 50, 10, wide=width)) == ["ab" + "c" * 8, "c" * 10, "ccc"]


def drawn(pdf: bytes) -> str:
    """What is drawn on the first page."""
    found = re.findall(rb"/ASCII85Decode /FlateDecode \].*?stream\r?\n(.*?)~>", pdf, re.DOTALL)
    pages = [zlib.decompress(a85decode(one)) for one in found if len(one) < 50_000]
    return next(one for one in pages if b" Tf" in one).decode("latin-1")


@pytest.mark.parametrize(("size", "width_pt"), [("A5", 420), ("A4", 595)])
def test_a_long_text_is_smaller_and_stays_above_the_seal(size: str, width_pt: float) -> None:
    areas = (
        ("停电区域", "青禾村、柳溪村、石桥村、" * 16),
        ("停电线路", "灯山线" * 40),
        ("停电原因", "绝缘化改造" * 40),
    )
    who = {"name": "灯山镇青禾村" * 8, "address": "青禾村3组12号" * 12, "number": "灯停〔2026〕" * 5}
    page = drawn(made(sheet(rows=areas, **who), size=size))
    above, seal, _below = page.partition(" re ")
    *_, y, _width, height = (float(one) for one in above.split()[-4:])
    texts = re.findall(r"1 0 0 1 ([\d.-]+) ([\d.-]+) Tm /\S+ ([\d.]+) Tf", above)
    assert seal
    assert len(texts) > 20
    assert min(float(at) for _, at, _ in texts) > y + height
    assert all(0 < float(x) < width_pt for x, _, _ in texts)


def test_no_such_paper() -> None:
    with pytest.raises(KeyError):
        made(sheet(), size="B5")
