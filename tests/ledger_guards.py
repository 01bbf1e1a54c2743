"""Lets tests that empty the tables (`transactional_db`) do so: the guards against deleting facts rest meanwhile."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _facts_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test meets a guarded table; after a transactional one the guards go, just before it is emptied."""
    marker = request.node.get_closest_marker("django_db")
    transactional = {"transactional_db", "live_server", "django_db_reset_sequences"} & set(request.fixturenames)
    if not transactional and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    from django.db import connection

    from denghuo.apps.ledger import guards

    guards.install(connection)
    yield
    guards.remove(connection)
