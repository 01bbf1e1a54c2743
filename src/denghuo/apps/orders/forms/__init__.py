"""What people tell of orders."""

from denghuo.apps.orders.forms.correcting import CorrectForm
from denghuo.apps.orders.forms.opening import OpenForm, SearchForm
from denghuo.apps.orders.forms.rules import LimitForm, NumbersForm, StepForm
from denghuo.apps.orders.forms.work import (
    AnswerForm,
    AppealForm,
    DecideForm,
    HandOverForm,
    MergeForm,
    NumberForm,
    PromiseAnswerForm,
    PromiseForm,
    ReassignForm,
    ReceiptForm,
    RemarkForm,
    StepTakenForm,
    SuspensionForm,
    UnmergeForm,
)

__all__ = [
    "AnswerForm",
    "AppealForm",
    "CorrectForm",
    "DecideForm",
    "HandOverForm",
    "LimitForm",
    "MergeForm",
    "NumberForm",
    "NumbersForm",
    "OpenForm",
    "PromiseAnswerForm",
    "PromiseForm",
    "ReassignForm",
    "ReceiptForm",
    "RemarkForm",
    "SearchForm",
    "StepForm",
    "StepTakenForm",
    "SuspensionForm",
    "UnmergeForm",
]
