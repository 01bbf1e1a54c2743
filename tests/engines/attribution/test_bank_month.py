"""A real month, call by call: one scale fitted to its answer rate, and what the model then says of each day."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from denghuo.engines.attribution import Cause, HotlineMonth, QueueModel, calibrate, explain_month

DAYS, INTERVALS, OPENS_S, INTERVAL_S = 31, 34, 7 * 3600, 1800
WEEKDAY = (np.arange(DAYS) + 4) % 7  # 1 January 1999 was a Friday


def calls_for_agents(path: Path) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Day, interval and record of those who asked for an agent between 7 and 24 o'clock."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for record in csv.DictReader(file):
            hours, minutes, seconds = map(int, record["vru_exit"].split(":"))
            interval = (hours * 3600 + minutes * 60 + seconds - OPENS_S) // INTERVAL_S
            hung_up_before = record["outcome"] == "HANG" and record["q_start"] == "0:00:00"
            if record["outcome"] != "PHANTOM" and interval >= 0 and not hung_up_before:
                yield int(record["date"][-2:]) - 1, interval, record


def bank_month(path: Path) -> tuple[HotlineMonth, QueueModel]:
    """Seats are agents seen in the interval, the usual is the weekday's median, patience is waiting per abandon."""
    calls, answered, talk_s = np.zeros((3, DAYS, INTERVALS))
    agents: list[list[set[str]]] = [[set() for _ in range(INTERVALS)] for _ in range(DAYS)]
    waiting_s = abandoned = 0.0
    for day, interval, record in calls_for_agents(path):
        calls[day, interval] += 1
        waiting_s += float(record["q_time"])
        if record["outcome"] == "AGENT":
            answered[day, interval] += 1
            talk_s[day, interval] += float(record["ser_time"])
            agents[day][interval].add(record["server"])
        else:
            abandoned += 1
    seats = np.array([[float(len(seen)) for seen in day] for day in agents])
    mean_s = talk_s.sum() / answered.sum()
    month = HotlineMonth(
        usual_calls_per_h=_usual(calls) * 3600 / INTERVAL_S,
        observed_calls_per_h=calls * 3600 / INTERVAL_S,
        usual_handling_s=mean_s,
        observed_handling_s=np.divide(talk_s, answered, out=np.full_like(calls, mean_s), where=answered >= 5),
        usual_seats=_usual(seats),
        observed_seats=seats,
        offered_calls=calls.sum(axis=1),
        answered_calls=answered.sum(axis=1),
        interval_s=INTERVAL_S,
    )
    return month, QueueModel(patience_s=waiting_s / abandoned)


def _usual(values: np.ndarray) -> np.ndarray:
    return np.array([np.median(values[weekday == WEEKDAY], axis=0) for weekday in WEEKDAY])


@pytest.mark.data
def test_the_model_knows_the_bad_days_of_a_real_month(reference_data: Path) -> None:
    month, model = bank_month(reference_data / "hotline/calls/anonymous_bank_1999_january.csv.gz")
    fit = calibrate(month, model, least_scale=0.3)
    assert fit.met
    causes = [Cause(code="calls", volume=1), Cause(code="talk", handling=1), Cause(code="people", capacity=1)]
    found = explain_month(month, causes, target_answered_share=0.95, model=fit.model)
    assert found.answered_share == pytest.approx(0.898, abs=5e-4)
    modeled = found.missing_calls - found.unexplained_calls
    assert np.corrcoef(modeled, found.missing_calls)[0, 1] > 0.95
    assert np.abs(found.unexplained_calls).mean() < 0.25 * np.abs(found.missing_calls).mean()
    total = found.usual_share + found.player_shares.sum() + found.unexplained_share
    assert total == pytest.approx(0.95 - found.answered_share, abs=1e-13)
