"""What orders go by until somebody writes rules of their own: steps and limits, each with where it comes from.

Numbers that nobody has read in the text itself say so (``certainty``), wherever they are shown.
"""

from datetime import date
from functools import cache

from denghuo.apps.orders.models import Area, Certainty, Channel, Clock, Kind, LimitRule, State, StepRule, Topic, Who
from denghuo.engines.worktime import Measure

EVER = date(1900, 1, 1)
_OPEN = [State.REGISTERED, State.DISPATCHED, State.IN_HAND, State.ON_SITE]
_TAKEN = [State.DISPATCHED, State.IN_HAND, State.ON_SITE]
_UNTIL_NOW = "dispatch:stop,accept:stop"
_NEVER = "dispatch:drop,accept:drop"  # nobody was sent, and nobody has to be

# kind, step, from, to, who, needs a reason, what it does to clocks, what the customer may be told.
_Step = tuple[str, str, list[State], str, Who, bool, str, str]
_STEPS: tuple[_Step, ...] = (
    ("", "open", [], State.REGISTERED, Who.WORKS, False, "contact:start,answer:start", "已登记，工单号{number}。"),
    ("", "dispatch", _OPEN, State.DISPATCHED, Who.WORKS, False, "dispatch:stop,accept:start", "已安排专人处理。"),
    ("", "accept", _OPEN[:2], State.IN_HAND, Who.WORKS, False, _UNTIL_NOW, "已有专人受理您的诉求。"),
    ("", "return", _TAKEN, State.REGISTERED, Who.HANDLER, True, "dispatch:start,accept:stop", ""),
    ("", "contact", _OPEN, "", Who.WORKS, False, "contact:stop", ""),
    (
        "",
        "finish",
        _OPEN,
        State.DONE,
        Who.HANDLER,
        False,
        f"{_NEVER},contact:stop,answer:stop,call_back:start",
        "您反映的事项已办理完毕，稍后将回访。",
    ),
    ("", "call_back", [State.DONE], "", Who.WORKS, False, "call_back:stop", ""),
    ("", "no_answer", [State.DONE], "", Who.WORKS, False, "", ""),
    ("", "close", [State.DONE], State.CLOSED, Who.WORKS, False, "*:drop", ""),
    (
        "",
        "reopen",
        [State.DONE, State.CLOSED],
        State.REGISTERED,
        Who.WORKS,
        True,
        "answer:again,call_back:stop",
        "已重新受理，工单号{number}。",
    ),
    ("", "suspend", _OPEN, State.SUSPENDED, Who.SUPERVISES, True, "*:suspend", ""),
    ("", "resume", [State.SUSPENDED], "", Who.HANDLER, False, "*:resume", ""),
    ("", "terminate", [*_OPEN, State.SUSPENDED, State.DONE], State.TERMINATED, Who.SUPERVISES, True, "*:drop", ""),
    ("", "reassign", [*_OPEN, State.SUSPENDED], "", Who.SUPERVISES, True, "", ""),
    ("", "urge", [*_OPEN, State.SUSPENDED, State.DONE], "", Who.WORKS, False, "", "已为您催办，请保持电话畅通。"),
    ("", "escalate", [*_OPEN, State.SUSPENDED, State.DONE], "", Who.WORKS, True, "", ""),
    ("", "correct", [*_OPEN, State.SUSPENDED, State.DONE], "", Who.HANDLER, True, "", ""),
    ("", "reclassify", [*_OPEN, State.SUSPENDED, State.DONE], "", Who.HANDLER, True, "", ""),
    ("", "merge", [*_OPEN, State.SUSPENDED, State.DONE], State.MERGED, Who.WORKS, False, "*:drop", ""),
    ("", "unmerge", [State.MERGED], "", Who.WORKS, True, "*:revive", ""),
    (
        Kind.FAULT,
        "open",
        [],
        State.REGISTERED,
        Who.WORKS,
        False,
        "dispatch:start,arrive:start",
        "报修已登记，工单号{number}，抢修人员将尽快到达。",
    ),
    (
        Kind.FAULT,
        "arrive",
        _OPEN,
        State.ON_SITE,
        Who.WORKS,
        False,
        f"{_UNTIL_NOW},arrive:stop,restore:start",
        "抢修人员已到达现场。",
    ),
    (Kind.FAULT, "restore", _TAKEN, "", Who.HANDLER, False, "restore:stop", "您处已恢复供电。"),
    # Told to be back, supply was not.
    (Kind.FAULT, "still_out", [State.ON_SITE], "", Who.WORKS, True, "restore:again", ""),
    (
        Kind.FAULT,
        "finish",
        _OPEN,
        State.DONE,
        Who.HANDLER,
        False,
        f"{_NEVER},arrive:drop,restore:stop,call_back:start",
        "抢修已结束，如仍未来电请告知我们。",
    ),
    (
        Kind.FAULT,
        "reopen",
        [State.DONE, State.CLOSED],
        State.REGISTERED,
        Who.WORKS,
        True,
        "dispatch:start,arrive:start,call_back:stop",
        "已重新登记，抢修人员将再次到达。",
    ),
    (
        Kind.SERVICE,
        "open",
        [],
        State.REGISTERED,
        Who.WORKS,
        False,
        "arrive:start,answer:start,restore:start",
        "您的申请已登记，工单号{number}。",
    ),
    (
        Kind.SERVICE,
        "arrive",
        _OPEN,
        State.ON_SITE,
        Who.WORKS,
        False,
        f"{_UNTIL_NOW},arrive:stop",
        "工作人员已到达现场。",
    ),
    (Kind.SERVICE, "restore", _OPEN, "", Who.HANDLER, False, "restore:stop", "您处已恢复供电。"),
    (
        Kind.SERVICE,
        "finish",
        _OPEN,
        State.DONE,
        Who.HANDLER,
        False,
        f"{_NEVER},arrive:drop,restore:stop,answer:stop,call_back:start",
        "您的申请已办理完毕。",
    ),
)
STEP_SOURCE = "Denghuo"

