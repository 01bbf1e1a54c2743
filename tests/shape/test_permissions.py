"""Every address asks who you are; what belongs to another station is not there."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from denghuo.adapters.telephony import CallOutcome, CallRecord
from denghuo.apps.crews.actions import (
    CrewEntry,
    PhotoEntry,
    ReportEntry,
    assign,
    join_crew,
    open_crew,
    record_certificate,
    set_duties,
    take_reports,
)
from denghuo.apps.crews.models import Photo, ReportKind, Skill
from denghuo.apps.customers.actions import (
    AccountEntry,
    CareEntry,
    add_phone,
    give_responsibility,
    open_account,
    register_care,
    unmask,
)
from denghuo.apps.customers.models import CareKind, Extent, Unmasked
from denghuo.apps.hotline.actions import (
    CauseEntry,
    Source,
    ask_call_back,
    draft_announcement,
    keep_table_template,
    name_cause,
    open_exchange,
    record_calls,
)
from denghuo.apps.hotline.models import Agent, Call, CauseKind, Exchange
from denghuo.apps.knowledge.actions import (
    ArticleEntry,
    QuestionEntry,
    WordingEntry,
    author_question,
    draw_exam,
    publish_article,
    set_wording_rule,
    sit_exam,
)
from denghuo.apps.knowledge.models import QuestionKind, Topic
from denghuo.apps.ledger import deliveries
from denghuo.apps.ledger.models import Fact
from denghuo.apps.network.actions import record_switching
from denghuo.apps.notices.actions import GatewayEntry, NoticeEntry, queue_notice, set_gateway, try_gateway
from denghuo.apps.orders.actions import (
    OrderEntry,
    ask_suspension,
    file_appeal,
    give_promise,
    offer_hand_over,
    open_order,
    raise_signs,
)
from denghuo.apps.orders.models import PromiseOf, Sign, SuspensionCause
from denghuo.apps.organization.access import PERMISSIONS_OF_ROLE, Permission
from denghuo.apps.organization.actions import assign_role, give_token
from denghuo.apps.organization.models import Role, Unit, User
from denghuo.apps.outages.actions import OutageEntry, register_outage
from denghuo.apps.outages.models import Outage, Suspicion
from denghuo.apps.outages.queries import report_of_order
from denghuo.apps.staffing.actions import KnownEntry, add_known_days, record_absence
from denghuo.apps.staffing.models import AbsenceKind, CallUp, KnownKind, Surge
from denghuo.apps.staffing.queries.surges import surge_inputs
from denghuo.apps.staffing.snapshot.surges import proposal
from denghuo.engines.reliability import OutageKind
from denghuo.main.call_logs import jobs as call_logs
from denghuo.main.customer_files import jobs as customer_files
from denghuo.main.imports import jobs
from denghuo.main.page import NAVIGATION
from denghuo.main.telephone_logs import LogFormat
from tests.world import AT, World, make_world

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
# What anybody may see: who watches the server, and everything it takes to sign in and out.
PUBLIC = {"login", "logout", "set_language", "health"}
# Gateways report without signing in: the address holds a secret of each, and those that sign are checked.
PUBLIC |= {"notices:receipts"}
# Where supply is out, without anybody named or counted, where a site lets everybody read it.
PUBLIC |= {"outages:public"}
# The customer's own door, where a site opens it; what it tells is tested in tests/apps/portal.
PUBLIC |= {
    f"portal:{name}" for name in ("start", "places", "known", "ask-number", "standing", "say", "at-sticker", "report")
}
# Which permission opens what: the first beginning that fits, and what differs from it, by method.
SEES = [
    ("network:", Permission.NETWORK_VIEW),
    ("api:network", Permission.NETWORK_VIEW),
    ("outages:dispatch", Permission.CREWS_DISPATCH),
    ("outages:telling-rules", Permission.NOTICES_EDIT),
    ("outages:judging-rules", Permission.NOTICES_EDIT),
    ("outages:", Permission.OUTAGES_VIEW),
    ("portal:", Permission.CUSTOMERS_EDIT),
    ("organization:", Permission.PROGRAMS_EDIT),
    ("api:outage-incidents", Permission.CREWS_DISPATCH),
    ("api:outage-estimates", Permission.CREWS_DISPATCH),
    ("crews:", Permission.CREWS_VIEW),
    ("api:crews", Permission.CREWS_VIEW),
    ("customers:", Permission.CUSTOMERS_VIEW),
    ("api:customers", Permission.CUSTOMERS_VIEW),
    ("api:outage", Permission.OUTAGES_VIEW),
    ("continuity:", Permission.CONTINUITY_VIEW),
    ("orders:", Permission.ORDERS_VIEW),
    ("api:orders", Permission.ORDERS_VIEW),
    ("imports:", Permission.NETWORK_IMPORT),
    ("hotline:", Permission.HOTLINE_VIEW),
    ("api:hotline", Permission.HOTLINE_VIEW),
    ("staffing:wishes", Permission.STAFFING_VIEW),
    ("staffing:put-off", Permission.HOTLINE_WORK),
    *((f"staffing:{name}", Permission.HOTLINE_VIEW) for name in ("person", "duties-file", "answer", "wish")),
    ("staffing:", Permission.STAFFING_VIEW),
    ("knowledge:", Permission.KNOWLEDGE_VIEW),
    *((f"notices:{name}", Permission.NOTICES_VIEW) for name in ("message", "about", "undeliverable", "unmask")),
    *((f"notices:{name}", Permission.NOTICES_VIEW) for name in ("templates", "rules", "gateway")),
    ("api:knowledge", Permission.KNOWLEDGE_VIEW),
    *((f"api:{name}", Permission.CONTINUITY_VIEW) for name in ("breakdown", "indices", "interruptions")),
]
EDITS_KNOWLEDGE = (
    "new",
    "edit",
    "withdraw",
    "reviewed",
    "note-mistake",
    "review",
    "new-rule",
    "rule",
    "lift-rule",
    "default-rules",
    "draw",
    "results",
    "new-question",
    "withdraw-question",
)
WORKS_ON_ORDERS = (
    "new",
    "draft",
    "find-customers",
    "wording",
    "correct",
    "take-step",
    "hand-over",
    "answer-hand-over",
    "suspension",
    "promise",
    "answer-promise",
    "remark",
    "receipt",
    "check-receipt",
    "merge",
    "unmerge",
    "appeal",
    "evidence",
)
EDITS_HOTLINE = (
    "draft-announcement",
    "edit-announcement",
    "approve-announcement",
    "publish-announcement",
    "expire-announcement",
    "reviews",
    "review",
    "review-sheets",
)
SETTINGS_OF_THE_HOTLINE = ("announcement-templates", "desk-rules", "seats")
EDITS_STAFFING = ("plan", "forecast", "known", "rules", "shifts", "wishes", "absences", "calendar", "surge")
SENDS_NOTICES = ("retry", "retry-all", "reached", "deliver", "wishes", "paper")
DOES_STAFFING = ("begin", "publish", "discard", "swap", "undo", "withdraw", "known-edit", "known-withdraw")
DOES_STAFFING += ("send-offer",)
IMPORTS_CALLS = ("", "-upload", "-again", "-columns", "-record", "-templates", "-template", "-template-remove")
WORKS_AT_THE_HOTLINE = (
    "desk",
    "desk-call",
    "desk-about",
    "desk-order",
    "desk-where",
    "desk-customers",
    "desk-kept",
    "desk-articles",
    "desk-note",
    "desk-urge",
    "call-backs",
    "try-call-back",
    "answer-call-back",
)
EDITS_CUSTOMERS = (
    *("new", "correct", "contact", "quiet", "consent", "phone-first", "remove-phone", "supply-state", "important"),
    *("close", "answers", "edit-care", "end-care", "end-responsible", "edit-card"),
)
WORKS_IN_A_CREW = ("mine", "reports", "step", "call", "service-worker", "manifest")
DISPATCHES = ("assign", "suggestions", "withdraw", "phone")
EDITS_CREWS = ("new", "edit", "close", "join", "leave", "certificate", "drop-certificate", "duty", "drop-duty")
IMPORTS_CUSTOMERS = ("import", "import-template", "import-upload", "import-confirm", "import-discard", "import-refused")
DOES = {
    **{(f"customers:{name}", "any"): Permission.CUSTOMERS_EDIT for name in EDITS_CUSTOMERS},
    **{(f"customers:{name}", "any"): Permission.CUSTOMERS_IMPORT for name in IMPORTS_CUSTOMERS},
    **{(f"customers:{name}", "any"): Permission.CUSTOMERS_REVIEW for name in ("unmaskings", "review-unmasking")},
    ("customers:anonymize", "any"): Permission.CUSTOMERS_FORGET,
    ("customers:responsible", "post"): Permission.CUSTOMERS_EDIT,
    ("customers:unmask", "any"): Permission.CUSTOMERS_UNMASK,
    ("customers:export", "any"): Permission.EXPORT,
    **{(f"crews:{name}", "any"): Permission.CREWS_WORK for name in WORKS_IN_A_CREW},
    **{(f"crews:{name}", "any"): Permission.CREWS_DISPATCH for name in DISPATCHES},
    **{(f"crews:{name}", "any"): Permission.CREWS_EDIT for name in EDITS_CREWS},
    **{(f"crews:{name}", "post"): Permission.CREWS_EDIT for name in ("prices", "rules")},
    ("network:record", "any"): Permission.NETWORK_OPERATE,
    ("network:correct", "any"): Permission.NETWORK_OPERATE,
    ("api:network-operations", "post"): Permission.NETWORK_OPERATE,
    ("api:network-correction", "any"): Permission.NETWORK_OPERATE,
    ("outages:new", "any"): Permission.OUTAGES_EDIT,
    ("outages:classify", "any"): Permission.OUTAGES_EDIT,
    ("outages:plan", "any"): Permission.OUTAGES_EDIT,
    **{(f"outages:notice{part}", "any"): Permission.NOTICES_SEND for part in ("", "-send", "-posted", "-delivered")},
    ("outages:notice-missed", "any"): Permission.EXPORT,
    ("boards:shift", "any"): Permission.ORDERS_VIEW,
    ("outages:notice-print", "any"): Permission.CUSTOMERS_UNMASK,
    ("outages:dispatch-confirm", "any"): Permission.NETWORK_OPERATE,
    ("outages:dispatch-dismiss", "any"): Permission.NETWORK_OPERATE,
    ("api:outage-meters", "any"): Permission.NETWORK_OPERATE,
    ("api:outage-suspicion-confirm", "any"): Permission.NETWORK_OPERATE,
    ("api:outage-suspicion-dismiss", "any"): Permission.NETWORK_OPERATE,
    ("api:outages", "post"): Permission.OUTAGES_EDIT,
    ("api:outage-classification", "any"): Permission.OUTAGES_EDIT,
    **{(f"orders:{name}", "any"): Permission.ORDERS_WORK for name in WORKS_ON_ORDERS},
    **{
        (f"orders:{name}", "any"): Permission.ORDERS_SUPERVISE
        for name in ("see-sign", "decide-suspension", "decide-appeal", "reassign")
    },
    ("orders:set-limit", "any"): Permission.ORDERS_RULES,
    **{(f"orders:{name}", "post"): Permission.ORDERS_RULES for name in ("steps", "numbers")},
    ("orders:show-number", "any"): Permission.ORDERS_WORK,
    ("orders:export", "any"): Permission.EXPORT,
    ("api:orders", "post"): Permission.ORDERS_WORK,
    ("api:orders-correction", "any"): Permission.ORDERS_WORK,
    ("continuity:export", "any"): Permission.EXPORT,
    ("hotline:export", "any"): Permission.EXPORT,
    **{(f"knowledge:{name}", "any"): Permission.KNOWLEDGE_EDIT for name in EDITS_KNOWLEDGE},
    ("hotline:unmask", "any"): Permission.CALLERS_UNMASK,
    ("notices:unmask", "any"): Permission.CUSTOMERS_UNMASK,
    **{(f"notices:{name}", "any"): Permission.NOTICES_SEND for name in SENDS_NOTICES},
    **{(f"notices:{name}", "post"): Permission.NOTICES_EDIT for name in ("templates", "rules", "gateways")},
    **{(f"notices:{name}", "any"): Permission.NOTICES_EDIT for name in ("gateway", "gateway-template", "try-gateway")},
    ("api:hotline-calls", "post"): Permission.HOTLINE_IMPORT,
    ("hotline:call-back-number", "any"): Permission.CALLERS_UNMASK,
    ("hotline:reporter-number", "any"): Permission.CALLERS_UNMASK,
    **{(f"hotline:import{part}", "any"): Permission.HOTLINE_IMPORT for part in IMPORTS_CALLS},
    ("hotline:sources", "post"): Permission.HOTLINE_IMPORT,
    **{(f"hotline:{name}", "any"): Permission.HOTLINE_EDIT for name in EDITS_HOTLINE},
    **{
        (f"hotline:{name}", "post"): Permission.HOTLINE_EDIT
        for name in ("announcement-templates", "desk-rules", "seats")
    },
    **{(f"hotline:{name}", "any"): Permission.HOTLINE_WORK for name in WORKS_AT_THE_HOTLINE},
    **{(f"staffing:{name}", "any"): Permission.STAFFING_EDIT for name in DOES_STAFFING},
    **{(f"staffing:{name}", "post"): Permission.STAFFING_EDIT for name in EDITS_STAFFING},
    ("staffing:export", "any"): Permission.EXPORT,
    ("hotline:withdraw", "any"): Permission.HOTLINE_EDIT,
    ("hotline:targets", "post"): Permission.HOTLINE_EDIT,
    ("hotline:causes", "post"): Permission.HOTLINE_EDIT,
    ("hotline:definitions", "post"): Permission.HOTLINE_EDIT,
    ("continuity:targets", "post"): Permission.CONTINUITY_EDIT,
}
REFUSED = {401, 403, 404}
# Arguments that say how to look at things, not which thing.
WAYS = {
    "register": "care",
    "column": "hours_per_user",
    "by": "cause",
    "kind": "network",
    "language": "zh",
    "month": "2026-12",
}


def addresses(resolver: URLResolver | None = None, outer: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every address by its full name, with the names of the arguments it takes."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from addresses(entry, f"{outer}{entry.namespace}:" if entry.namespace else outer)
        else:
            assert isinstance(entry, URLPattern)
            assert entry.name, f"{entry.pattern} has no name"
            yield f"{outer}{entry.name}", frozenset(entry.pattern.converters)


ADDRESSES = sorted(set(addresses()), key=lambda address: address[0])
GUARDED = [address for address in ADDRESSES if address[0] not in PUBLIC]
OF_THINGS = [address for address in GUARDED if address[1] - WAYS.keys()]


@pytest.fixture(scope="module")
def town(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, object]]:
    """Built once for all the tests here, in a transaction of its own; each test's changes are taken back into it."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    media = tmp_path_factory.mktemp("media")
    with (
        override_settings(MEDIA_ROOT=media, PASSWORD_HASHERS=quick),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        told = _things(make_world())
        _somebody_of_every_role()
        with django_db_blocker.block():
            yield told
        transaction.set_rollback(True)


@pytest.fixture
def things(town: dict[str, object], db: None) -> dict[str, object]:
    """One thing of every kind in Lamp station, by the argument of an address that names it."""
    return town


def _somebody_of_every_role() -> None:
    lamp = Unit.objects.get(code="lamp")
    for role in [None, *Role]:
        user = User.objects.create_user(username=f"somebody-{role}", display_name="Somebody")
        if role:
            assign_role(user=user, unit=lamp, role=role, **SYSTEM)


def _things(world: World) -> dict[str, object]:
    """Bai, of the other station, may do everything there, so that only the station can be what stops her."""
    assign_role(user=world.bai, unit=world.wick, role=Role.ADMINISTRATOR, **SYSTEM)
    network_id = world.network.pk
    entry = OutageEntry(number="T-1", kind=OutageKind.FAULT)
    outage = register_outage(network_id=network_id, entry=entry, **SYSTEM)
    told: dict[str, Any] = {"device_code": "QL1", "operated_at": AT, "event_number": "T-1", "note": ""}
    operation = record_switching(network_id=network_id, closes=False, **told, **SYSTEM)
    deliveries.drain()  # so that the outage is seen to begin
    upload = SimpleUploadedFile("lamp.xlsx", b"PK")
    job = jobs.create([upload], unit_id=world.lamp.pk, kind=None, actor="gu", language="zh", at=AT)
    job.marked.write_bytes(b"PK")
    return {
        **_hotline(world),
        **_knowledge(world),
        "notice_id": _notice(world),
        **_messages(world),
        **_staffing(world, outage.pk),
        **_orders(world),
        **_customers(world),
        **_crews(world),
        "job_id": job.id,
        "network_id": network_id,
        "operation_id": operation.pk,
        "outage_id": outage.pk,
        "suspicion_id": _suspicion(world),
        "unit_id": world.lamp.pk,
        "token_id": _token(world),
        "code": "QL1",
        "number": "T-1",
    }


def _token(world: World) -> int:
    """A program that may sign in as the head of Lamp station."""
    held = world.zhou.assignments.get()
    return int(give_token(name="采集主站", assignment=held, **SYSTEM)[0].pk)


def _crews(world: World) -> dict[str, object]:
    """A crew of Lamp station on duty, with Ma in it, who was sent somewhere and took a picture there."""
    crew = open_crew(unit_id=world.lamp.pk, entry=CrewEntry(name="抢修一班"), **SYSTEM)
    member = join_crew(crew_id=crew.pk, user_id=world.ma.pk, phone="19900000001", **SYSTEM)
    valid = {"skill": Skill.LV, "number": "DG-1", "valid_until": AT.date()}
    certificate = record_certificate(user_id=world.ma.pk, **valid, **SYSTEM)
    (duty,) = set_duties(crew_id=crew.pk, spans=[(AT, AT + timedelta(hours=8))], **SYSTEM)
    told: dict[str, Any] = {"about": "", "order_ids": [], "place": "灯山", "x": None, "y": None}
    row = assign(crew_id=crew.pk, **told, **SYSTEM)
    picture = PhotoEntry(content=b"\xff\xd8\xff")
    entry = ReportEntry(client_id=uuid4(), assignment_id=row.pk, kind=ReportKind.PHOTO, told_at=AT, photo=picture)
    take_reports(user_id=world.ma.pk, entries=[entry], **SYSTEM)
    return {
        "crew_id": crew.pk,
        "member_id": member.pk,
        "certificate_id": certificate.pk,
        "duty_id": duty.pk,
        "assignment_id": row.pk,
        "photo_id": Photo.objects.get().pk,
    }


def _suspicion(world: World) -> int:
    """A fuse of Lamp station that has probably blown."""
    counts = dict.fromkeys(("load_count", "mv_users", "lv_customers", "report_count"), 1)
    times = dict.fromkeys(("first_reported_at", "suspected_at", "changed_at"), AT)
    row = Suspicion.objects.create(
        network=world.network, number="G-1", device_code="FU1", probability=0.9, **counts, **times
    )
    return int(row.pk)


def _hotline(world: World) -> dict[str, object]:
    """A call to Lamp station's hotline, one that is owed, a cause named, and an outage announced."""
    exchange = open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", **SYSTEM)
    told = CallRecord(call_id="1", queue="95598", caller="19900000001", entered_at=AT, outcome=CallOutcome.ANSWERED)
    record_calls(exchange_id=exchange.pk, calls=[told], source=Source(name="test"), **SYSTEM)
    named = CauseEntry(kind=CauseKind.STORM, name="大风", started_at=AT, ended_at=AT + timedelta(hours=1))
    cause = name_cause(unit_id=world.lamp.pk, entry=named, **SYSTEM)
    upload = SimpleUploadedFile("queue_log", b"-")
    log = call_logs.create([upload], exchange_id=exchange.pk, actor="gu", language="zh", at=AT)
    seen: dict[str, Any] = {"line": 1, "headings": ["A"], "rows": [["1"]], "guesses": {}, "words": {}}
    table = call_logs.Told(names=("queue_log",), kind=LogFormat.TABLE, seen=seen)
    call_logs.save(replace(log, status=call_logs.Status.DONE, told=(table,)))
    columns = {"name": "T", "columns": {"entered_at": "A"}}
    template = keep_table_template(exchange_id=exchange.pk, told=columns, **SYSTEM)
    owed = ask_call_back(
        exchange_id=exchange.pk, number="19900000001", reason="回访", due_at=AT + timedelta(hours=2), **SYSTEM
    )
    plan = {"planned_start_at": AT, "planned_end_at": AT + timedelta(hours=1)}
    entry = OutageEntry(number="T-2", kind=OutageKind.PLANNED, **plan)
    planned = register_outage(network_id=world.network.pk, entry=entry, **SYSTEM)
    announced = draft_announcement(exchange_id=exchange.pk, outage_id=planned.pk, **SYSTEM)
    missing = OrderEntry(
        kind="fault", topic="no_supply", unit_id=world.lamp.pk, load_code="T1", caller="19900000001", received_at=AT
    )
    order = open_order(entry=missing, **SYSTEM)
    deliveries.drain()  # so that the report is placed on the network
    return {
        "report_id": report_of_order(order.pk).pk,
        "call_id": Call.objects.get().pk,
        "call_back_id": owed.pk,
        "upload_id": log.id,
        "template_id": template.pk,
        "cause_id": cause.pk,
        "announcement_id": announced.pk,
    }


def _staffing(world: World, outage_id: int) -> dict[str, object]:
    """Somebody of Lamp station's hotline who is away, and is called up for an outage; a day of bills."""
    gu = User.objects.get(username="gu")
    exchange = Exchange.objects.get(code="lamp")
    agent = Agent.objects.create(exchange=exchange, code="A009", name="顾工", team="一班", user=gu)
    day = AT.date()
    absence = record_absence(agent_id=agent.pk, first=day, last=day, kind=AbsenceKind.LEAVE, note="", **SYSTEM)
    told = proposal(surge_inputs(world.lamp, Outage.objects.get(pk=outage_id), at=AT))
    surge = Surge.objects.create(unit=world.lamp, outage_id=outage_id, customers=60, proposed_at=AT, told=told)
    called = CallUp.objects.create(surge=surge, agent=agent, tier=2, from_at=AT, until_at=AT, asked_at=AT)
    known = KnownEntry(kind=KnownKind.BILLING, first=day, last=day, source="x")
    known_id = add_known_days(unit_id=world.lamp.pk, entry=known, **SYSTEM).pk
    return {"absence_id": absence.pk, "surge_id": surge.pk, "call_up_id": called.pk, "known_id": known_id}


def _customers(world: World) -> dict[str, object]:
    """A customer of Lamp station with a number, in the special-care register, looked at by somebody; and a file."""
    account = open_account(
        unit_id=world.lamp.pk, entry=AccountEntry(number="1", name="张小灯", address="1号"), **SYSTEM
    )
    phone = add_phone(person_id=account.person_id, number="12800000001", **SYSTEM)
    day = AT.date()
    told: dict[str, Any] = {"proof": "证明", "proof_seen_date": day, "agreed_how": "当面", "review_date": day}
    register_care(account_id=account.pk, entry=CareEntry(kind=CareKind.ALONE, **told), **SYSTEM)
    looked = unmask(account_id=account.pk, what=Unmasked.NAME, reason="x", **SYSTEM)
    given = give_responsibility(
        unit_id=world.lamp.pk, extent=Extent.STATION, targets=[""], user_id=world.zhou.pk, **SYSTEM
    )
    upload = SimpleUploadedFile("customers.csv", b"-")
    file = customer_files.create(upload, unit_id=world.lamp.pk, actor="gu", language="zh", at=AT)
    file.refused.write_bytes(b"PK")
    return {
        "account_id": account.pk,
        "phone_id": phone.pk,
        "unmasking_id": looked.pk,
        "responsibility_id": given[0].pk,
        "user_id": world.zhou.pk,
        "file_id": file.id,
    }


def _orders(world: World) -> dict[str, object]:
    """An order of Lamp station that is offered, to be suspended, promised and appealed against, and a sign of it."""
    entry = OrderEntry(kind="fault", topic="danger", unit_id=world.lamp.pk, received_at=AT, caller="19900000001")
    order_id = open_order(entry=entry, **SYSTEM).pk
    offer = offer_hand_over(order_id=order_id, to_username="", to_unit_id=world.lamp.pk, reason="x", **SYSTEM)
    asked = ask_suspension(order_id=order_id, cause=SuspensionCause.CUSTOMER, reason="x", **SYSTEM)
    promised = give_promise(order_id=order_id, what=PromiseOf.VISIT, due_at=AT + timedelta(hours=1), **SYSTEM)
    appeal = file_appeal(order_id=order_id, clock="", text="x", **SYSTEM)
    raise_signs(**SYSTEM)
    return {
        "order_id": order_id,
        "hand_over_id": offer.pk,
        "suspension_id": asked.pk,
        "promise_id": promised.pk,
        "appeal_id": appeal.pk,
        "sign_id": Sign.objects.get(order_id=order_id).pk,
    }


def _notice(world: World) -> int:
    """Something that Gu, of Lamp station, is told."""
    gu = User.objects.get(username="gu")
    entry = NoticeEntry(kind="test.thing", subject="请来支援")
    return queue_notice(recipient_id=gu.pk, key="t", entry=entry, **SYSTEM).pk


def _messages(world: World) -> dict[str, object]:
    """A gateway of Lamp station, and a message that is to leave by it."""
    told: dict[str, Any] = {"name": "sms", "kind": "webhook", "channel": "sms", "endpoint": "https://sms.example/"}
    gateway = set_gateway(unit_id=world.lamp.pk, entry=GatewayEntry(**told), **SYSTEM)
    message = try_gateway(gateway_id=gateway.pk, address="19900000001", text="灯山", **SYSTEM)
    return {"gateway_id": gateway.pk, "message_id": message.pk}


def _knowledge(world: World) -> dict[str, object]:
    """An article of Lamp station with a question, a phrase not to say, and an exam that somebody sat."""
    day = AT.date()
    entry = ArticleEntry(
        title="复电",
        topic=Topic.ARREARS,
        body="结清后复电。",
        basis="规则",
        valid_from=day,
        key_facts=(("复电", "24 小时"),),
    )
    version = publish_article(unit_id=world.lamp.pk, entry=entry, **SYSTEM)
    asked = QuestionEntry(kind=QuestionKind.TRUTH, text="结清后复电。", options=(), right=(0,))
    question = author_question(version_id=version.pk, entry=asked, **SYSTEM)
    phrase = WordingEntry(phrase="不知道", instead="我来查一下", reason="", source="规则", from_date=day)
    rule = set_wording_rule(unit_id=world.lamp.pk, entry=phrase, **SYSTEM)
    drawn = {"title": "考试", "question_count": 1, "pass_share": 0.8, "seed": 1, "on": day}
    paper = draw_exam(unit_id=world.lamp.pk, **drawn, **SYSTEM)
    sitting = sit_exam(paper_id=paper.pk, user_id=world.zhou.pk, chosen={}, **SYSTEM)
    return {
        "article_id": version.article_id,
        "version_number": 1,
        "question_id": question.pk,
        "rule_id": rule.pk,
        "paper_id": paper.pk,
        "sitting_id": sitting.pk,
    }


def signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


def path_to(name: str, arguments: frozenset[str], things: dict[str, object]) -> str:
    values = {**WAYS, **things}
    unknown = arguments - values.keys()
    assert not unknown, f"{name} takes {sorted(unknown)}: say in `things` or `WAYS` what that could be"
    return reverse(name, kwargs={argument: values[argument] for argument in arguments})


def asks_to_sign_in(response: HttpResponseBase) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith(reverse("login"))


@pytest.mark.parametrize(("name", "arguments"), GUARDED, ids=[name for name, _ in GUARDED])
def test_nobody_is_let_in_unknown(name: str, arguments: frozenset[str], things: dict[str, object]) -> None:
    path = path_to(name, arguments, things)
    answers = [getattr(Client(), method)(path) for method in ("get", "post")]
    assert all(asks_to_sign_in(answer) or answer.status_code in {401, 403, 405} for answer in answers)
    assert any(answer.status_code != 405 for answer in answers)


@pytest.mark.parametrize(("name", "arguments"), OF_THINGS, ids=[name for name, _ in OF_THINGS])
def test_things_of_another_station_are_not_there(
    name: str, arguments: frozenset[str], things: dict[str, object]
) -> None:
    path = path_to(name, arguments, things)
    answers = [getattr(signed_in("bai"), method)(path) for method in ("get", "post")]
    assert {answer.status_code for answer in answers} <= REFUSED | {405}
    assert any(answer.status_code in REFUSED for answer in answers)


@pytest.mark.parametrize(("name", "arguments"), GUARDED, ids=[name for name, _ in GUARDED])
def test_the_own_station_is_let_in(name: str, arguments: frozenset[str], things: dict[str, object]) -> None:
    """Otherwise the refusals above would prove nothing."""
    if name == "hotline:announcement-sound" and not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed here: there is nothing to hear")
    answer = signed_in("gu").get(path_to(name, arguments, things))
    if answer.streaming:  # a file that is handed out stays open until it is read
        b"".join(answer.streaming_content)
    assert answer.status_code in {200, 302, 405}
    assert not asks_to_sign_in(answer)


def needed(name: str, method: str) -> set[Permission]:
    """All that somebody must be allowed; nothing: it is for everybody who is signed in."""
    sees = next((own for start, own in SEES if name.startswith(start)), None)
    does = DOES.get((name, method), DOES.get((name, "any")))
    return {one for one in (sees, does) if one is not None}


@pytest.mark.parametrize(("name", "arguments"), GUARDED, ids=[name for name, _ in GUARDED])
def test_a_role_is_let_in_where_its_work_is(name: str, arguments: frozenset[str], things: dict[str, object]) -> None:
    """Every role that may not is refused; of those that may, the one with the least rights is let in."""
    path = path_to(name, arguments, things)
    for method in ("get", "post"):
        asked = needed(name, method)
        allowed = [role for role in [None, *Role] if not asked or bool(role and asked <= PERMISSIONS_OF_ROLE[role])]
        least = min(allowed, key=lambda role: len(PERMISSIONS_OF_ROLE[role]) if role else 0)
        for role in [None, *Role]:
            if role in allowed and (method == "post" or role != least):
                continue  # it would be done; or is let in as the least is
            answer = getattr(signed_in(f"somebody-{role}"), method)(path)
            if answer.streaming:  # a file that is handed out stays open until it is read
                b"".join(answer.streaming_content)
            if answer.status_code != 405:
                assert (answer.status_code != 403) == (role in allowed), (role, method, answer.status_code)


@pytest.mark.parametrize(
    ("method", "path", "told", "status"),
    [
        ("get", "/reliability/?station={network_id}", {}, 404),
        ("get", "/reliability/interruptions/?station={network_id}", {}, 404),
        ("get", "/api/reliability/indices?station={network_id}", {}, 404),
        ("post", "/reliability/export/?station={network_id}", {}, 404),
        ("post", "/outages/new/", {"network": "{network_id}", "number": "P-1", "kind": 31, "cause": 60}, 422),
        ("post", "/reliability/targets/", {"unit": "{unit_id}", "year": 2026, "source": "x"}, 422),
        ("post", "/import/", {"unit": "{unit_id}"}, 422),
    ],
)
def test_another_station_named_in_what_is_asked_is_not_there(
    method: str, path: str, told: dict[str, Any], status: int, things: dict[str, object]
) -> None:
    before = Fact.objects.count()
    given = {name: str(value).format(**things) for name, value in told.items()}
    answer = getattr(signed_in("bai"), method)(path.format(**things), given)
    assert answer.status_code == status
    assert Fact.objects.count() == before


def test_lists_hold_nothing_of_another_station(things: dict[str, object]) -> None:
    for path in ("/", "/outages/?q=T-1", "/api/outages", "/api/network/networks", "/reliability/interruptions/"):
        told = signed_in("bai").get(path).content.decode()
        assert "灯山" not in told, path
        assert "T-1" not in told.replace("?q=T-1", "").replace('value="T-1"', ""), path


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_is_public_is_there(name: str) -> None:
    assert name in {address for address, _ in ADDRESSES}


def test_every_line_of_the_navigation_leads_somewhere() -> None:
    names = {name for name, _ in ADDRESSES}
    assert [entry.url_name for entry in NAVIGATION if entry.url_name not in names] == []
