"""What the tests of a module begin with is put into the database once; the changes of each test are taken back to it.

A fixture of a module builds through `kept`; the fixture that tests ask for hands out a copy, for rows read into memory
are not taken back:

    @pytest.fixture(scope="module")
    def built_town(kept: Kept) -> Town:
        return kept(make_town)

    @pytest.fixture
    def town(built_town: Town, db: None) -> Town:
        return deepcopy(built_town)

Tests that empty the tables (`transactional_db`) cannot share a module with it.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

Built = TypeVar("Built")
Kept = Callable[[Callable[[], Built]], Built]

QUICK_PASSWORDS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest) -> None:
    """A password that takes a second to guess takes a second to set; the small town has seven people."""
    if "django_db_setup" in request.fixturenames or request.node.get_closest_marker("django_db"):
        settings = request.getfixturevalue("settings")
        settings.PASSWORD_HASHERS = QUICK_PASSWORDS


@pytest.fixture(scope="module")
def kept(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Kept]:
    """Do something to the database that holds for all tests of the module, and is gone after them."""

    def build(work: Callable[[], Built]) -> Built:
        with override_settings(PASSWORD_HASHERS=QUICK_PASSWORDS), django_db_blocker.unblock():
            return work()

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
    try:
        yield build
    finally:
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
