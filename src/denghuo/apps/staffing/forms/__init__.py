"""What people tell staffing."""

from denghuo.apps.staffing.forms.known import KnownDaysForm, WeatherForm
from denghuo.apps.staffing.forms.people import (
    AbsenceForm,
    CalendarForm,
    RuleForm,
    SkillsForm,
    SwapForm,
    WishForm,
    YearForm,
)
from denghuo.apps.staffing.forms.shifts import (
    HALF,
    AllowForm,
    MinimumsForm,
    RetireForm,
    RotaForm,
    ShiftForm,
    SkillNeedForm,
    SuccessionForm,
    WithdrawShiftForm,
    clock,
    clocks_of,
    labeled,
)

__all__ = [
    "HALF",
    "AbsenceForm",
    "AllowForm",
    "CalendarForm",
    "KnownDaysForm",
    "MinimumsForm",
    "RetireForm",
    "RotaForm",
    "RuleForm",
    "ShiftForm",
    "SkillNeedForm",
    "SkillsForm",
    "SuccessionForm",
    "SwapForm",
    "WeatherForm",
    "WishForm",
    "WithdrawShiftForm",
    "YearForm",
    "clock",
    "clocks_of",
    "labeled",
]
