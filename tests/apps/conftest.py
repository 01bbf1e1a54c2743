"""What the tests of every app share."""

import pytest

from denghuo.apps.network.snapshot import reading


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Tables that are rolled back give the same keys again, which never happens to a station."""
    reading._network_snapshot.cache_clear()
    reading._log_snapshot.cache_clear()
