"""CIM RDF/XML as a stream of objects, in memory that does not grow with what is not wanted."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lxml import etree

from denghuo.adapters.problems import ModelError, Problem, ProblemCode

__all__ = ["Objects", "read_objects", "to_number"]

Objects = dict[str, dict[str, dict[str, str]]]
"""class -> identifier -> property -> value or identifier referred to"""

LINES = frozenset(("ACLineSegment", "SeriesCompensator", "EquivalentBranch"))
SWITCHES = frozenset(
    (
        *("Breaker", "DisconnectingCircuitBreaker", "Recloser", "LoadBreakSwitch", "Sectionaliser", "Disconnector"),
        *("Fuse", "Jumper", "Cut", "Switch", "ProtectedSwitch"),
    )
)
CONSUMERS = frozenset(("EnergyConsumer", "ConformLoad", "NonConformLoad", "StationSupply"))
SOURCES = frozenset(("EnergySource", "ExternalNetworkInjection"))
GENERATORS = frozenset(
    ("SynchronousMachine", "AsynchronousMachine", "PowerElectronicsConnection", "EquivalentInjection")
)
_OTHERS = frozenset(
    (
        *("ACLineSegmentPhase", "SwitchPhase", "OperationalLimitType", "OperationalLimitSet", "CurrentLimit"),
        "ApparentPowerLimit",
        *("ConnectivityNode", "TopologicalNode", "Terminal", "BaseVoltage", "Location", "PositionPoint", "Feeder"),
        *("PowerTransformer", "PowerTransformerEnd", "TransformerTank", "TransformerTankEnd", "TransformerEndInfo"),
        "FullModel",
    )
)
_WANTED = LINES | SWITCHES | CONSUMERS | SOURCES | GENERATORS | _OTHERS
_PROPERTIES = frozenset(
    (
        *("name", "ConductingEquipment", "ConnectivityNode", "TopologicalNode", "sequenceNumber", "BaseVoltage"),
        *("nominalVoltage", "Location", "xPosition", "yPosition", "length", "normalOpen", "open", "ratedCurrent"),
        *("customerCount", "p", "q", "pfixed", "qfixed", "PowerTransformer", "TransformerTank", "TransformerTankInfo"),
        *("endNumber", "Terminal", "ratedS", "ratedU", "NormalHeadTerminal", "normallyInService"),
        *("inService", "connected", "ACLineSegment", "Switch", "phase", "phaseSide1", "closed", "AssetDatasheet"),
        *("OperationalLimitSet", "OperationalLimitType", "value", "normalValue", "acceptableDuration", "limitType"),
        *("isInfiniteDuration", "kind", "Equipment", "referencePriority"),
    )
)
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

# Supersets of ASCII, so that the bytes of a document type cannot hide.
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']+)")
_ENCODINGS = frozenset((b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"windows-1252", b"gb18030", b"gbk", b"gb2312"))
_MAX_BYTES = 8 * 2**30
_MAX_BYTES_PER_OBJECT = 32 * 2**20
_MAX_DEPTH = 20  # of objects written inside of objects


class _Guarded:
    """A stream that lets no document type pass (the way entity bombs come in) and no object of endless size."""

    stream: IO[bytes]

    def __init__(self) -> None:
        self.tail = b""
        self.total = 0
        self.since_object = 0
        self.at_end = False

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size if size > 0 else 65536)
        self.at_end = not data
        window = self.tail + data
        self.tail = window[-16:]
        self.total += len(data)
        self.since_object += len(data)
        if self.total == len(data):
            declared = _ENCODING.search(data[:200])
            if declared and declared[1].lower() not in _ENCODINGS:
                raise _RefusedError(ProblemCode.REFUSED, "The file is not in UTF-8; export it again in UTF-8.")
        if b"\0" in data or b"<!DOCTYPE" in window or b"<!ENTITY" in window:
            detail = "A CIM file is plain RDF/XML in UTF-8 without a document type; export it again."
            raise _RefusedError(ProblemCode.REFUSED, detail)
        if self.since_object > _MAX_BYTES_PER_OBJECT or self.total > _MAX_BYTES:
            raise _RefusedError(
                ProblemCode.TOO_LARGE, "The file holds more than a network could; hand in one feeder or substation."
            )
        return data


class _RefusedError(Exception):
    def __init__(self, code: ProblemCode, detail: str) -> None:
        self.code, self.detail = code, detail


def read_objects(path: Path, into: Objects | None = None) -> Objects:
    """Add the objects of one file, plain or gzipped, to ``into``.

    Raises:
        ModelError: missing, empty, cut off, or not CIM RDF/XML.
    """
    objects: Objects = defaultdict(dict) if into is None else into
    guarded = _Guarded()
    with _sentences(path, guarded), _open(path) as stream:
        guarded.stream = stream
        events = etree.iterparse(
            guarded, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
        )
        depth = 0
        for event, element in events:
            depth += 1 if event == "start" else -1
            if event == "start" and depth == 1 and element.tag != f"{_RDF}RDF":
                raise _RefusedError(
                    ProblemCode.NOT_RECOGNIZED, "This XML file is not CIM: it does not begin with rdf:RDF."
                )
            if event == "end" and depth == 1:
                guarded.since_object = 0
                _keep(element, objects)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    return objects


def to_number(text: str | None, default: float = math.nan) -> float:
    """The number a property holds; ``default`` where it holds none."""
    try:
        return float(text) if text else default
    except ValueError:
        return default


def _keep(element: Any, objects: Objects, *, depth: int = 0) -> str:
    """Keep an object, and those written inside of it; its identifier."""
    identifier = _plain(element.get(f"{_RDF}ID") or element.get(f"{_RDF}about") or "")
    if not isinstance(element.tag, str):
        return identifier
    name = element.tag.rpartition("}")[2]
    if element.tag == f"{_RDF}Description":  # its class is said inside
        said = element.find(f"{_RDF}type")
        name = "" if said is None else said.get(f"{_RDF}resource", "").rpartition("#")[2]
    properties = objects[name].setdefault(identifier, {}) if name in _WANTED else {}
    for child in element:
        if isinstance(child.tag, str):
            key = child.tag.rpartition(".")[2]
            resource = child.get(f"{_RDF}resource")
            if len(child) and depth < _MAX_DEPTH:
                resource = _keep(child[0], objects, depth=depth + 1)
            if key in _PROPERTIES:
                properties[key] = (child.text or "").strip() if resource is None else _plain(resource)
    return identifier


def _plain(identifier: str) -> str:
    """``#_ABC``, ``urn:uuid:ABC`` and ``_ABC`` are the same object."""
    return identifier.rpartition("#")[2].removeprefix("urn:uuid:").removeprefix("_")


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    with path.open("rb") as raw:
        magic = raw.read(2)
        raw.seek(0)
        if magic == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=raw) as stream:
                yield stream
        else:
            yield raw


