"""What is wrong with a file, as sentences in both languages: whoever reads them may switch."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override

from denghuo.adapters.problems import Problem, ProblemCode
from denghuo.adapters.tables import RowProblem, TableError, at_place, sentence
from denghuo.apps.network.queries.findings import NETWORK_WORDS
from denghuo.engines.grid import Finding

_SHOWN_IDS = 8
_SAY_ALL = frozenset({ProblemCode.NOT_RECOGNIZED, ProblemCode.CUT_OFF})  # and need no detail in English
_WORDS = {
    ProblemCode.NOT_FOUND: gettext_lazy("The file cannot be opened"),
    ProblemCode.EMPTY: gettext_lazy("The file is empty"),
    ProblemCode.NOT_RECOGNIZED: gettext_lazy(
        "This is no file that is known here; give a workbook filled in here (.xlsx), or a network from OpenDSS (.dss), "
        "CIM (.xml) or pandapower"
    ),
    ProblemCode.TOO_LARGE: gettext_lazy("The file is too large"),
    ProblemCode.CUT_OFF: gettext_lazy("The file is damaged or cut off; copy it again from where it came"),
    ProblemCode.UNREADABLE: gettext_lazy("The file cannot be read"),
    ProblemCode.REFUSED: gettext_lazy("The file asks for something that is not allowed"),
    ProblemCode.MISSING_FILE: gettext_lazy("A file is missing"),
    ProblemCode.MISSING_COLUMN: gettext_lazy("A column is missing"),
    ProblemCode.BAD_VALUE: gettext_lazy("A value cannot be used"),
    ProblemCode.UNKNOWN_REFERENCE: gettext_lazy("Names something that is not there"),
    ProblemCode.NO_NETWORK: gettext_lazy("There is no network in it"),
    ProblemCode.CHOICE_NEEDED: gettext_lazy("There are several networks in it; give one of them"),
    ProblemCode.ENGINE_FAILED: gettext_lazy("The OpenDSS engine broke down"),
    ProblemCode.LEFT_OUT: gettext_lazy("In the file, but not in the network"),
}


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence in both languages."""

    zh: str
    en: str

    def told(self, language: str) -> str:
        """In the language of a reader, such as ``zh-hans``."""
        return self.zh if language.startswith("zh") else self.en


def sentences(troubles: Iterable[RowProblem | Problem | Finding], *, rest: int = 0) -> list[Sentence]:
    """A sentence for each, and one for those that were only counted."""
    told = [_sentence(trouble) for trouble in troubles]
    if rest:
        more = TableError((), rest=rest)
        told.append(Sentence(zh=more.sentences(language="zh")[0], en=more.sentences(language="en")[0]))
    return told


def _sentence(trouble: RowProblem | Problem | Finding) -> Sentence:
    if isinstance(trouble, RowProblem):
        return Sentence(zh=sentence(trouble, language="zh"), en=sentence(trouble, language="en"))
    if isinstance(trouble, Problem):
        # The details of foreign formats are in English, like the formats.
        detail = "" if trouble.code in _SAY_ALL else trouble.detail
        said = f"{in_both(_WORDS[trouble.code]).zh}。{detail}"
        place = (trouble.file, trouble.sheet, trouble.row or 0, trouble.column)
        return Sentence(zh=at_place(said, *place, language="zh"), en=str(trouble))
    ids = ", ".join(trouble.ids[:_SHOWN_IDS]) + (f" … ({len(trouble.ids)})" if len(trouble.ids) > _SHOWN_IDS else "")
    words = in_both(NETWORK_WORDS[trouble.code])
    return Sentence(zh=f"{words.zh}：{ids}", en=f"{words.en}: {ids}")


def in_both(words: Promise, **values: object) -> Sentence:
    """A translatable text in both languages, its values filled in."""
    with override("zh-hans"):
        chinese = str(words)
    with override("en"):
        english = str(words)
    return Sentence(zh=chinese % values if values else chinese, en=english % values if values else english)
