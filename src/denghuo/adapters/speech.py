"""Text spoken to a sound that a telephone exchange plays. Needs espeak-ng on the machine; says so where it is missing.

The voice is a robot's, but every tone is right: characters become pinyin with tone numbers here, because the
synthesizer's own reading of characters drops what it does not know. Another voice is another class with `speak`.
"""

import io
import re
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from enum import StrEnum
from math import gcd
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

__all__ = ["TELEPHONE_HZ", "EspeakVoice", "SpeechError", "SpeechProblem", "Voice", "pinyin", "said", "sound_s"]

TELEPHONE_HZ = 8_000
_PROGRAM = "espeak-ng"
_VOICE = "cmn-latn-pinyin"
_WITHIN_S = 30.0
_LONGEST_CHARACTERS = 2_000
_PEAK = 0.89  # of full scale: a telephone line clips what is louder


class SpeechProblem(StrEnum):
    """Why there is no sound."""

    NOT_INSTALLED = "not_installed"
    NO_VOICE = "no_voice"
    NOTHING_TO_SAY = "nothing_to_say"
    TOO_LONG = "too_long"
    FAILED = "failed"


class SpeechError(Exception):
    """A text could not be spoken."""

    def __init__(self, problem: SpeechProblem, told: str = "") -> None:
        super().__init__(f"{problem.value}: {told}" if told else problem.value)
        self.problem = problem


class Voice(Protocol):
    """Whatever speaks."""

    def problem(self) -> SpeechProblem | None:
        """Why it cannot speak on this machine, if it cannot."""

    def speak(self, text: str) -> bytes:
        """A wav of the text: mono, 16 bit, 8 kHz."""


