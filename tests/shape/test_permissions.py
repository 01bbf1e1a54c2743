"""Every address asks who you are; what belongs to another station is not there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import Settings

from denghuo.apps.network.actions import record_switching
from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role, User
from denghuo.apps.outages.actions import OutageEntry, register_outage
from denghuo.engines.reliability import OutageKind
from denghuo.main.imports import jobs
from denghuo.main.page import NAVIGATION
from tests.world import AT, World, make_world

SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}
# What anybody may see: who watches the server, and everything it takes to sign in and out.
PUBLIC = {"login", "logout", "set_language", "health"}
REFUSED = {401, 403, 404}
# Arguments that say how to look at things, not which thing.
WAYS = {"column": "hours_per_user", "by": "cause", "kind": "network", "language": "zh"}


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


@pytest.fixture
def world(db: None) -> World:
    """The town; Bai, of the other station, may do everything there, so that only the station can be what stops her."""
    world = make_world()
    assign_role(user=world.bai, unit=world.wick, role=Role.ADMINISTRATOR, **SYSTEM)
    return world


@pytest.fixture
def things(world: World, settings: Settings, tmp_path: Path) -> dict[str, object]:
    """One thing of every kind in Lamp station, by the argument of an address that names it."""
    settings.MEDIA_ROOT = tmp_path
    network_id = world.network.pk
    entry = OutageEntry(number="T-1", kind=OutageKind.FAULT)
    outage = register_outage(network_id=network_id, entry=entry, **SYSTEM)
    told: dict[str, Any] = {"device_code": "QL1", "operated_at": AT, "event_number": "T-1", "note": ""}
    operation = record_switching(network_id=network_id, closes=False, **told, **SYSTEM)
    upload = SimpleUploadedFile("lamp.xlsx", b"PK")
    job = jobs.create([upload], unit_id=world.lamp.pk, kind=None, actor="gu", language="zh", at=AT)
    job.marked.write_bytes(b"PK")
    return {
        "job_id": job.id,
        "network_id": network_id,
        "operation_id": operation.pk,
        "outage_id": outage.pk,
        "unit_id": world.lamp.pk,
        "code": "QL1",
        "number": "T-1",
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
    answer = signed_in("gu").get(path_to(name, arguments, things))
    answer.close()  # a file that is handed out stays open until then
    assert answer.status_code in {200, 302, 405}
    assert not asks_to_sign_in(answer)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_is_public_is_there(name: str) -> None:
    assert name in {address for address, _ in ADDRESSES}


def test_every_line_of_the_navigation_leads_somewhere() -> None:
    names = {name for name, _ in ADDRESSES}
    assert [entry.url_name for entry in NAVIGATION if entry.url_name not in names] == []
