"""A gateway that sends nothing: it speaks the languages of the real ones on this machine, keeps what it was handed for
people to look at, and reports back as operators do. It can be slow, refuse, go silent, and say things twice.
"""

import html
import itertools
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from denghuo.main.demo.gateway_reports import Reporter, ReportTo

KEPT = 500


@dataclass(frozen=True, kw_only=True)
class Got:
    """A message as it came in: in which language, under which name, to whom, in which words; ``place`` counts."""

    kind: str
    token: str
    number: str
    text: str
    place: int


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What the gateway does with a message: whether it takes it, and what it says. ``silent``: it hangs up without a
    word. ``reports``: what it tells afterwards, as (seconds, kind, code or key)."""

    takes: bool = True
    status: int = 200
    code: str = ""
    silent: bool = False
    delay_s: float = 0.0
    reports: tuple[tuple[float, str, str], ...] = ()


def plainly(got: Got) -> Deed:
    """Take everything."""
    del got
    return Deed()


def as_people_do(got: Got) -> Deed:
    """The demo's: some numbers do not exist, some telephones are off, some people press the key that asks for help."""
    last = got.number[-2:]
    if last == "00":
        return Deed(takes=False, code="number")
    if got.number.endswith("9"):
        return Deed(reports=((4.0, "failed", "MK:0001"),))
    if got.kind == "voice":
        key = {"5": "", "6": "2"}.get(got.number[-1:], "1")
        return Deed(reports=((5.0, "answered", key),) if key else ((30.0, "failed", "NO_ANSWER"),))
    return Deed(reports=((3.0, "delivered", "DELIVERED"),))


