"""Full text in Chinese: the seam between SQLite's FTS5 and PostgreSQL's tsvector, under one name.

Both keep the same words, so that both find the same. A run of Chinese is kept twice: as the words that jieba cuts it
into, and as every pair of neighboring characters, so that two characters are found wherever they stand together,
however the text around them is cut. What stands in a title or among the keywords counts more than what stands in the
text, a word more than a pair. Titles are also kept as the first letters of their pinyin, from every character on.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import normalize

import rjieba
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from pypinyin import Style, lazy_pinyin

from denghuo.apps.knowledge.models import Version

# Words and pairs of the head, words and pairs of the text.
COLUMNS = ("head_words", "head_pairs", "text_words", "text_pairs")
# How much a word counts in each column; PostgreSQL names the last first.
_HITS = {
    "sqlite": "SELECT rowid AS version_id, -bm25(knowledge_text, 10.0, 4.0, 2.0, 1.0) AS score"
    " FROM knowledge_text WHERE knowledge_text MATCH %s",
    "postgresql": "SELECT version_id, ts_rank('{0.05, 0.1, 0.4, 1.0}', words, asked) AS score"
    " FROM knowledge_text, CAST(%s AS tsquery) AS asked WHERE words @@ asked",
}
_LONGEST_QUERY = 200  # characters of a query that are read
_MOST_TERMS = 12
_LONGEST_WORD = 60
_LONGEST_INITIALS = 12
_MOST_PLACES = 8  # of one word in one text that count for its rank
_LAST_PLACE = 16_383  # of a tsvector
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
# A run of Chinese, of digits, or of other letters: what stands between them is not kept.
_RUN = re.compile(rf"[{_HAN}]+|\d+|[^\W\d_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")


@dataclass(frozen=True, kw_only=True)
class Text:
    """What is kept of a version."""

    version_id: int
    title: str
    keywords: str
    text: str


@dataclass(frozen=True)
class Term:
    """A word that is looked for; ``is_open`` finds every word that begins with it."""

    word: str
    is_open: bool = False

    @property
    def pairs(self) -> list[str]:
        """What is looked for where the word as such is not found; empty: nothing."""
        return _pairs(self.word)[:-1] if len(self.word) > 2 and _IS_HAN.match(self.word) else []


def plain(text: str) -> str:
    """Full-width and half-width, large and small are one."""
    return normalize("NFKC", text).casefold()


def _runs(text: str) -> Iterator[str]:
    return (run[0] for run in _RUN.finditer(plain(text)))


def _pairs(run: str) -> list[str]:
    """Every two neighbors, and the last character, which begins none."""
    return [run[place : place + 2] for place in range(len(run))]


def words_of(text: str) -> list[str]:
    """The words of a text, shorter words inside longer ones too."""
    found = []
    for run in _runs(text):
        found += rjieba.cut_for_search(run) if _IS_HAN.match(run) else [run[:_LONGEST_WORD]]
    return [word for word in found if len(word) <= _LONGEST_WORD]


def pairs_of(text: str) -> list[str]:
    """The pairs of neighboring characters of a text's Chinese."""
    return [pair for run in _runs(text) if _IS_HAN.match(run) for pair in _pairs(run)]


def initials_of(title: str) -> list[str]:
    """The first letters of the pinyin of a title, from every character on: 欠费停电 is qftd, ftd, td, d."""
    found = []
    for run in _runs(title):
        if _IS_HAN.match(run):
            letters = "".join(lazy_pinyin(run, style=Style.FIRST_LETTER, errors="ignore"))
            found += [letters[place : place + _LONGEST_INITIALS] for place in range(len(letters))]
    return found


def terms_of(query: str) -> list[Term]:
    """What a query looks for. Single characters among words say little and are passed over, but for the last typed."""
    told = query[:_LONGEST_QUERY]
    found: dict[str, Term] = {}
    for run in _runs(told):
        for word in rjieba.cut(run) if _IS_HAN.match(run) else [run[:_LONGEST_WORD]]:
            found.setdefault(word, Term(word, is_open=len(word) == 1 or not _IS_HAN.match(word)))
    words = list(found.values())[:_MOST_TERMS]
    weak = [term for term in words if len(term.word) == 1 and _IS_HAN.match(term.word) and term is not words[-1]]
    return [term for term in words if term not in weak] if len(weak) < len(words) else words


