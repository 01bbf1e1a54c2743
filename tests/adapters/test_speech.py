"""What is spoken, and what is said where nothing can speak."""

import io
import shutil
import stat
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from denghuo.adapters.sound_folder import hand_over, take_back
from denghuo.adapters.speech import TELEPHONE_HZ, EspeakVoice, SpeechError, SpeechProblem, pinyin, said, sound_s

speaks = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed here")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("08:05", "八点零五分"),
        ("20:00", "二十点整"),
        ("2026-05-01", "二零二六年五月一日"),
        ("10kV", "十千伏"),
        ("0.4kV", "零点四千伏"),
        ("95598", "九五五九八"),
        ("1200户", "一千二百户"),
        ("98.5%", "百分之九十八点五"),
        ("007号", "零零七号"),
    ],
)
def test_numbers_as_they_are_said(written: str, spoken: str) -> None:
    assert said(written) == spoken


def test_letters_are_read_one_by_one_and_nothing_else_gets_through() -> None:
    assert pinyin("QF号；<x>") == "q f hao4 , x"
    assert pinyin("女，绿，略") == "nv3 , lv4 , lve4"


@given(st.text())
def test_any_text_becomes_syllables_or_nothing(text: str) -> None:
    assert set(pinyin(text)) <= set("abcdefghijklmnopqrstuvwxyz12345,.!? ")


@speaks
def test_a_wav_for_a_telephone() -> None:
    sound = EspeakVoice().speak("您好，青禾村因10kV灯山线故障停电。")
    with wave.open(io.BytesIO(sound)) as told:
        assert (told.getnchannels(), told.getsampwidth(), told.getframerate()) == (1, 2, TELEPHONE_HZ)
        samples = np.frombuffer(told.readframes(told.getnframes()), dtype="<i2")
    assert 2 < sound_s(sound) < 20
    assert 20_000 < np.abs(samples).max() < 32_767
    assert np.abs(samples).mean() > 300


@speaks
def test_nothing_to_say_and_too_much() -> None:
    for text, problem in (("……", SpeechProblem.NOTHING_TO_SAY), ("电" * 2_001, SpeechProblem.TOO_LONG)):
        with pytest.raises(SpeechError) as caught:
            EspeakVoice().speak(text)
        assert caught.value.problem is problem


def test_where_the_program_is_missing() -> None:
    voice = EspeakVoice(program="no-such-program")
    assert voice.problem() is SpeechProblem.NOT_INSTALLED
    with pytest.raises(SpeechError, match="not_installed"):
        voice.speak("停电")


def test_a_program_that_fails(tmp_path: Path) -> None:
    program = tmp_path / "speaker"
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho 'Error: The specified espeak-ng voice does not exist.' >&2\nexit 1\n"
    )
    program.chmod(0o755)
    with pytest.raises(SpeechError) as caught:
        EspeakVoice(program=str(program)).speak("停电")
    assert caught.value.problem is SpeechProblem.NO_VOICE
    program.write_text("#!/bin/sh\ncat > /dev/null\n")
    with pytest.raises(SpeechError, match="no sound came out"):
        EspeakVoice(program=str(program)).speak("停电")


def test_the_folder_of_the_exchange(tmp_path: Path) -> None:
    folder = tmp_path / "sounds"
    hand_over(folder, "outage-1", text="停电", sound=b"RIFF")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "outage-1.wav": b"RIFF",
        "outage-1.txt": "停电".encode(),
    }
    assert stat.S_IMODE((folder / "outage-1.wav").stat().st_mode) == 0o644
    hand_over(folder, "outage-1", text="来电", sound=None)
    assert [path.name for path in folder.iterdir()] == ["outage-1.txt"], "a sound that no longer fits is gone"
    for _ in range(2):
        take_back(folder, "outage-1")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "a/b", "", "x" * 61, "a.wav"])
def test_a_name_does_not_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a sound"):
        hand_over(tmp_path, name, text="", sound=None)
    assert list(tmp_path.iterdir()) == []
