"""The command that sends messages, and the gateway that sends nothing."""

import argparse
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from django.test import Client, override_settings
from django.urls import reverse

from denghuo.apps.notices.actions import GatewayEntry, MessageEntry, queue_messages, set_gateway
from denghuo.apps.notices.models import Gateway, Message, State
from denghuo.apps.notices.sender import drain_messages
from denghuo.main.commands import messages
from denghuo.main.commands._output import UserError
from denghuo.main.demo.gateway import Deed, FakeGateway, Got, as_people_do
from denghuo.main.demo.gateway_reports import ReportTo
from denghuo.main.demo.load_gateways import reports_to, set_up_gateways
from tests.apps.network.conftest import built_world, world
from tests.world import AT, World

__all__ = ["built_world", "world"]
PATIENCE_S = 60
SEND = {"part": "send", "threads": 2, "poll_s": 0.05, "lease_s": 60.0}
SYSTEM: dict[str, Any] = {"at": AT, "actor": "test"}


def entry(world: World, key: str, **told: Any) -> MessageEntry:
    plain: dict[str, Any] = {"event": "outages.fault", "about": "outages.outage:1", "channel": "sms", "ring": 3}
    plain |= {"to_ref": f"customers.account:{key}", "address": "13800138001", "text": f"停电了{key}"}
    return MessageEntry(key=key, unit_id=world.lamp.pk, **{**plain, **told})


def gateway_of(world: World, kind: str, endpoint: str) -> Gateway:
    entry = GatewayEntry(name=kind, kind=kind, channel="sms", endpoint=endpoint, secret="s", rate_per_s=100)
    row = set_gateway(unit_id=world.city.pk, entry=entry, **SYSTEM)
    row.templates.create(event="outages.fault", code="T1", variables=["text"])
    return row


@pytest.fixture
def signals() -> Iterator[None]:
    """What the command listens to is put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_is_under_way_is_written_down_before_the_end(world: World, signals: None) -> None:
    def ends(_: Got) -> Deed:
        os.kill(os.getpid(), signal.SIGTERM)
        return Deed()

    with FakeGateway(deed=ends) as gateway:
        gateway_of(world, "webhook", gateway.url("webhook"))
        queue_messages(entries=[entry(world, "a")], **SYSTEM)
        assert messages.run(argparse.Namespace(**SEND)) == 0
    assert Message.objects.get().state == State.SENT


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"poll_s": 0.0}, {"lease_s": -1.0}])
def test_nonsense_is_refused(signals: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        messages.run(argparse.Namespace(**{**SEND, **wrong}))


def test_the_trial_gateway_says_where_it_is(world: World, signals: None, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def ask() -> None:
        for _ in range(PATIENCE_S * 20):
            with socket.socket() as line:
                line.settimeout(0.05)
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask)
    asking.start()
    with override_settings(DEMO=True):
        assert messages.run(argparse.Namespace(part="trial", port=port)) == 0
    asking.join()
    assert f"http://127.0.0.1:{port}/" in capsys.readouterr().out
    assert Gateway.objects.count() == 3


def test_a_port_in_use_is_said(db: None, signals: None) -> None:
    with FakeGateway() as gateway, pytest.raises(UserError, match=str(gateway.port)):
        messages.run(argparse.Namespace(part="trial", port=gateway.port))


def test_the_demos_gateways_lead_to_where_it_listens(world: World) -> None:
    with FakeGateway() as first:
        assert set_up_gateways(first, at=AT) == 3
        assert set_up_gateways(first, at=AT) == 0
    with FakeGateway() as second:
        assert set_up_gateways(second, at=AT) == 3
        led = {second.url(kind) for kind in ("webhook", "aliyun", "voice")}
        assert {row.endpoint for row in Gateway.objects.all()} == led
        queue_messages(entries=[entry(world, "a"), entry(world, "b", channel="voice")], **SYSTEM)
        drain_messages(threads=2, clock=lambda: AT + timedelta(seconds=1))
        page = httpx.get(second.url(""), trust_env=False).text
        assert "停电了a" in page
        assert "停电了b" in page
    assert set(Message.objects.values_list("state", flat=True)) == {State.SENT}
    told = reports_to("http://pages.example")
    assert told["webhook"].secret
    assert not told["aliyun"].secret  # its reports are not signed
    assert told["voice"].url.startswith("http://pages.example/notices/receipts/")


def test_some_numbers_of_the_demo_do_not_answer() -> None:
    def does(number: str, kind: str = "webhook") -> Deed:
        return as_people_do(Got(kind=kind, token="t", number=number, text="", place=0))

    assert not does("13800138000").takes
    assert does("13800138009").reports[0][1] == "failed"
    assert does("13800138001").reports[0][1] == "delivered"
    assert does("13800138001", "voice").reports[0][1:] == ("answered", "1")
    assert does("13800138005", "voice").reports[0][1] == "failed"


@contextmanager
def listening(hear: Callable[[bytes, dict[str, str]], None]) -> Iterator[str]:
    """Somebody whom a gateway reports to, on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            signed = {name.lower(): text for name, text in self.headers.items() if name.lower().startswith("x-denghuo")}
            hear(self.rfile.read(int(self.headers["content-length"])), signed)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("kind", ["aliyun", "tencent", "webhook"])
def test_reports_come_back_in_the_words_of_the_gateway(world: World, kind: str) -> None:
    """From the gateway to our address to the message; each is told twice, as gateways do."""
    heard: list[tuple[bytes, dict[str, str]]] = []
    came = threading.Semaphore(0)

    def hear(body: bytes, headers: dict[str, str]) -> None:
        heard.append((body, headers))
        came.release()

    deed = Deed(reports=((0.0, "delivered", "DELIVERED"),))
    with listening(hear) as url:
        to = {kind: ReportTo(url=url, secret="s" if kind == "webhook" else "", times=2)}
        with FakeGateway(deed=lambda _: deed, reports_to=to) as gateway:
            row = gateway_of(world, kind, gateway.url(kind))
            queue_messages(entries=[entry(world, "a")], **SYSTEM)
            drain_messages(threads=1, clock=lambda: AT)
            for _ in range(2):
                assert came.acquire(timeout=PATIENCE_S)
    path = reverse("notices:receipts", args=[row.receipt_token])
    for body, headers in heard:
        assert Client().post(path, body, content_type="application/json", headers=headers).status_code == 200
    message = Message.objects.get()
    assert message.state == State.DELIVERED
    assert message.receipts.get().times == 2