@dataclass(frozen=True, kw_only=True)
class EspeakVoice:
    """espeak-ng speaking Mandarin."""

    program: str = _PROGRAM
    words_per_min: int = 140

    def problem(self) -> SpeechProblem | None:
        """Why it cannot speak on this machine, if it cannot."""
        return None if shutil.which(self.program) else SpeechProblem.NOT_INSTALLED

    def speak(self, text: str) -> bytes:
        """A wav of a Chinese text: mono, 16 bit, 8 kHz.

        Raises:
            SpeechError: nothing to say, too much, or the program is missing, lacks the voice, or fails.
        """
        words = pinyin(text)
        if not re.search(r"[a-z]", words):
            raise SpeechError(SpeechProblem.NOTHING_TO_SAY)
        if len(text) > _LONGEST_CHARACTERS:
            raise SpeechError(SpeechProblem.TOO_LONG, f"more than {_LONGEST_CHARACTERS} characters")
        program = shutil.which(self.program)
        if program is None:
            raise SpeechError(SpeechProblem.NOT_INSTALLED, self.program)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "said.wav"
            # The text goes in by a pipe: nothing in it can become an option of the program.
            command = [program, "-v", _VOICE, "-s", str(self.words_per_min), "-w", str(path), "--stdin"]
            self._run(command, words)
            return _for_telephone(path)

    def _run(self, command: list[str], words: str) -> None:
        try:
            done = subprocess.run(command, input=words.encode(), capture_output=True, timeout=_WITHIN_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SpeechError(SpeechProblem.FAILED, type(error).__name__) from error
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip()[:200]
            no_voice = "voice does not exist" in told
            raise SpeechError(SpeechProblem.NO_VOICE if no_voice else SpeechProblem.FAILED, told)


def _for_telephone(path: Path) -> bytes:
    """A wav of the program as an exchange plays it."""
    try:
        with wave.open(str(path)) as told:
            rate, channels = told.getframerate(), told.getnchannels()
            samples = np.frombuffer(told.readframes(told.getnframes()), dtype="<i2").reshape(-1, channels)
    except (OSError, EOFError, wave.Error) as error:
        raise SpeechError(SpeechProblem.FAILED, "no sound came out") from error
    from scipy.signal import resample_poly

    common = gcd(rate, TELEPHONE_HZ)
    sound: NDArray[np.float64] = resample_poly(samples.mean(axis=1), TELEPHONE_HZ // common, rate // common)
    peak = float(np.abs(sound).max(initial=0.0))
    if peak < 1.0:
        raise SpeechError(SpeechProblem.FAILED, "only silence came out")
    scaled = np.round(sound * (_PEAK * 32767 / peak)).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(TELEPHONE_HZ)
        out.writeframes(scaled.tobytes())
    return buffer.getvalue()


def sound_s(sound: bytes) -> float:
    """How long a wav lasts [s]."""
    with wave.open(io.BytesIO(sound)) as told:
        return float(told.getnframes() / told.getframerate())


_PAUSES = {"，": ",", "、": ",", "；": ",", "：": ",", "。": ".", "！": "!", "？": "?", "…": ".", "\n": "."}
_DIGITS = "零一二三四五六七八九"
_TENS = ("", "十", "百", "千")
_UNITS = {"kVA": "千伏安", "kV": "千伏", "kW": "千瓦", "MW": "兆瓦", "km": "公里"}
_MOST_VALUED = 4  # digits; a longer number is a code or a telephone number, said digit by digit


def pinyin(text: str) -> str:
    """A text as the synthesizer reads it: pinyin with tone numbers, 5 for the neutral tone, letters one by one.

    >>> pinyin("10kV灯山线停电了。")
    'shi2 qian1 fu2 deng1 shan1 xian4 ting2 dian4 le5 .'
    """
    parts: list[str] = []
    for part in lazy_pinyin(said(text), style=Style.TONE3, neutral_tone_with_five=True):
        if part[-1:].isdigit():
            parts.append(part)
        else:  # what is no Chinese character comes as it was
            parts += [_PAUSES.get(mark, mark.lower()) for mark in part]
    return " ".join(part for part in parts if re.fullmatch(r"[a-z]+\d?|[,.!?]", part))


def said(text: str) -> str:
    """A text with its numbers, hours and units as they are said.

    >>> said("2026年5月1日08:05，10kV，拨打95598，0.4%"), said("共 1200 户")
    ('二零二六年五月一日八点零五分，十千伏，拨打九五五九八，百分之零点四', '共 一千二百 户')
    """
    text = re.sub(r"(\d{4})-(\d{2})-(\d{2})", lambda at: f"{at[1]}年{int(at[2])}月{int(at[3])}日", text)
    text = re.sub(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])", lambda at: _clock(int(at[1]), int(at[2])), text)
    text = re.sub(r"(\d{4})(?=年)", lambda year: _by_digit(year[1]), text)
    text = re.sub(r"(?<=\d)\s*(kVA|kV|kW|MW|km)(?![A-Za-z])", lambda unit: _UNITS[unit[1]], text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*[%％]", lambda share: f"百分之{share[1]}", text)
    return re.sub(r"\d+(?:\.\d+)?", lambda number: _number(number[0]), text)


def _clock(hour: int, minute: int) -> str:
    told = "整" if minute == 0 else f"{'零' if minute < 10 else ''}{_valued(minute)}分"
    return f"{_valued(hour)}点{told}"


def _number(digits: str) -> str:
    whole, _, part = digits.partition(".")
    is_code = len(whole) > _MOST_VALUED or (len(whole) > 1 and whole.startswith("0"))
    told = _by_digit(whole) if is_code else _valued(int(whole))
    return f"{told}点{_by_digit(part)}" if part else told


def _by_digit(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def _valued(number: int) -> str:
    """A number below 10 000 as it is said.

    >>> [_valued(number) for number in (0, 10, 15, 20, 105, 110, 1005, 1050, 2000)]
    ['零', '十', '十五', '二十', '一百零五', '一百一十', '一千零五', '一千零五十', '二千']
    """
    if number == 0:
        return _DIGITS[0]
    told, digits = "", str(number)
    for place, digit in enumerate(digits):
        if digit != "0":
            told += _DIGITS[int(digit)] + _TENS[len(digits) - place - 1]
        elif told and not told.endswith(_DIGITS[0]):
            told += _DIGITS[0]
    told = told.rstrip(_DIGITS[0])
    return told.removeprefix("一") if 10 <= number < 20 else told
