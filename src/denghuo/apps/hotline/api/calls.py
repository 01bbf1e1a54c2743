"""Calls, one by one: those that make a figure, and those that a program tells."""

from typing import Annotated, Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime, StringConstraints

from denghuo.adapters.telephony.records import CallOutcome, Unknowable
from denghuo.apps.hotline import actions, queries
from denghuo.apps.hotline.api.figures import AskedOut, QuestionIn, asked_of, refused, said
from denghuo.apps.hotline.api.told import CallIn, read_rows
from denghuo.apps.hotline.forms import CallsForm
from denghuo.apps.hotline.models import Call
from denghuo.apps.organization.access import Permission
from denghuo.apps.organization.api import Allowed
from denghuo.apps.sealed import masked_phone

router = Router()
_MOST_ROWS = 2_000
_ROWS: dict[str, Any] = {
    "items": CallIn.model_json_schema(),
    "description": "One object per call and queue. A row that cannot be used is handed back; the others are recorded.",
}


class FilterIn(Schema):
    """Which calls are listed; left out: all of the question."""

    counted: str = Field("", description="Which figure they make: requests, answered, not_answered, abandoned, …")
    q: str = Field("", description="The id of a call, a number, or the end of one as far as it is shown")
    longer_s: str = Field("", description="Waited at least so long [s]")
    since_at: str = Field("", description="Entered at this instant or later")
    until_at: str = Field("", description="Entered before this instant")
    agent_id: str = Field("", description="Key of an agent")


class CallOut(Schema):
    """A call as recorded. null and "": what no source told."""

    id: int
    exchange: str
    queue: str
    call_id: str
    caller: str = Field(description="Masked")
    outcome: str
    entered_at: AwareDatetime
    queued_at: AwareDatetime | None
    connected_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    position: int | None
    agent: str = Field(description="Code of the agent")
    wait_s: float | None
    ring_s: float | None
    talk_s: float | None
    wrap_up_s: float | None
    hold_s: float | None
    announcement: str
    announcement_s: float | None
    menu: str
    transferred_to: str = Field(description="Masked where it is a number of more than six digits")
    left_because: str
    attempt: int = Field(description="1: not a redial")
    first_call_id: int | None = Field(description="The call that it repeats")
    solved: bool = Field(description="Of a call that is no redial: whether it, or a redial, was served")


class CallsOut(AskedOut):
    count: int
    page: int
    pages: int
    items: list[CallOut]


class BatchIn(Schema):
    """Calls of one exchange. Told again, they change nothing; told more fully, they are completed."""

    exchange: Annotated[str, StringConstraints(max_length=40)] = Field(description="Its code")
    source: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")] = Field(
        "API", description="Where the calls come from, as the page of sources names it"
    )
    unknowable: list[Unknowable] = Field([], description="What this source can never tell")
    calls: list[Any] = Field(min_length=1, max_length=_MOST_ROWS, json_schema_extra=_ROWS)


class RowProblemOut(Schema):
    position: int = Field(description="Of the row in the batch, counted from 0")
    call_id: str
    field: str
    problem: str
    advice: str = Field(description="What to do about it")


class TakenOut(Schema):
    """What became of a batch. Figures follow in a moment."""

    exchange: str
    call_count: int = Field(description="Rows that could be used, whether new or not")
    new_count: int
    completed_count: int = Field(description="Known before, told more fully now")
    contradiction_count: int = Field(description="Known before with another outcome: the first stays")
    refused_count: int = Field(description="Rows that could not be used, and were not recorded")
    problems: list[RowProblemOut]


@router.get("/calls", response=CallsOut, url_name="hotline-calls")
def calls(
    request: HttpRequest,
    question: Query[QuestionIn],
    narrow: Query[FilterIn],
    page: int = Query(1, ge=1),
    size: int = Query(100, ge=1, le=1000),
) -> dict[str, Any]:
    """The calls behind the figures, the newest first. A page beyond the last is the last."""
    asked = asked_of(request, question)
    form = CallsForm(narrow.dict())
    if not form.is_valid():
        raise refused(form.errors.get_json_data())
    wanted = form.cleaned_data
    found = queries.calls_found(asked.span, wanted=wanted | {"since": wanted["since_at"], "until": wanted["until_at"]})
    rows = Paginator(found, size).get_page(page)
    codes = {one.pk: one.code for one in asked.exchanges}
    return {
        **said(asked),
        "count": rows.paginator.count,
        "page": rows.number,
        "pages": rows.paginator.num_pages,
        "items": [_call(row, codes) for row in rows],
    }


def _call(row: Call, codes: dict[int, str]) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in CallOut.model_fields}
    is_number = row.transferred_to.isdigit() and len(row.transferred_to) > 6
    return told | {
        "exchange": codes[row.exchange_id],
        "queue": row.queue.code,
        "agent": row.agent.code if row.agent else "",
        "caller": masked_phone(row.caller),
        "transferred_to": masked_phone(row.transferred_to) if is_number else row.transferred_to,
        "outcome": CallOutcome(row.outcome).name.lower(),
    }


@router.post(
    "/calls",
    response={200: TakenOut, 422: TakenOut},
    auth=Allowed(Permission.HOTLINE_IMPORT),
    url_name="hotline-calls",
)
def tell_calls(request: HttpRequest, batch: BatchIn) -> Status[dict[str, Any]]:
    """Record calls. Rows that cannot be used are handed back with what to do; 422 where none can be used."""
    exchange = queries.exchange_of_code(batch.exchange)
    scope = request.data_scope  # type: ignore[attr-defined]
    if exchange is None or not any(str(exchange.unit.path).startswith(path) for path in scope):
        raise Http404("No such exchange within reach.")
    at = timezone.now()
    told, problems = read_rows(batch.calls, at=at)
    source = actions.Source(
        name=batch.source,
        line_count=len(batch.calls),
        problems=[str(problem) for problem in problems],
        problem_count=len(problems),
        unknowable=[one.value for one in batch.unknowable],
    )
    fact = actions.record_calls(
        exchange_id=exchange.pk, calls=told, source=source, at=at, actor=request.user.get_username()
    )
    answer = {
        "exchange": exchange.code,
        "call_count": fact.call_count,
        "new_count": fact.new_count,
        "completed_count": fact.completed_count,
        "contradiction_count": fact.problem_count - len(problems),
        "refused_count": len(batch.calls) - len(told),
        "problems": [vars(problem) for problem in problems],
    }
    return Status(200 if told else 422, answer)
