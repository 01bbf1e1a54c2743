"""Where in a text the words of a query stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from denghuo.apps.knowledge.queries.full_text import Term, plain

_BEFORE = 16  # characters that a snippet shows before its first hit


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: a hit, or what stands between two."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True)
class Plain:
    """A text as it is compared, and for each of its characters the place in the text as it is shown."""

    text: str
    places: tuple[int, ...]

    def places_of(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the shown text that a stretch of the compared text stands for."""
        return self.places[start], self.places[end - 1] + 1


def plain_of(text: str, *, without_blanks: bool = False) -> Plain:
    """The text as it is compared, character by character."""
    told: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for one in plain(character):
            if not (without_blanks and one.isspace()):
                told.append(one)
                places.append(place)
    return Plain("".join(told), tuple(places))


def spans_of(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Where the terms stand in a text, in order, joined where they touch."""
    compared = plain_of(text)
    found: list[tuple[int, int]] = []
    for term in terms:
        hits = _hits(compared, term.word)
        found += hits or [hit for pair in term.pairs for hit in _hits(compared, pair)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _hits(compared: Plain, word: str) -> list[tuple[int, int]]:
    found = []
    start = compared.text.find(word)
    while start >= 0:
        found.append(compared.places_of(start, start + len(word)))
        start = compared.text.find(word, start + len(word))
    return found


def highlighted(text: str, terms: Sequence[Term]) -> list[Piece]:
    """The whole text, with its hits."""
    return _pieces(text, spans_of(text, terms), 0, len(text))


def snippet(text: str, terms: Sequence[Term], *, length: int) -> list[Piece]:
    """The stretch of a text in which most of the terms stand, or its beginning."""
    flat = " ".join(text.split())
    spans = spans_of(flat, terms)

    def held(start: int) -> int:
        return len({flat[one:end].casefold() for one, end in spans if start <= one and end <= start + length - _BEFORE})

    begin = max((start for start, _ in spans), key=lambda start: (held(start), -start), default=0)
    first = max(begin - _BEFORE, 0)
    last = min(first + length, len(flat))
    inside = [(max(start, first), min(end, last)) for start, end in spans if start < last and end > first]
    pieces = _pieces(flat, inside, first, last)
    return [*([Piece("…")] if first else []), *pieces, *([Piece("…")] if last < len(flat) else [])]


def _pieces(text: str, spans: Sequence[tuple[int, int]], first: int, last: int) -> list[Piece]:
    pieces: list[Piece] = []
    place = first
    for start, end in spans:
        pieces += [Piece(text[place:start]), Piece(text[start:end], is_hit=True)]
        place = end
    return [piece for piece in [*pieces, Piece(text[place:last])] if piece.text]
