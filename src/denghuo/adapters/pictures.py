"""Pictures that somebody took: drawn anew, so that nothing else remains of what a camera writes into its files, such as
the place and the telephone.
"""

import io

__all__ = ["LONGEST_PX", "redrawn"]

LONGEST_PX = 1600
_MOST_PX = 60_000_000  # twice what a good camera takes; a small file may unfold into far more
_QUALITY = 85


def redrawn(content: bytes) -> bytes:
    """A JPEG or PNG as a JPEG of at most `LONGEST_PX` a side, upright, without anything but the picture; empty where
    this is no such picture.

    >>> redrawn(b"not a picture")
    b''
    """
    from PIL import Image, ImageOps

    too_large = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    made = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > _MOST_PX:
                return b""
            picture.draft("RGB", (LONGEST_PX, LONGEST_PX))
            small = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, *too_large):
        return b""
    small.thumbnail((LONGEST_PX, LONGEST_PX))
    small.info.clear()
    small.save(made, "JPEG", quality=_QUALITY, optimize=True)
    return made.getvalue()
