"""Stickers as a PDF: a code to scan, and in words what it is for. Several on a sheet with lines to cut along."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from denghuo.adapters.paper import A4, A5, code_drawn, mm, registered, wrapped

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

__all__ = ["SIZES", "Sticker", "stickers_pdf"]

# The paper, and how many lie beside and above each other on it.
SIZES = {"A4-8": (A4, 2, 4), "A4-2": (A4, 1, 2), "A5-1": (A5, 1, 1)}
_TITLE = "停电、故障、有话说"
_LEAD = "扫码告诉供电所，不用登录"


@dataclass(frozen=True, kw_only=True)
class Sticker:
    """One sticker: where it hangs, the equipment's code ("" at the counter), whom it reaches, and the address."""

    place: str
    equipment: str
    station: str
    code: str
    phone: str
    link: str


def stickers_pdf(stickers: Sequence[Sticker], *, font: Path, size: str = "A4-8") -> bytes:
    """A PDF of stickers, in the letters of a TrueType font.

    Raises:
        KeyError: no such size.
    """
    from reportlab.pdfgen.canvas import Canvas

    page, across, down = SIZES[size]
    name, out = registered(font), io.BytesIO()
    canvas = Canvas(out, pagesize=page, pageCompression=1, invariant=1, initialFontName=name)
    canvas.setTitle(_TITLE)
    width, height = page[0] / across, page[1] / down
    for number, sticker in enumerate(stickers):
        place = number % (across * down)
        if number and place == 0:
            canvas.showPage()
        left, bottom = (place % across) * width, page[1] - (place // across + 1) * height
        _draw(
            canvas, sticker, name, (left, bottom, width, height), drawn=code_drawn(canvas, sticker.link, f"c{number}")
        )
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, sticker: Sticker, font: str, box: tuple[float, float, float, float], *, drawn: str) -> None:
    left, bottom, width, height = box
    canvas.setLineWidth(0.3)
    canvas.setDash(2, 3)
    canvas.rect(left, bottom, width, height)
    canvas.setDash()
    is_tall = height > width
    pad = 7 * mm
    side = min(height - 2 * pad, width * 0.42) if not is_tall else width * 0.58
    x = left + pad if not is_tall else left + (width - side) / 2
    y = bottom + (height - side) / 2 if not is_tall else bottom + height - pad * 2 - side
    name, _, modules = drawn.partition(":")
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(side / int(modules), side / int(modules))
    canvas.doForm(name)
    canvas.restoreState()
    if is_tall:
        _words(canvas, sticker, font, left=left + pad, top=y - pad, width=width - 2 * pad, scale=2.2)
    else:
        start = x + side + 5 * mm
        scale = min(1.0, height / (74 * mm)) if width < 120 * mm else 1.6
        _words(
            canvas, sticker, font, left=start, top=bottom + height - pad, width=left + width - pad - start, scale=scale
        )


def _words(canvas: Canvas, sticker: Sticker, font: str, *, left: float, top: float, width: float, scale: float) -> None:
    def wide(text: str, size: float) -> float:
        return float(canvas.stringWidth(text, font, size))

    y = top
    lines = (
        (_TITLE, 13.0),
        (_LEAD, 9.5),
        (sticker.place, 12.0),
        (sticker.equipment, 9.5),
        (sticker.station if sticker.station != sticker.place else "", 9.5),
        (f"电话 {sticker.phone}" if sticker.phone else "", 12.0),
        (sticker.code, 8.0),
    )
    for text, points in lines:
        size = points * scale
        for line in wrapped(text, width, size, wide=wide):
            y -= size * 1.45
            canvas.setFont(font, size)
            canvas.drawString(left, y, line)
