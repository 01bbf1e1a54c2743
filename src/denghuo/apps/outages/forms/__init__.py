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
from denghuo.apps.outages.forms.plans import DeliveredForm, PostedForm
from denghuo.apps.outages.forms.rules import JudgingRuleForm, TellingRuleForm

__all__ = [
    "AboutForm",
    "ClassifyForm",
    "ConfirmForm",
    "DeliveredForm",
    "DismissForm",
    "EstimateForm",
    "FilterForm",
    "JoinForm",
    "JudgingRuleForm",
    "PlanForm",
    "PostedForm",
    "SameForm",
    "SendForm",
    "TellingRuleForm",
    "WantedForm",
]
