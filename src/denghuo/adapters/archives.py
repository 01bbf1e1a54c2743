"""Archives from strangers: unpacked within bounds, into a folder that goes away."""

from __future__ import annotations

import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from denghuo.adapters.problems import ModelError, Problem, ProblemCode

__all__ = ["unpacked"]

_MAX_BYTES = 2 * 2**30
_MAX_MEMBERS = 20_000
# Text packs 5 to 30 times; a bomb, about 1000 times.
_MAX_RATIO, _RATIO_FROM_BYTES = 250, 30_000_000


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The contents of a zip or tar archive, in a temporary folder.

    Only plain files are taken, and only under their own folder; links and devices are left out.

    Raises:
        ModelError: damaged, cut off, or larger inside than a network could be.
    """
    with tempfile.TemporaryDirectory(prefix="denghuo-") as name:
        folder = Path(name)
        try:
            if zipfile.is_zipfile(path):
                _unzip(path, folder)
            else:
                _untar(path, folder)
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
            detail = "The archive is damaged or ends too early; copy it again from where it came."
            raise ModelError(Problem(code=ProblemCode.CUT_OFF, detail=detail, file=path.name)) from error
        except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a way Python does not know
            detail = "The archive is locked or packed in an unusual way; pack it again as a plain zip."
            raise ModelError(Problem(code=ProblemCode.UNREADABLE, detail=detail, file=path.name)) from error
        yield folder


def _unzip(path: Path, folder: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        budget = _Budget(path)
        budget.check(archive.infolist())
        for member in archive.infolist():
            target = _target(folder, member.filename)
            if member.is_dir() or target is None:
                continue
            with archive.open(member) as source:
                budget.copy(source, target)


def _untar(path: Path, folder: Path) -> None:
    with tarfile.open(path, mode="r|*") as archive:
        budget = _Budget(path)
        for member in archive:
            budget.count_member()
            target = _target(folder, member.name)
            source = archive.extractfile(member) if member.isreg() and target is not None else None
            if source is not None and target is not None:
                with source:
                    budget.copy(source, target)


class _Budget:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_left = _MAX_BYTES
        self.members_left = _MAX_MEMBERS

    def count_member(self) -> None:
        self.members_left -= 1
        if self.members_left < 0:
            raise self._too_large(f"more than {_MAX_MEMBERS:,} files")

    def check(self, members: list[zipfile.ZipInfo]) -> None:
        """Refuse by the declared sizes, beyond which no member is read, before anything is written."""
        total = sum(member.file_size for member in members)
        packed = max(1, sum(member.compress_size for member in members))
        if total > self.bytes_left or (total > _RATIO_FROM_BYTES and total > _MAX_RATIO * packed):
            raise self._too_large(f"{total / 1e6:,.0f} MB")

    def copy(self, source: IO[bytes], target: Path) -> None:
        self.count_member()
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as stream:
            while block := source.read(1 << 20):
                self.bytes_left -= len(block)
                if self.bytes_left < 0:
                    raise self._too_large(f"more than {_MAX_BYTES // 2**30} GB")
                stream.write(block)

    def _too_large(self, what: str) -> ModelError:
        detail = f"The archive holds {what}; pack only the files of one network."
        return ModelError(Problem(code=ProblemCode.TOO_LARGE, detail=detail, file=self.path.name))


def _target(folder: Path, name: str) -> Path | None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return None
    return folder.joinpath(*parts)
