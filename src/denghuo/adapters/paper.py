"""Notices on paper as a PDF: title, number, for whom, what it says, a code to scan, boxes for seal and signature, and a
slip below a perforation that is signed and kept.

The letters are those of Adobe's STSong-Light, which readers bring along (ISO 32000-1, 9.7.5.2): the file stays small
and needs no font of this machine.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

__all__ = ["NoticeSheet", "notices_pdf", "wrapped"]

FONT = "STSong-Light"
mm = 72 / 25.4
A5, A4 = (148 * mm, 210 * mm), (210 * mm, 297 * mm)
_SIZES = {"A5": A5, "A4": A4}
# What must not begin a line, and what must not end one (GB/T 15834).
_NOT_FIRST, _NOT_LAST = "，。；：、？）》」』】”’%", "（《「『【“‘"


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


def notices_pdf(sheets: Sequence[NoticeSheet], *, size: str = "A5") -> bytes:
    """A PDF with a page for each notice.

    Raises:
        KeyError: no such paper.
    """
    from reportlab.pdfgen.canvas import Canvas

    _metrics()
    out = io.BytesIO()
    page = _SIZES[size]
    canvas = Canvas(out, pagesize=page, pageCompression=1, invariant=1)
    canvas.setTitle(sheets[0].title if sheets else "")
    codes: dict[str, str] = {}
    for sheet in sheets:
        if sheet.link and sheet.link not in codes:
            codes[sheet.link] = _code(canvas, sheet.link, f"code{len(codes)}")
        _Page(canvas, page, sheet, codes.get(sheet.link, "")).draw()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@cache
def _metrics() -> Any:
    """How wide letters are. The library is read when the first notice is made: few processes ever make one."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    return pdfmetrics


def _wide(text: str, size: float) -> float:
    return float(_metrics().stringWidth(text, FONT, size))


def wrapped(text: str, width: float, size: float) -> Iterator[str]:
    """The lines of a text in a width [pt], broken as Chinese is: anywhere but before a closing mark or after an opening
    one. Latin words and numbers stay whole where they fit.
    """
    line = ""
    for part in _unbroken(text):
        if line and _wide(line + part, size) > width:
            yield line
            line = ""
        line += part
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


