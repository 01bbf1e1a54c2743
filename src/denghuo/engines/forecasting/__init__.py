"""Forecasts for a hotline: how many calls will come, how long they take, what one outage brings.

Inputs are counts by day and interval with what is known of the days in advance; results are distributions, so that
staffing can ask for the ninetieth percentile, and can be scored afterwards. See ``docs/engines/forecasting.md``.
"""

from denghuo.engines.forecasting.backtest import (
    Backtest,
    ErrorTable,
    backtest_volume,
    check_backtest,
    seasonal_scale,
)
from denghuo.engines.forecasting.days import Days, build_days, check_days
from denghuo.engines.forecasting.distribution import VolumeForecast
from denghuo.engines.forecasting.findings import ForecastCode, ForecastError, ForecastFinding
from denghuo.engines.forecasting.handling import HandlingTime, check_handling, fit_handling_time
from denghuo.engines.forecasting.history import FEWEST_DAYS, check_counts, counts_by_day
from denghuo.engines.forecasting.intraday import check_today, update_today
from denghuo.engines.forecasting.volume import Effect, NotKnown, VolumeModel, check_volume, fit_volume
from denghuo.engines.forecasting.wave import (
    Belief,
    Credible,
    Outage,
    WaveForecast,
    WaveModel,
    WavePrior,
    WaveRecord,
    build_outage,
    check_outage,
    check_wave_history,
    learn_wave,
    outage_wave,
)

__all__ = [
    "FEWEST_DAYS",
    "Backtest",
    "Belief",
    "Credible",
    "Days",
    "Effect",
    "ErrorTable",
    "ForecastCode",
    "ForecastError",
    "ForecastFinding",
    "HandlingTime",
    "NotKnown",
    "Outage",
    "VolumeForecast",
    "VolumeModel",
    "WaveForecast",
    "WaveModel",
    "WavePrior",
    "WaveRecord",
    "backtest_volume",
    "build_days",
    "build_outage",
    "check_backtest",
    "check_counts",
    "check_days",
    "check_handling",
    "check_outage",
    "check_today",
    "check_volume",
    "check_wave_history",
    "counts_by_day",
    "fit_handling_time",
    "fit_volume",
    "learn_wave",
    "outage_wave",
    "seasonal_scale",
    "update_today",
]
