"""What a person types about outages."""

from denghuo.apps.outages.forms.dispatch import (
    AboutForm,
    ConfirmForm,
    DismissForm,
    EstimateForm,
    JoinForm,
    SameForm,
    SendForm,
    WantedForm,
)
from denghuo.apps.outages.forms.outages import ClassifyForm, FilterForm, PlanForm
from denghuo.apps.outages.forms.plans import CancelForm, DeliveredForm, DevicesForm, MoveForm, PostedForm
from denghuo.apps.outages.forms.rules import JudgingRuleForm, TellingRuleForm

__all__ = [
    "AboutForm",
    "CancelForm",
    "ClassifyForm",
    "ConfirmForm",
    "DeliveredForm",
    "DevicesForm",
    "DismissForm",
    "EstimateForm",
    "FilterForm",
    "JoinForm",
    "JudgingRuleForm",
    "MoveForm",
    "PlanForm",
    "PostedForm",
    "SameForm",
    "SendForm",
    "TellingRuleForm",
    "WantedForm",
]