_TEN_2005 = "国家电网公司供电服务“十项承诺”（2005）"
_TEN_2011 = "国家电网公司供电服务“十项承诺”（2011修订，国家电网办〔2011〕1493号）"
_TEN_2022 = "国家电网公司供电服务“十项承诺”（2022版）"
_CSG = "南方电网公司供电服务承诺"
_95598 = "95598客户服务业务管理办法"
_VIA_12398 = "国家电网公司投诉办理时限：12398转办（江苏县级供电公司公示，2021-09-25）"
_VIA_12345 = "国家电网公司投诉办理时限：12345转办（江苏县级供电公司公示，2021-09-25）"
_GB = "GB/T 28583-2012 供电服务规范"
_PRODUCT = "Denghuo"
D2005, D2011, D2022, D2012, D2021 = (
    date(2005, 4, 28),
    date(2011, 10, 13),
    date(2022, 1, 1),
    date(2012, 1, 1),
    date(2021, 9, 1),
)
_MIN, _H, _DAY = 60, 3_600, 86_400
_CLOCK, _WORK = Measure.CLOCK, Measure.WORKING_DAYS
_CEILING, _MEAN = LimitRule.Kind.CEILING, LimitRule.Kind.MEAN
_LAW, _PROMISE, _OWN, _UP = (
    LimitRule.Layer.LAW,
    LimitRule.Layer.PROMISE,
    LimitRule.Layer.INTERNAL,
    LimitRule.Layer.UPSTREAM,
)
_SEEN, _SECOND, _MEMORY, _DEFAULT = (
    Certainty.SEEN,
    Certainty.SECONDARY,
    Certainty.REMEMBERED,
    Certainty.DEFAULT,
)


def _limit(
    kind: str, clock: Clock, limit_s: int | None, layer: LimitRule.Layer, basis: str, **told: object
) -> LimitRule:
    given = {"measure": _CLOCK, "limit_kind": _CEILING, "certainty": _SEEN, "from_date": EVER, "from_event": "open"}
    return LimitRule(kind=kind, clock=clock, limit_s=limit_s, layer=layer, basis=basis, **{**given, **told})