def _code(canvas: Canvas, link: str, name: str) -> str:
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
    """One page, drawn from the top down."""

    def __init__(self, canvas: Canvas, page: tuple[float, float], sheet: NoticeSheet, code: str) -> None:
        self.canvas, self.sheet, self.code = canvas, sheet, code
        self.width, self.height = page
        self.scale = self.width / A5[0]
        self.margin = 14 * mm * self.scale
        self.y = self.height - self.margin
        self.text_size = 10.5 * self.scale
        self.leading = 17 * self.scale

    def draw(self) -> None:
        slip = 46 * mm * self.scale if self.sheet.receipt else 0.0
        self._head()
        self._body()
        self._rows()
        self._foot(slip + self.margin)
        if slip:
            self._slip(slip)

    def _write(self, text: str, x: float, y: float, size: float) -> None:
        self.canvas.setFont(FONT, size)
        self.canvas.drawString(x, y, text)

    def _head(self) -> None:
        size = 19 * self.scale
        self.y -= size
        self.canvas.setFont(FONT, size)
        self.canvas.drawCentredString(self.width / 2, self.y, self.sheet.title)
        self.y -= 7 * self.scale
        self.canvas.setLineWidth(0.8 * self.scale)
        self.canvas.line(self.margin, self.y, self.width - self.margin, self.y)
        self.y -= 14 * self.scale
        if self.sheet.number:
            self.canvas.setFont(FONT, 9 * self.scale)
            self.canvas.drawRightString(self.width - self.margin, self.y, self.sheet.number)
        self.y -= 10 * self.scale

    def _body(self) -> None:
        whom = self.sheet.name or "尊敬的客户"
        account = f"（户号 {self.sheet.account}）" if self.sheet.account else ""
        self._write(f"{whom}{account}：", self.margin, self.y, self.text_size)
        self.y -= self.leading
        if self.sheet.address:
            self._write(f"地址：{self.sheet.address}", self.margin, self.y, self.text_size)
            self.y -= self.leading
        self._lines(f"　　{self.sheet.body}", self.margin, self.width - 2 * self.margin)
        self.y -= 4 * self.scale

    def _lines(self, text: str, x: float, width: float) -> None:
        for line in wrapped(text, width, self.text_size):
            self._write(line, x, self.y, self.text_size)
            self.y -= self.leading

    def _rows(self) -> None:
        """The facts, as a ruled table."""
        label_width = 22 * mm * self.scale
        left, right, pad = self.margin, self.width - self.margin, 6 * self.scale
        top = self.y + self.leading - 4 * self.scale
        lines = [top]
        for label, text in self.sheet.rows:
            self._write(label, left + pad, self.y - 2 * self.scale, self.text_size)
            self.y -= 2 * self.scale
            self._lines(text, left + label_width + pad, right - left - label_width - 2 * pad)
            self.y -= 4 * self.scale
            lines.append(self.y + self.leading - 4 * self.scale)
        self.canvas.setLineWidth(0.5 * self.scale)
        for line in lines:
            self.canvas.line(left, line, right, line)
        for x in (left, left + label_width, right):
            self.canvas.line(x, top, x, lines[-1])

    def _foot(self, bottom: float) -> None:
        """Code on the left; who gives notice, the day and the seal on the right."""
        box = 32 * mm * self.scale
        y = max(bottom, min(self.y - 2 * self.scale, bottom + box * 1.6) - box)
        if self.code:
            name, _, modules = self.code.partition(":")
            side = 24 * mm * self.scale
            self.canvas.saveState()
            self.canvas.translate(self.margin, y + box - side)
            self.canvas.scale(side / int(modules), side / int(modules))
            self.canvas.doForm(name)
            self.canvas.restoreState()
            self._write("扫码看进展", self.margin, y + box - side - 10 * self.scale, 8.5 * self.scale)
        x = self.width - self.margin - box
        self.canvas.setLineWidth(0.5 * self.scale)
        self.canvas.setDash(2, 2)
        self.canvas.rect(x, y, box, box)
        self.canvas.setDash()
        self.canvas.setFillGray(0.55)
        self.canvas.setFont(FONT, 8.5 * self.scale)
        self.canvas.drawCentredString(x + box / 2, y + box / 2 - 3 * self.scale, "（盖章）")
        self.canvas.setFillGray(0)
        self.canvas.setFont(FONT, self.text_size)
        gap = 6 * self.scale
        self.canvas.drawRightString(x - gap, y + 20 * self.scale, self.sheet.issuer)
        self.canvas.drawRightString(x - gap, y + 4 * self.scale, self.sheet.issued_on)

    def _slip(self, height: float) -> None:
        """The slip below the perforation; the number stands across it, so that both halves prove each other."""
        top = self.margin + height - 12 * mm * self.scale
        self.canvas.setDash(4, 3)
        self.canvas.setLineWidth(0.6 * self.scale)
        self.canvas.line(0, top, self.width, top)
        self.canvas.setDash()
        across = f"骑缝　{self.sheet.number or self.sheet.title}　"
        self.canvas.setFont(FONT, 11 * self.scale)
        self.canvas.setFillGray(0.35)
        self.canvas.drawCentredString(self.width / 2, top - 4 * self.scale, across)
        self.canvas.setFillGray(0)
        size, y = 9.5 * self.scale, top - 24 * self.scale
        self.canvas.setFont(FONT, 12 * self.scale)
        self.canvas.drawCentredString(self.width / 2, y, "送达回执")
        y -= 17 * self.scale
        whom = "　".join(part for part in (self.sheet.name, self.sheet.account, self.sheet.address) if part)
        lines = list(
            wrapped(f"已收到《{self.sheet.title}》{self.sheet.number}　{whom}", self.width - 2 * self.margin, size)
        )
        for line in lines[:2]:
            self._write(line, self.margin, y, size)
            y -= 14 * self.scale
        y -= 4 * self.scale
        half = (self.width - 2 * self.margin) / 2
        for x, label in ((self.margin, "签收人"), (self.margin + half, "送达人")):
            self._signature(x, y, half, label)
        y -= 18 * self.scale
        for x, label in ((self.margin, "签收时间"), (self.margin + half, "见证人")):
            self._signature(x, y, half, label)

    def _signature(self, x: float, y: float, width: float, label: str) -> None:
        size = 9.5 * self.scale
        self._write(f"{label}：", x, y, size)
        start = x + _wide(f"{label}：", size)
        self.canvas.setLineWidth(0.5 * self.scale)
        self.canvas.line(start, y - 2 * self.scale, x + width - 8 * self.scale, y - 2 * self.scale)