def put(texts: Iterable[Text]) -> None:
    """Keep the text of versions, in place of what was kept of them before."""
    rows = [(text.version_id, _columns(text)) for text in texts]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.executemany(
                "INSERT INTO knowledge_text (version_id, words) VALUES (%s, %s::tsvector)"
                " ON CONFLICT (version_id) DO UPDATE SET words = excluded.words",
                [(version_id, _vector(columns)) for version_id, columns in rows],
            )
        else:
            cursor.executemany(
                f"INSERT OR REPLACE INTO knowledge_text (rowid, {', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s)",
                [(version_id, *(" ".join(words) for words in columns)) for version_id, columns in rows],
            )


def clear() -> None:
    """Keep nothing."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM knowledge_text")


def _columns(text: Text) -> tuple[list[str], ...]:
    head = f"{text.title}\n{text.keywords}"
    return (
        words_of(head),
        pairs_of(head) + initials_of(text.title),
        words_of(text.text),
        pairs_of(text.text),
    )


def _vector(columns: tuple[list[str], ...]) -> str:
    """The columns as PostgreSQL writes a tsvector; words hold letters and digits only, so that none needs escaping."""
    places: dict[str, list[str]] = {}
    place = 0
    for weight, words in zip("ABCD", columns, strict=True):
        for word in words:
            place = min(place + 1, _LAST_PLACE)
            kept = places.setdefault(word, [])
            if len(kept) < _MOST_PLACES:
                kept.append(f"{place}{weight}")
    return " ".join(f"'{word}':{','.join(kept)}" for word, kept in places.items())


def find(terms: list[Term], *, among: QuerySet[Version], at_most: int) -> list[int]:
    """Keys of the versions that hold what is looked for, the best first.

    Those that hold every term; where they are too few, those that hold some follow.
    """
    if not terms:
        return []
    found = _matching(terms, every=True, among=among, at_most=at_most)
    if len(found) < at_most and len(terms) > 1:
        loose = _matching(terms, every=False, among=among, at_most=at_most)
        found += [key for key in loose if key not in found]
    return found[:at_most]


def _matching(terms: list[Term], *, every: bool, among: QuerySet[Version], at_most: int) -> list[int]:
    held = among.filter(pk=RawSQL("hits.version_id", ())).order_by().values("pk")
    inner, given = held.query.sql_with_params()
    wanted = (_tsquery if connection.vendor == "postgresql" else _match)(terms, every=every)
    # The words are looked up once and for all: SQLite would look them up again for every version.
    sql = (
        f"WITH hits AS MATERIALIZED ({_HITS[connection.vendor]})"
        f" SELECT version_id FROM hits WHERE EXISTS ({inner}) ORDER BY score DESC, version_id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, (wanted, *given, at_most))
        return [key for (key,) in cursor.fetchall()]


def _match(terms: list[Term], *, every: bool) -> str:
    """The terms in the language of FTS5; each word is quoted, so that none is an operator."""

    def written(term: Term) -> str:
        word = f'"{term.word}"{" *" if term.is_open else ""}'
        pairs = " AND ".join(f'"{pair}"' for pair in term.pairs)
        return f"({word} OR ({pairs}))" if pairs else word

    return (" AND " if every else " OR ").join(written(term) for term in terms)


def _tsquery(terms: list[Term], *, every: bool) -> str:
    """The same in the language of PostgreSQL."""

    def written(term: Term) -> str:
        word = f"'{term.word}'{':*' if term.is_open else ''}"
        pairs = " & ".join(f"'{pair}'" for pair in term.pairs)
        return f"({word} | ({pairs}))" if pairs else word

    return (" & " if every else " | ").join(written(term) for term in terms)
