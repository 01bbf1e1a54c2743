"""Notices on paper as a PDF: title, number, for whom, what it says, a code to scan, boxes for seal and signature, and a
slip below a perforation that is signed and kept.

The letters that a file uses lie in it, so that every reader and printer shows them: whoever asks says which TrueType
font they are taken from.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

__all__ = ["A4", "A5", "NoticeSheet", "code_drawn", "mm", "notices_pdf", "registered", "wrapped"]

mm = 72 / 25.4
A5, A4 = (148 * mm, 210 * mm), (210 * mm, 297 * mm)
_SIZES = {"A5": A5, "A4": A4}
# What must not begin a line, and what must not end one (GB/T 15834).
_NOT_FIRST, _NOT_LAST = "，。；：、？）》」』】”’%", "（《「『【“‘"
# How much smaller letters may become for a long text, before it no longer fits.
_SMALLER = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)

Wide = Callable[[str, float], float]


@dataclass(frozen=True, kw_only=True)
class NoticeSheet:
    """One notice. ``rows``: labels and texts; without a name it is one to post up; ``receipt``: with a slip to sign."""

    title: str
    body: str
    rows: tuple[tuple[str, str], ...]
    issuer: str
    issued_on: str
    number: str = ""
    name: str = ""
    account: str = ""
    address: str = ""
    link: str = ""
    receipt: bool = True


def notices_pdf(sheets: Sequence[NoticeSheet], *, font: Path, size: str = "A5") -> bytes:
    """A PDF with a page for each notice, in the letters of a TrueType font.

    Raises:
        KeyError: no such paper.
    """
    from reportlab.pdfgen.canvas import Canvas

    name = registered(font)
    out = io.BytesIO()
    page = _SIZES[size]
    canvas = Canvas(out, pagesize=page, pageCompression=1, invariant=1, initialFontName=name)
    canvas.setTitle(sheets[0].title if sheets else "")
    codes: dict[str, str] = {}
    for sheet in sheets:
        if sheet.link and sheet.link not in codes:
            codes[sheet.link] = code_drawn(canvas, sheet.link, f"code{len(codes)}")
        _Page(canvas, page, sheet, font=name, code=codes.get(sheet.link, "")).draw()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def registered(font: Path) -> str:
    """The name of a font. It and the library are read when the first notice is made: few processes ever make one."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    registerFont(TTFont(font.stem, font))
    return font.stem


def wrapped(text: str, width: float, size: float, *, wide: Wide) -> Iterator[str]:
    """The lines of a text in a width [pt], broken as Chinese is: anywhere but before a closing mark or after an opening
    one. Latin words and numbers stay whole where they fit. ``wide`` says how wide a text is at a size.
    """
    line, filled = "", 0.0
    for piece in _unbroken(text):
        part, taken = piece, wide(piece, size)
        if line and filled + taken > width:
            yield line
            line, filled = "", 0.0
        while taken > width and len(part) > 1:
            fits = next(n for n in range(len(part) - 1, 0, -1) if n == 1 or wide(part[:n], size) <= width)
            yield part[:fits]
            part = part[fits:]
            taken = wide(part, size)
        line, filled = line + part, filled + taken
    if line:
        yield line


def _unbroken(text: str) -> Iterator[str]:
    """The pieces of a text that are not broken."""
    piece = ""
    for char in text:
        sticks = piece and (char in _NOT_FIRST or piece[-1] in _NOT_LAST or (_latin(char) and _latin(piece[-1])))
        if piece and not sticks:
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _latin(char: str) -> bool:
    return char.isascii() and not char.isspace()


def code_drawn(canvas: Canvas, link: str, name: str) -> str:
    """Draw a code once, one unit a module, for pages to show it."""
    import segno

    matrix = [bytes(row) for row in segno.make(link, error="m", micro=False).matrix]
    canvas.beginForm(name, 0, 0, len(matrix), len(matrix))
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                canvas.rect(start, len(matrix) - 1 - y, x - start, 1, stroke=0, fill=1)
            x += 1
    canvas.endForm()
    return f"{name}:{len(matrix)}"


