"""Whatever the description of the API allows, and more, is answered: never with "server error"."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode

from denghuo.main.api import api
from tests.kept import Kept
from tests.world import World, make_world

EXAMPLES = 12
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/"))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


@pytest.fixture(scope="module")
def built_world(kept: Kept) -> World:
    return kept(make_world)


@pytest.fixture
def program(built_world: World, db: None) -> Client:
    """A program that signed in as the administrator, who may do everything."""
    client = Client(raise_request_exception=False)
    client.force_login(built_world.gu)
    return client


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method.upper()} {one.path}")
def test_no_request_breaks_the_server(operation: Any, mode: GenerationMode, program: Client) -> None:
    quiet = {"deadline": None, "database": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}

    @settings(max_examples=EXAMPLES, **quiet)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case) -> None:
        with transaction.atomic():
            answer = _sent(program, case)
            assert answer.status_code < 500, f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
            transaction.set_rollback(True)

    send()


def _sent(program: Client, case: Case) -> Any:
    """The request of a case as this product's test client sends it."""
    path = quote(case.formatted_path, safe="/%")
    query = urlencode(case.query or {}, doseq=True)
    address = f"{path}?{query}" if query else path
    has_body = isinstance(case.body, dict | list | str | int | float | bool) or case.body is None
    body = {"data": case.body} if has_body and case.media_type else {}
    method = getattr(program, case.method.lower())
    return method(address, **body, content_type="application/json") if case.method != "GET" else method(address)
