"""Pictures from the field: what is kept of them, and what is not."""

import io
from typing import Any

import pytest
from PIL import Image

from denghuo.adapters.pictures import LONGEST_PX, redrawn

ORIENTATION, MAKER, PLACE = 0x0112, 0x010F, 0x8825


def camera(size: tuple[int, int] = (40, 30), kind: str = "JPEG", mode: str = "RGB", **told: Any) -> bytes:
    """A file as a camera writes it: it lies on its side, and says who made it and where."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Lamp"
    exif.get_ifd(PLACE).update({1: "N", 2: (30.0, 15.0, 0.0), 3: "E", 4: (120.0, 10.0, 0.0)})
    made = io.BytesIO()
    Image.new(mode, size).save(made, kind, exif=exif, **told)
    return made.getvalue()


def read(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


@pytest.mark.parametrize(
    "content",
    [camera(comment=b"here"), camera(kind="PNG"), camera(kind="PNG", mode="RGBA"), camera(mode="CMYK")],
    ids=["jpeg", "png", "png with a veil", "print colors"],
)
def test_nothing_but_the_picture_remains_and_it_stands_upright(content: bytes) -> None:
    made = redrawn(content)
    picture = read(made)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (30, 40))
    assert not picture.getexif()
    assert not {"exif", "comment", "xmp", "icc_profile"} & set(picture.info)
    assert b"Lamp" in content
    assert b"Lamp" not in made


def test_a_large_one_is_made_small_and_the_same_is_the_same() -> None:
    content = camera((4000, 3000))
    assert read(redrawn(content)).size == (LONGEST_PX * 3 // 4, LONGEST_PX)
    assert redrawn(content) == redrawn(content)


@pytest.mark.parametrize("content", [b"", b"GIF89a" + bytes(40), b"\xff\xd8\xff", camera()[:200], camera()[:-200]])
def test_what_is_no_whole_picture_is_none(content: bytes) -> None:
    assert redrawn(content) == b""


def test_a_small_file_that_unfolds_into_a_huge_one_is_not_unfolded() -> None:
    made = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(made, "PNG")
    assert len(made.getvalue()) < 100_000
    assert redrawn(made.getvalue()) == b""
