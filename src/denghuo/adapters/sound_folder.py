"""The folder from which a telephone exchange plays sounds: what it finds there is always whole."""

import os
import re
import tempfile
from pathlib import Path

__all__ = ["hand_over", "take_back"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_SUFFIXES = (".wav", ".txt")
_READABLE_BY_ALL = 0o644  # the exchange runs as somebody else


def hand_over(folder: Path, name: str, *, text: str, sound: bytes | None) -> None:
    """Put a text and, where there is one, its sound in place of what the name held.

    A sound that no longer fits the text goes: an exchange shall not play what is not said any more.

    Raises:
        ValueError: the name could leave the folder.
        OSError: the folder cannot be written.
    """
    wav, txt = _places(folder, name)
    folder.mkdir(parents=True, exist_ok=True)
    if sound is None:
        wav.unlink(missing_ok=True)
    else:
        _put(wav, sound)
    _put(txt, text.encode())


def take_back(folder: Path, name: str) -> None:
    """Remove a sound and its text; what is not there is gone already.

    Raises:
        ValueError: the name could leave the folder.
        OSError: the folder cannot be written.
    """
    for place in _places(folder, name):
        place.unlink(missing_ok=True)


def _places(folder: Path, name: str) -> tuple[Path, Path]:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a sound")
    wav, txt = (folder / f"{name}{suffix}" for suffix in _SUFFIXES)
    return wav, txt


def _put(place: Path, content: bytes) -> None:
    """Write aside and move into place: a call that begins meanwhile hears the old one or the new one, never half."""
    handle, aside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(_READABLE_BY_ALL)
        Path(aside).replace(place)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