@contextmanager
def _sentences(path: Path, guarded: _Guarded) -> Iterator[None]:
    """Whatever goes wrong while reading becomes one sentence."""
    row: int | None = None
    try:
        yield
        return
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            code, detail = ProblemCode.UNREADABLE, "The compressed file is damaged; copy it again from where it came."
        else:
            reason = error.strerror or "unknown reason"
            code, detail = ProblemCode.NOT_FOUND, f"The file cannot be opened ({reason}); check its name."
    except (EOFError, zlib.error):
        code, detail = ProblemCode.CUT_OFF, "The compressed file ends too early; copy it again from where it came."
    except _RefusedError as refused:
        code, detail = refused.code, refused.detail
    except etree.XMLSyntaxError as error:
        row = error.lineno
        code, detail = _syntax(error, at_end=guarded.at_end, total=guarded.total)
    raise ModelError(Problem(code=code, detail=detail, file=path.name, row=row))


def _syntax(error: etree.XMLSyntaxError, *, at_end: bool, total: int) -> tuple[ProblemCode, str]:
    if total == 0:
        return ProblemCode.EMPTY, "The file holds no XML; export it again."
    if at_end:  # all was well until there was no more
        return ProblemCode.CUT_OFF, "The file ends too early; copy or export it again."
    return ProblemCode.UNREADABLE, f"This is not well-formed XML ({str(error.msg)[:120]}); export it again."
