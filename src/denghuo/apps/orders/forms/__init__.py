"""What people tell of orders."""

from denghuo.apps.orders.forms.opening import OpenForm, SearchForm
from denghuo.apps.orders.forms.rules import LimitForm, NumbersForm, StepForm
from denghuo.apps.orders.forms.work import (
    AppealForm,
    DecideForm,
    HandOverForm,
    MergeForm,
    PromiseForm,
    ReceiptForm,
    RemarkForm,
    StepTakenForm,
    SuspensionForm,
)

__all__ = [
    "AppealForm",
    "DecideForm",
    "HandOverForm",
    "LimitForm",
    "MergeForm",
    "NumbersForm",
    "OpenForm",
    "PromiseForm",
    "ReceiptForm",
    "RemarkForm",
    "SearchForm",
    "StepForm",
    "StepTakenForm",
    "SuspensionForm",
]
