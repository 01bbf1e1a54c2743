"""What a person types about customers."""

from denghuo.apps.customers.forms.accounts import (
    AddPhoneForm,
    AnonymizeForm,
    CardForm,
    CloseForm,
    ConsentForm,
    CorrectForm,
    EndResponsibilityForm,
    FindingForm,
    GiveAccountForm,
    GiveForm,
    ImportantForm,
    NewAccountForm,
    QuietForm,
    ReconnectForm,
    SupplyStateForm,
    UnmaskForm,
)
from denghuo.apps.customers.forms.care import CareForm, EndCareForm, ReviewCareForm, VisitForm

__all__ = [
    "AddPhoneForm",
    "AnonymizeForm",
    "CardForm",
    "CareForm",
    "CloseForm",
    "ConsentForm",
    "CorrectForm",
    "EndCareForm",
    "EndResponsibilityForm",
    "FindingForm",
    "GiveAccountForm",
    "GiveForm",
    "ImportantForm",
    "NewAccountForm",
    "QuietForm",
    "ReconnectForm",
    "ReviewCareForm",
    "SupplyStateForm",
    "UnmaskForm",
    "VisitForm",
]
