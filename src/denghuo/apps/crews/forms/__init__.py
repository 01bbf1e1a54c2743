"""What people type about crews, dispatch and field work."""

from denghuo.apps.crews.forms.desk import (
    AssignForm,
    CertificateForm,
    CrewForm,
    DutyForm,
    LadderForm,
    MemberForm,
    PriceForm,
    ReasonForm,
    RuleForm,
    SuggestForm,
)
from denghuo.apps.crews.forms.field import told_of

__all__ = [
    "AssignForm",
    "CertificateForm",
    "CrewForm",
    "DutyForm",
    "LadderForm",
    "MemberForm",
    "PriceForm",
    "ReasonForm",
    "RuleForm",
    "SuggestForm",
    "told_of",
]
