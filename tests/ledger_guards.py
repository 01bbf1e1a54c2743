"""Lets tests that empty the tables (`transactional_db`) do so: the guards against deleting facts rest meanwhile."""

from collections.abc import Generator, Iterator

import pytest
from pytest_django.plugin import blocking_manager_key

UNGUARDED = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def _facts_can_be_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a transactional test the guards go, just before the tables are emptied."""
    marker = request.node.get_closest_marker("django_db")
    transactional = {"transactional_db", "live_server", "django_db_reset_sequences"} & set(request.fixturenames)
    if not transactional and not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    from django.db import connection

    from denghuo.apps.ledger import guards

    yield
    guards.remove(connection)
    request.node.stash[UNGUARDED] = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Every test meets a guarded table, whatever ran before it: once the tables are empty the guards come back. After
    the last test the database itself is gone."""
    yield
    if nextitem is not None and item.stash.get(UNGUARDED, False):
        from django.db import connection

        from denghuo.apps.ledger import guards

        with item.config.stash[blocking_manager_key].unblock():
            guards.install(connection)