def _arrivals() -> list[LimitRule]:
    areas = (Area.CITY, Area.RURAL, Area.REMOTE)
    rows = []
    for area, law, promise in zip(areas, (60, 120, 240), (45, 90, 120), strict=True):
        sure = _SEEN if area == Area.CITY else _MEMORY
        told = {"area": area}
        rows.append(_limit(Kind.FAULT, Clock.ARRIVE, law * _MIN, _LAW, _GB, certainty=sure, from_date=D2012, **told))
        for from_date, basis, limit_kind in (
            (D2005, _TEN_2005, _CEILING),
            (D2011, _TEN_2011, _CEILING),
            (D2022, _TEN_2022, _MEAN),
        ):
            given = told | {"from_date": from_date, "limit_kind": limit_kind, "region": "sgcc"}
            rows.append(_limit(Kind.FAULT, Clock.ARRIVE, promise * _MIN, _PROMISE, basis, **given))
        given = told | {"limit_kind": _MEAN, "region": "csg"}
        rows.append(_limit(Kind.FAULT, Clock.ARRIVE, promise * _MIN, _PROMISE, _CSG, **given))
    return rows


def _faults() -> list[LimitRule]:
    rows = _arrivals()
    for area, state_h, south_h in ((Area.CITY, 3, 4), (Area.RURAL, 4, 5)):
        given = {"area": area, "limit_kind": _MEAN, "from_event": "arrive"}
        kept = {**given, "from_date": D2022, "region": "sgcc"}
        rows.append(_limit(Kind.FAULT, Clock.RESTORE, state_h * _H, _PROMISE, _TEN_2022, **kept))
        rows.append(_limit(Kind.FAULT, Clock.RESTORE, south_h * _H, _PROMISE, _CSG, **given, region="csg"))
    told = {"certainty": _MEMORY}
    return [
        *rows,
        _limit(Kind.FAULT, Clock.DISPATCH, 2 * _MIN, _OWN, _95598, **told, region="sgcc"),
        _limit(Kind.FAULT, Clock.DISPATCH, 5 * _MIN, _OWN, _CSG, certainty=_SECOND, region="csg"),
        _limit(Kind.FAULT, Clock.ACCEPT, 3 * _MIN, _OWN, _95598, **told, from_event="dispatch"),
        _limit(Kind.FAULT, Clock.CALL_BACK, 24 * _H, _OWN, _95598, **told, from_event="finish"),
    ]


def _answers() -> list[LimitRule]:
    days = {"measure": _WORK}
    sgcc = {"region": "sgcc"}
    complaint, contact, answer = Kind.COMPLAINT, Clock.CONTACT, Clock.ANSWER
    return [
        _limit(complaint, contact, _DAY, _PROMISE, _TEN_2011, from_date=D2011, **days, **sgcc),
        _limit(complaint, contact, 24 * _H, _PROMISE, _TEN_2022, from_date=D2021, certainty=_SECOND, **sgcc),
        _limit(complaint, answer, 7 * _DAY, _PROMISE, _TEN_2011, from_date=D2011, **days, **sgcc),
        _limit(complaint, answer, 5 * _DAY, _PROMISE, _TEN_2022, from_date=D2021, certainty=_SECOND, **days, **sgcc),
        _limit(complaint, answer, 6 * _DAY, _OWN, _95598, from_date=D2011, certainty=_SECOND, **days),
        _limit(complaint, answer, 4 * _DAY, _OWN, _95598, from_date=D2021, **days),
        _limit(Kind.MISCONDUCT, answer, 10 * _DAY, _PROMISE, _95598, **days),
        _limit(Kind.MISCONDUCT, answer, 9 * _DAY, _OWN, _95598, **days),
        _limit(Kind.ENQUIRY, answer, 5 * _DAY, _OWN, _95598, certainty=_SECOND, **days),
        *(
            _limit(kind, answer, 5 * _DAY, _OWN, _PRODUCT, certainty=_DEFAULT, **days)
            for kind in (Kind.OPINION, Kind.SUGGESTION, Kind.PRAISE)
        ),
        *(
            # The source speaks of complaints; for what else is sent on the same way it is a default.
            _limit(kind, answer, limit_s, _UP, basis, certainty=_SEEN if kind == complaint else _DEFAULT, **told)
            for limit_s, basis, told in (
                (10 * _DAY, _VIA_12398, {"channel": Channel.REGULATOR, **days}),
                (7 * _DAY, _VIA_12345, {"channel": Channel.MAYOR}),
            )
            for kind in Kind.values
        ),
    ]