class _Page:
    """One page, drawn from the top down. A long text is written smaller, so that nothing runs into what comes below."""

    def __init__(self, canvas: Canvas, page: tuple[float, float], sheet: NoticeSheet, *, font: str, code: str) -> None:
        self.canvas, self.sheet, self.font, self.code = canvas, sheet, font, code
        self.width, self.height = page
        self.scale = self.width / A5[0]
        self.margin = 14 * mm * self.scale
        self.inner = self.width - 2 * self.margin
        self.label_width = 22 * mm * self.scale
        self.box = 32 * mm * self.scale
        self.y = self.height - self.margin
        self.text_size = self.leading = 0.0

    def draw(self) -> None:
        slip = 46 * mm * self.scale if self.sheet.receipt else 0.0
        self._head()
        text, cells = self._fitted(self.y - slip - self.margin - self.box)
        self._lines(text, self.margin)
        self.y -= 4 * self.scale
        self._table(cells)
        self._foot(slip + self.margin)
        if slip:
            self._slip(slip)

    def _wide(self, text: str, size: float) -> float:
        return float(self.canvas.stringWidth(text, self.font, size))

    def _wrapped(self, text: str, width: float, size: float) -> list[str]:
        return list(wrapped(text, width, size, wide=self._wide))

    def _write(self, text: str, x: float, y: float, size: float) -> None:
        self.canvas.setFont(self.font, size)
        self.canvas.drawString(x, y, text)

    def _write_right(self, text: str, x: float, y: float, size: float, *, width: float) -> None:
        """Write up to x, as small as the width asks for."""
        self.canvas.setFont(self.font, size * min(1.0, width / max(self._wide(text, size), 1.0)))
        self.canvas.drawRightString(x, y, text)

    def _write_centered(self, text: str, x: float, y: float, size: float, *, width: float) -> None:
        """Write around x, as small as the width asks for."""
        self.canvas.setFont(self.font, size * min(1.0, width / max(self._wide(text, size), 1.0)))
        self.canvas.drawCentredString(x, y, text)

    def _head(self) -> None:
        size = 19 * self.scale
        self.y -= size
        self._write_centered(self.sheet.title, self.width / 2, self.y, size, width=self.inner)
        self.y -= 7 * self.scale
        self.canvas.setLineWidth(0.8 * self.scale)
        self.canvas.line(self.margin, self.y, self.width - self.margin, self.y)
        self.y -= 14 * self.scale
        if self.sheet.number:
            right = self.width - self.margin
            self._write_right(self.sheet.number, right, self.y, 9 * self.scale, width=self.inner)
        self.y -= 10 * self.scale

    def _fitted(self, room: float) -> tuple[list[str], list[tuple[str, list[str]]]]:
        """What is said and the cells of the table, in lines of the largest letters that fit both into a height."""
        whom = self.sheet.name or "尊敬的客户"
        account = f"（户号 {self.sheet.account}）" if self.sheet.account else ""
        said = [f"{whom}{account}：", f"地址：{self.sheet.address}", f"　　{self.sheet.body}"]
        if not self.sheet.address:
            del said[1]
        wide = self.inner - self.label_width - 12 * self.scale
        for share in _SMALLER:
            self.text_size, self.leading = 10.5 * share * self.scale, 17 * share * self.scale
            text = [line for one in said for line in self._wrapped(one, self.inner, self.text_size)]
            cells = [(label, self._wrapped(told, wide, self.text_size)) for label, told in self.sheet.rows]
            count = len(text) + sum(len(lines) for _, lines in cells)
            if count * self.leading + (4 + 6 * len(cells)) * self.scale <= room:
                break
        return text, cells

    def _lines(self, lines: list[str], x: float) -> None:
        for line in lines:
            self._write(line, x, self.y, self.text_size)
            self.y -= self.leading

    def _table(self, cells: list[tuple[str, list[str]]]) -> None:
        """The facts, as a ruled table."""
        left, right, pad = self.margin, self.width - self.margin, 6 * self.scale
        rules = [self.y + self.leading - 4 * self.scale]
        for label, lines in cells:
            self.y -= 2 * self.scale
            self._write(label, left + pad, self.y, self.text_size)
            self._lines(lines, left + self.label_width + pad)
            self.y -= 4 * self.scale
            rules.append(self.y + self.leading - 4 * self.scale)
        self.canvas.setLineWidth(0.5 * self.scale)
        for y in rules:
            self.canvas.line(left, y, right, y)
        for x in (left, left + self.label_width, right):
            self.canvas.line(x, rules[0], x, rules[-1])

    def _foot(self, bottom: float) -> None:
        """Code on the left; who gives notice, the day and the seal on the right."""
        y = max(bottom, min(self.y - 2 * self.scale, bottom + self.box * 1.6) - self.box)
        side = 24 * mm * self.scale
        if self.code:
            name, _, modules = self.code.partition(":")
            self.canvas.saveState()
            self.canvas.translate(self.margin, y + self.box - side)
            self.canvas.scale(side / int(modules), side / int(modules))
            self.canvas.doForm(name)
            self.canvas.restoreState()
            self._write("扫码看进展", self.margin, y + self.box - side - 10 * self.scale, 8.5 * self.scale)
        x = self.width - self.margin - self.box
        self.canvas.setLineWidth(0.5 * self.scale)
        self.canvas.setDash(2, 2)
        self.canvas.rect(x, y, self.box, self.box)
        self.canvas.setDash()
        self.canvas.setFillGray(0.55)
        middle = y + self.box / 2 - 3 * self.scale
        self._write_centered("（盖章）", x + self.box / 2, middle, 8.5 * self.scale, width=self.box)
        self.canvas.setFillGray(0)
        size, right = 10.5 * self.scale, x - 6 * self.scale
        width = right - self.margin - (side + 6 * self.scale if self.code else 0.0)
        self._write_right(self.sheet.issuer, right, y + 20 * self.scale, size, width=width)
        self._write_right(self.sheet.issued_on, right, y + 4 * self.scale, size, width=width)

    def _slip(self, height: float) -> None:
        """The slip below the perforation; the number stands across it, so that both halves prove each other."""
        top = self.margin + height - 12 * mm * self.scale
        self.canvas.setDash(4, 3)
        self.canvas.setLineWidth(0.6 * self.scale)
        self.canvas.line(0, top, self.width, top)
        self.canvas.setDash()
        across, middle = f"骑缝　{self.sheet.number or self.sheet.title}　", self.width / 2
        self.canvas.setFillGray(0.35)
        self._write_centered(across, middle, top - 4 * self.scale, 11 * self.scale, width=self.inner)
        self.canvas.setFillGray(0)
        y = top - 24 * self.scale
        self._write_centered("送达回执", middle, y, 12 * self.scale, width=self.inner)
        y -= 17 * self.scale
        whom = "　".join(part for part in (self.sheet.name, self.sheet.account, self.sheet.address) if part)
        received = f"已收到《{self.sheet.title}》{self.sheet.number}　{whom}"
        for size in (9.5 * share * self.scale for share in _SMALLER):
            lines = self._wrapped(received, self.inner, size)
            if len(lines) <= 2:
                break
        for line in lines[:2]:
            self._write(line, self.margin, y, size)
            y -= 14 * self.scale
        y -= 4 * self.scale
        for labels in (("签收人", "送达人"), ("签收时间", "见证人")):
            for x, label in zip((self.margin, self.margin + self.inner / 2), labels, strict=True):
                self._signature(x, y, self.inner / 2, label)
            y -= 18 * self.scale

    def _signature(self, x: float, y: float, width: float, label: str) -> None:
        size = 9.5 * self.scale
        self._write(f"{label}：", x, y, size)
        start = x + self._wide(f"{label}：", size)
        self.canvas.setLineWidth(0.5 * self.scale)
        self.canvas.line(start, y - 2 * self.scale, x + width - 8 * self.scale, y - 2 * self.scale)