@dataclass
class Book:
    """What was handed in. ``told`` counts how often a person really got a message, by its token."""

    got: deque[Got] = field(default_factory=lambda: deque(maxlen=KEPT))
    requests: int = 0
    told: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class FakeGateway:
    """The server: `with FakeGateway() as gateway: gateway.url("aliyun")`."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        deed: Callable[[Got], Deed] = plainly,
        reports_to: Mapping[str, ReportTo] | None = None,
        keep_all: bool = True,
    ) -> None:
        """``reports_to``: where reports go, by language. ``keep_all``: remember every token, as tests want it."""
        self.book, self.deed, self.keep_all = Book(), deed, keep_all
        self.reporter = Reporter(reports_to or {})
        self.stopped = threading.Event()
        self._places = itertools.count()
        handler = type("Handler", (_Handler,), {"gateway": self})
        self._server = _Server((host, port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, kind: str) -> str:
        """Where a language is spoken."""
        return f"http://127.0.0.1:{self.port}/{kind}"

    def __enter__(self) -> "FakeGateway":
        self._thread.start()
        self.reporter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.reporter.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, *, kind: str, token: str, number: str, text: str, once: bool) -> tuple[Deed, str, bool]:
        """Write a message down; says what is done, its name here, and whether it was here before. ``once``: whether
        this language tells a repeated message from a new one."""
        got = Got(kind=kind, token=token, number=number, text=text, place=next(self._places))
        deed = self.deed(got)
        if deed.delay_s:
            self.stopped.wait(deed.delay_s)
        name = f"{kind}-{token}"
        with self.book.lock:
            self.book.requests += 1
            known = once and token in self.book.told
            if deed.takes and not known:
                self.book.got.appendleft(got)
                if self.keep_all:
                    self.book.told[token] += 1
                    self.book.order.append(token)
                    self.book.numbers[token] = number
        if deed.takes and not known:
            for after_s, what, code in deed.reports:
                self.reporter.put(after_s, got, name, what, code)
        return deed, name, known


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """One request in whichever language its path names."""

    gateway: FakeGateway
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what came is in the book."""

    def do_GET(self) -> None:
        self._answer(200, page(self.gateway.book).encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        where = urlsplit(self.path)
        speak = {"aliyun": self._aliyun, "tencent": self._tencent}.get(where.path.strip("/"))
        if speak is not None:
            speak(body, dict(parse_qsl(where.query, keep_blank_values=True)))
        elif where.path in ("/webhook", "/voice"):
            self._webhook(where.path.strip("/"), body)
        else:
            self._say({"code": "unknown path"}, 404)

    def _aliyun(self, body: bytes, asked: dict[str, str]) -> None:
        del body
        if self.headers.get("x-acs-action") == "QuerySendDetails":
            with self.gateway.book.lock:
                told = [t for t in self.gateway.book.told if self.gateway.book.numbers[t] == asked["PhoneNumber"]]
            entries = [{"OutId": token, "SendStatus": 1} for token in told]
            self._say({"Code": "OK", "TotalCount": len(entries), "SmsSendDetailDTOs": {"SmsSendDetailDTO": entries}})
            return
        text = f"{asked['TemplateCode']} {asked.get('TemplateParam', '')}"
        deed, name, _ = self.gateway.take(
            kind="aliyun", token=asked["OutId"], number=asked["PhoneNumbers"], text=text, once=False
        )
        code = "OK" if deed.takes else {"number": "isv.MOBILE_NUMBER_ILLEGAL"}.get(deed.code, deed.code)
        self._do(deed, {"Code": code, "Message": code, "RequestId": "r", **({"BizId": name} if deed.takes else {})})

    def _tencent(self, body: bytes, asked: dict[str, str]) -> None:
        del asked
        told = json.loads(body)
        if self.headers.get("x-tc-action") == "PullSmsSendStatusByPhoneNumber":
            with self.gateway.book.lock:
                here = [t for t in self.gateway.book.told if self.gateway.book.numbers[t] == told["PhoneNumber"]]
            entries = [{"SessionContext": token, "SerialNo": f"tencent-{token}"} for token in here]
            self._say({"Response": {"PullSmsSendStatusSet": entries, "RequestId": "r"}})
            return
        number, text = told["PhoneNumberSet"][0], f"{told['TemplateId']} {' '.join(told['TemplateParamSet'])}"
        deed, name, _ = self.gateway.take(
            kind="tencent", token=told["SessionContext"], number=number, text=text, once=False
        )
        code = (
            "Ok" if deed.takes else {"number": "InvalidParameterValue.IncorrectPhoneNumber"}.get(deed.code, deed.code)
        )
        status = {"SerialNo": name if deed.takes else "", "PhoneNumber": number, "Fee": 1, "Code": code}
        self._do(deed, {"Response": {"SendStatusSet": [status], "RequestId": "r"}})

    def _webhook(self, kind: str, body: bytes) -> None:
        told = json.loads(body)
        deed, name, known = self.gateway.take(
            kind=kind, token=self.headers.get("idempotency-key", ""), number=told["to"], text=told["text"], once=True
        )
        if known:
            deed = Deed(status=409, silent=deed.silent)
        elif not deed.takes and deed.status == 200:
            deed = Deed(takes=False, status=422, code=deed.code, silent=deed.silent)
        self._do(deed, {"id": name, "code": deed.code})

    def _do(self, deed: Deed, told: dict[str, Any]) -> None:
        if deed.silent:
            self.close_connection = True
            return
        self._say(told, deed.status)

    def _say(self, told: dict[str, Any], status: int = 200) -> None:
        self._answer(status, json.dumps(told, ensure_ascii=False).encode(), "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def page(book: Book) -> str:
    """What was handed in, the latest first, for somebody who looks at the demo."""
    with book.lock:
        got = list(book.got)
    rows = "".join(
        f"<tr><td>{html.escape(one.kind)}</td><td>{html.escape(one.number)}</td><td>{html.escape(one.text)}</td></tr>"
        for one in got
    )
    head = '<!doctype html><html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="3">'
    return f"{head}<table border=1 cellpadding=6>{rows}</table></html>"