def _services() -> list[LimitRule]:
    days, service, answer = {"measure": _WORK}, Kind.SERVICE, Clock.ANSWER

    def of(
        topic: Topic, clock: Clock, limit_s: int | None, layer: LimitRule.Layer, basis: str, **told: object
    ) -> LimitRule:
        return _limit(service, clock, limit_s, layer, basis, topic=topic, **told)

    second, sgcc = {"certainty": _SECOND}, {"region": "sgcc"}
    return [
        of(Topic.RECONNECT, Clock.RESTORE, 24 * _H, _PROMISE, _TEN_2011, from_date=D2011, **sgcc),
        of(Topic.RECONNECT, Clock.RESTORE, 24 * _H, _PROMISE, _TEN_2022, from_date=D2022, certainty=_MEMORY, **sgcc),
        of(Topic.RECONNECT, Clock.RESTORE, 12 * _H, _PROMISE, _CSG, region="csg"),
        of(Topic.APPLIANCE, Clock.ARRIVE, 24 * _H, _OWN, _95598, **second),
        of(Topic.METER_TEST, answer, 5 * _DAY, _PROMISE, _TEN_2011, from_date=D2011, **days, **sgcc),
        of(Topic.METER, answer, 4 * _DAY, _OWN, _95598, **days, **second),
        of(Topic.BILL, answer, 7 * _DAY, _PROMISE, _TEN_2011, from_date=D2011, **days, **sgcc),
        of(Topic.BILL, answer, 5 * _DAY, _PROMISE, _TEN_2022, from_date=D2022, **days, **sgcc),
        of(Topic.CONNECTION, answer, 5 * _DAY, _PROMISE, _TEN_2022, from_date=D2022, **days, **sgcc),
        of(Topic.CARE_VISIT, Clock.ARRIVE, 2 * _H, _OWN, _PRODUCT, certainty=_DEFAULT),
        of(Topic.HOME_VISIT, Clock.ARRIVE, 5 * _DAY, _OWN, _PRODUCT, certainty=_DEFAULT, **days),
        of(Topic.HOME_VISIT, answer, None, _OWN, _PRODUCT),  # a visit of ours asks for no answer
        of(Topic.CHARGING, Clock.ARRIVE, 45 * _MIN, _OWN, _95598, **second),
        _limit(service, answer, 5 * _DAY, _OWN, _95598, **days, **second),
    ]


@cache
def standard_limits() -> tuple[LimitRule, ...]:
    """The limits shipped. Rows of the installation take the place of those with the same key."""
    return (*_faults(), *_answers(), *_services())


@cache
def standard_steps() -> tuple[StepRule, ...]:
    """The steps shipped."""
    names = ("kind", "step", "from_states", "to_state", "who", "needs_reason", "effects", "sentence")
    rows = (dict(zip(names, row, strict=True)) for row in _STEPS)
    return tuple(StepRule(**row, from_date=EVER, source=STEP_SOURCE) for row in rows)


# How long the rest takes until nobody has measured it: from a state until a clock stops, in seconds.
STANDARD_ROUTES: dict[tuple[str, str], int] = {
    (State.REGISTERED, Clock.DISPATCH): _MIN,
    (State.DISPATCHED, Clock.ACCEPT): _MIN,
    (State.REGISTERED, Clock.ARRIVE): 30 * _MIN,
    (State.DISPATCHED, Clock.ARRIVE): 25 * _MIN,
    (State.IN_HAND, Clock.ARRIVE): 20 * _MIN,
    (State.ON_SITE, Clock.RESTORE): 60 * _MIN,
    (State.DONE, Clock.CALL_BACK): 4 * _H,
}
STANDARD_ROUTE_S = 8 * _H
