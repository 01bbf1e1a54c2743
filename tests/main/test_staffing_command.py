"""`denghuo staffing`: forecasts and drafts from the command line."""

import json
from typing import Any

import pytest

from denghuo.apps.staffing.models import Plan, PlanState
from denghuo.main import cli
from tests.apps.network.conftest import built_world, world
from tests.apps.staffing.conftest import Station, built_station, station

__all__ = ["built_station", "built_world", "station", "world"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = cli.main(["staffing", *arguments, "--json"])
    return status, dict(json.loads(capsys.readouterr().out or "{}"))


def test_a_month_is_drafted_and_left_for_somebody_to_publish(
    station: Station, capsys: pytest.CaptureFixture[str]
) -> None:
    status, answer = told(capsys, "plan", "2096-06", "--unit", "lamp")
    assert status == 0
    assert answer["plans"][0]["rules broken"] == 0
    assert answer["plans"][0]["duties"] == Plan.objects.get(state=PlanState.DRAFT).duties.count()


def test_a_forecast_from_too_few_days_says_so(station: Station, capsys: pytest.CaptureFixture[str]) -> None:
    station.agents[0].exchange.queues.first().tallies.all().delete()
    status, answer = told(capsys, "forecast")
    assert status == 1
    assert "too few days" in answer["forecasts"][0]["forecast"]


@pytest.mark.parametrize(
    "wrong",
    [["plan", "soon"], ["plan", "2020-01"], ["plan", "2026-06", "--unit", "nowhere"], ["forecast", "--unit", "x"]],
)
def test_what_somebody_can_put_right_is_said_in_a_sentence(
    station: Station, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["staffing", *wrong]) == 2
    assert "denghuo: " in capsys.readouterr().err
