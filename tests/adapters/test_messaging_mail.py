"""Mail handed to a server that says what it is told to say."""

import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest

from denghuo.adapters.messaging import Account, Mail, Outcome, Outgoing

AT = datetime(2026, 5, 1, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "token": "t1",
    "address": "lin@example.com",
    "text": "计划停电通知：\n5月8日停电",
    "name": "林",
}


class _Server(socketserver.ThreadingTCPServer):
    """A mail server on this machine. ``says``: its answer to a command; None hangs up."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.says: dict[str, str | None] = {}
        self.mails: list[bytes] = []


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("220 mail.example")
        while line := self.rfile.readline():
            command = line.split()[0].upper().decode()
            answer = self.server.says.get(
                command, {"DATA": "354 go on", "EHLO": "250 mail.example"}.get(command, "250 ok")
            )
            if answer is None:
                return
            self._say(answer)
            if command == "QUIT":
                return
            if command == "DATA" and answer.startswith("354") and not self._mail():
                return

    def _mail(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        self.server.mails.append(b"".join(lines))
        answer = self.server.says.get("END", "250 taken")
        if answer is not None:
            self._say(answer)
        return answer is not None

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def mail(server: _Server, **told: Any) -> Mail:
    endpoint = f"smtp://127.0.0.1:{server.server_address[1]}"
    return Mail(
        Account(**{"endpoint": endpoint, "signature": "灯火供电", "options": {"sender": "tell@power.example"}, **told})
    )


def test_a_mail_says_who_it_is_from_and_can_be_told_apart(server: _Server) -> None:
    line = mail(server)
    result = line.send(Outgoing(**PLAIN), at=AT)
    assert (result.outcome, result.provider_id) == (Outcome.TAKEN, "<t1@power.example>")
    told = message_from_bytes(server.mails[0], policy=policy.default)
    assert str(told["From"]) == "灯火供电 <tell@power.example>"
    assert str(told["To"]) == "林 <lin@example.com>"
    assert (told["Subject"], told["Message-ID"]) == ("计划停电通知：", "<t1@power.example>")
    assert told.get_content().splitlines() == ["计划停电通知：", "5月8日停电"]
    line.close()


@pytest.mark.parametrize(
    ("says", "outcome", "code"),
    [
        ({"RCPT": "550 no such user"}, Outcome.REFUSED, "smtp_550"),
        ({"RCPT": "450 mailbox busy"}, Outcome.AGAIN, "smtp_450"),
        ({"MAIL": "421 too many"}, Outcome.AGAIN, "smtp_421"),
        ({"END": "554 refused"}, Outcome.REFUSED, "smtp_554"),
        ({"END": None}, Outcome.UNSURE, "disconnected"),
        ({"EHLO": None, "HELO": None}, Outcome.AGAIN, "disconnected"),
    ],
)
def test_what_a_server_says(server: _Server, says: dict[str, str | None], outcome: Outcome, code: str) -> None:
    server.says = says
    result = mail(server).send(Outgoing(**PLAIN), at=AT)
    assert (result.outcome, result.code) == (outcome, code)


def test_a_server_that_does_not_let_us_in_is_passed_over(server: _Server) -> None:
    server.says = {"EHLO": "250-mail.example\r\n250 AUTH PLAIN", "AUTH": "535 wrong"}
    result = mail(server, access_id="tell", secret="s").send(Outgoing(**PLAIN), at=AT)
    assert (result.outcome, result.code) == (Outcome.ELSEWHERE, "smtp_535")


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.com"])
def test_what_is_no_address_is_refused(server: _Server, address: str) -> None:
    result = mail(server).send(Outgoing(**{**PLAIN, "address": address}), at=AT)
    assert result.outcome is Outcome.REFUSED
    assert server.mails == []


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with _Server() as closed:
        gone = mail(closed)
    assert gone.send(Outgoing(**PLAIN), at=AT).outcome is Outcome.AGAIN
