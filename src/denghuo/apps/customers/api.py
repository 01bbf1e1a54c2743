"""Customers for programs: masked as on the pages. There is no address that tells what is hidden."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from denghuo.apps.customers import queries
from denghuo.apps.customers.models import Category, CutReason, SupplyState
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed, Text

router = Router(tags=["customers"], auth=Allowed(Permission.CUSTOMERS_VIEW))


class CustomerOut(Schema):
    """A customer, masked."""

    account_id: int
    number: str
    unit_id: int
    load_code: str = Field(description="The load of the network that supplies them; empty: not known")
    name: str = Field(description="Masked")
    address: str = Field(description="Masked: the door is not told")
    category: Category
    supply_state: SupplyState = Field(description="Of the account itself; an outage is another matter")
    cut_reason: CutReason | None
    cut_since_date: date | None
    care_kind: str = Field(description="Why they are in the special-care register; empty: they are not")
    important: str = Field(description="Level of an important user; empty: like any other")
    responsible_name: str
    closed_date: date | None


class HitOut(CustomerOut):
    why: list[str] = Field(description="What of them fits: account, phone, meter, name, initials, place, door")


class FoundOut(Schema):
    hits: list[HitOut]
    more: bool = Field(description="There are others behind these; how many is not counted")


class ResponsibleOut(Schema):
    name: str
    phone: str
    title: str
    hours: str


class AccountOut(CustomerOut):
    """A customer, whether they have supply now, and who answers for them."""

    supplied: bool | None = Field(description="Whether their load has supply now; null: not known")
    responsible: ResponsibleOut | None


class Missing(Schema):
    detail: str


@router.get("/search", response=FoundOut, url_name="customers-search")
def search(
    request: HttpRequest,
    q: Text = "",
    size: int = Query(20, ge=1, le=50),
) -> dict[str, Any]:
    """Customers within reach that every word fits, surest first. A word is the number of an account, a whole phone
    number, a meter, a name or two characters of it, its initials, a place or a door. Any text is a question."""
    found = queries.search(_scope(request), q, limit=size)
    hits = [{**_told(hit.customer), "why": list(hit.why)} for hit in found.hits]
    return {"hits": hits, "more": found.more}


@router.get("/accounts/{int:account_id}", response={200: AccountOut, 404: Missing}, url_name="customers-account")
def account(request: HttpRequest, account_id: int) -> Status[Any]:
    """One customer."""
    seen = queries.customer(_scope(request), account_id)
    if seen is None:
        raise Http404("No such customer within reach.")
    supply, answers = queries.supply_now(seen.unit_id, seen.load_code), queries.responsible_for(account_id)
    told = {**_told(seen), "supplied": supply.lit if supply else None, "responsible": answers}
    return Status(200, told)


@router.get("/care", response=list[CustomerOut], url_name="customers-care")
def care(request: HttpRequest, due: bool = False) -> list[dict[str, Any]]:
    """The special-care register, what is due first on top; with ``due`` only what is."""
    lines = queries.care_register(_scope(request), on=timezone.localdate(), due_only=due)
    return [_told(line.customer) for line in lines]


def _scope(request: HttpRequest) -> tuple[str, ...]:
    return request.data_scope  # type: ignore[attr-defined]


def _told(customer: queries.Customer) -> dict[str, Any]:
    told = {name: getattr(customer, name) for name in CustomerOut.model_fields}
    return told | {"cut_reason": customer.cut_reason or None}
