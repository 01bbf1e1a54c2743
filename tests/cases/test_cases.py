"""The golden cases agree to every printed digit."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cases.figures import CASES, every_figure

FIGURES = list(every_figure())


@pytest.mark.parametrize("case", sorted({figure.case for figure in FIGURES}))
def test_case(case: str) -> None:
    wrong = {
        figure.name: (figure.found, figure.expected) for figure in FIGURES if figure.case == case and not figure.agrees
    }
    assert wrong == {}


def test_no_case_is_left_out() -> None:
    """A folder that no engine works out would be a promise nobody keeps."""
    folders = {f"{path.parent.parent.name}/{path.parent.name}" for path in CASES.glob("*/*/README.md")}
    worked_out = {"/".join(figure.case.split("/")[:2]) for figure in FIGURES}
    assert folders == worked_out


@pytest.mark.data
def test_the_sample_feeder_is_the_published_one(reference_data: Path) -> None:
    published = json.loads((reference_data / "published/ieee1366_sample_feeder_7075.json").read_text(encoding="utf-8"))
    rows = json.loads((CASES / "reliability/ieee1366_feeder_7075/input.json").read_text(encoding="utf-8"))["rows"]
    events = published["events"]
    assert rows["start"] == [f"{event['date']}T{event['off']}" for event in events]
    assert rows["end"] == [f"{event['date']}T{event['on']}" for event in events]
    assert rows["lv_customers"] == [event["customers"] for event in events]
    lengths_s = (np.array(rows["end"], dtype="M8[s]") - np.array(rows["start"], dtype="M8[s]")).astype(int)
    assert ["M" if length <= 300 else "S" for length in lengths_s] == [event["type"] for event in events]
