"""Rows of gateways as lines that are open: one adapter for each, kept while its row says the same."""

import hashlib
import json
from collections.abc import Iterable

from denghuo.adapters.messaging import GATEWAYS, Account, Kind
from denghuo.adapters.messaging import Gateway as Line
from denghuo.apps.notices.models import Gateway

_TIMEOUT_S = 10.0


def account_of(row: Gateway) -> Account:
    """What its adapter needs to know of a gateway."""
    options = {str(name): str(value) for name, value in row.options.items()}
    return Account(
        endpoint=row.endpoint, access_id=row.access_id, secret=row.secret, signature=row.signature, options=options
    )


class Lines:
    """The open lines of one process, by the key of the gateway's row. Connections are kept alive."""

    def __init__(self, *, connections: int = 32) -> None:
        import httpx  # the sender's alone: no page waits for it

        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        # No proxies from the environment: a gateway is where its row says.
        self._client = httpx.Client(timeout=_TIMEOUT_S, limits=limits, trust_env=False)
        self._open: dict[int, tuple[str, Line]] = {}

    def refresh(self, rows: Iterable[Gateway]) -> None:
        """Open the lines of gateways that are new or changed."""
        for row in rows:
            told = _fingerprint(row)
            known = self._open.get(row.pk)
            if known is None or known[0] != told:
                self._open[row.pk] = (told, GATEWAYS[Kind(row.kind)](account_of(row), client=self._client))

    def __getitem__(self, gateway_id: int) -> Line:
        return self._open[gateway_id][1]

    def close(self) -> None:
        """Let go of every connection."""
        self._client.close()


def _fingerprint(row: Gateway) -> str:
    told = [row.kind, row.endpoint, row.access_id, row.secret, row.signature, row.options]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
