"""What the gateway that sends nothing reports afterwards, in each language, after as many seconds as it was told."""

import heapq
import itertools
import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Protocol

import httpx

from denghuo.adapters.messaging.webhook import sign

_BEIJING = timezone(timedelta(hours=8))

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ReportTo:
    """Where reports of a language go, and the secret they are signed with. ``times``: how often each is said."""

    url: str
    secret: str = ""
    times: int = 1


class Told(Protocol):
    """The message that a report is about."""

    @property
    def kind(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def number(self) -> str: ...


class Reporter:
    """Sends reports in a thread of its own, those that are due first."""

    def __init__(self, reports_to: Mapping[str, ReportTo]) -> None:
        self.to = reports_to
        self._due: list[tuple[float, int, str, dict[str, Any]]] = []
        self._places = itertools.count()
        self._change = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report nothing more."""
        with self._change:
            self._stopped = True
            self._change.notify()
        self._thread.join()

    def put(self, after_s: float, got: Told, name: str, what: str, code: str) -> None:
        """Report something of a message after so many seconds."""
        if got.kind not in self.to:
            return
        told = {"token": got.token, "number": got.number, "name": name, "what": what, "code": code}
        with self._change:
            heapq.heappush(self._due, (time.monotonic() + after_s, next(self._places), got.kind, told))
            self._change.notify()

    def _run(self) -> None:
        with httpx.Client(timeout=10.0, trust_env=False) as client:
            while True:
                with self._change:
                    while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                        wait_s = self._due[0][0] - time.monotonic() if self._due else None
                        self._change.wait(wait_s)
                    if self._stopped:
                        return
                    _, _, kind, told = heapq.heappop(self._due)
                self._send(client, kind, told)

    def _send(self, client: httpx.Client, kind: str, told: dict[str, Any]) -> None:
        to = self.to[kind]
        now = datetime.now(UTC)
        body = json.dumps(_in_words_of(kind, told, now), ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **(sign(to.secret, body, at=now) if to.secret else {})}
        for _ in range(to.times):
            try:
                client.post(to.url, content=body, headers=headers)
            except httpx.HTTPError as error:
                _log.warning("a report was not heard: %s", error)


def _in_words_of(kind: str, told: Mapping[str, Any], now: datetime) -> Any:
    """A report as the gateway of this language would write it."""
    local, success = now.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S"), told["what"] == "delivered"
    if kind == "aliyun":
        return [
            {
                "phone_number": told["number"],
                "send_time": local,
                "report_time": local,
                "success": success,
                "err_code": told["code"],
                "err_msg": "",
                "sms_size": "1",
                "biz_id": told["name"],
                "out_id": told["token"],
            }
        ]
    if kind == "tencent":
        return [
            {
                "user_receive_time": local,
                "nationcode": "86",
                "mobile": told["number"].removeprefix("+86"),
                "report_status": "SUCCESS" if success else "FAIL",
                "errmsg": told["code"],
                "description": "",
                "sid": told["name"],
            }
        ]
    report = {"id": told["token"], "provider_id": told["name"], "state": told["what"], "at": now.isoformat()}
    report["answer" if told["what"] == "answered" else "code"] = told["code"]
    return {"reports": [report]}
