"""What every gateway is handed and what it says, whatever its language."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Account",
    "Gateway",
    "GatewayFormatError",
    "Kind",
    "Outcome",
    "Outgoing",
    "Report",
    "ReportKind",
    "Result",
]

TIMEOUT_S = 10.0


class Kind(StrEnum):
    """The languages that gateways speak."""

    ALIYUN = "aliyun"
    TENCENT = "tencent"
    WEBHOOK = "webhook"
    VOICE = "voice"
    SMTP = "smtp"


class Outcome(StrEnum):
    """What became of handing a message over."""

    TAKEN = "taken"  # the gateway has it
    AGAIN = "again"  # it does not, and asks for another try later
    ELSEWHERE = "elsewhere"  # it cannot send anything now, for reasons of its own: another gateway may
    REFUSED = "refused"  # nobody can deliver this: the address or the words are wrong
    UNSURE = "unsure"  # no answer, or none that says: it may have it


class ReportKind(StrEnum):
    """What a gateway reports afterwards."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ANSWERED = "answered"  # a key was pressed
    REPLIED = "replied"  # somebody wrote back, to a number and not to a message


class GatewayFormatError(ValueError):
    """What came is no report of this gateway, or not signed by it."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where a gateway is and who asks. ``options``: what only one kind of gateway wants to know."""

    endpoint: str
    access_id: str = ""
    secret: str = ""
    signature: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Account({self.endpoint}, {self.access_id})"


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message as it leaves. ``token`` is its name at the gateway: two messages of one token are the same message.

    ``template`` and ``variables`` name registered words and fill them in, in the order in which they were registered.
    """

    token: str
    address: str
    text: str
    name: str = ""
    event: str = ""
    about: str = ""
    template: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    expects_answer: bool = False

    def __repr__(self) -> str:
        return f"Outgoing({self.token})"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a gateway said. ``wait_s``: after how long it wants to be tried again, where it says so [s]; ``segments``:
    as how many it charges the message, None where it does not say."""

    outcome: Outcome
    code: str = ""
    provider_id: str = ""
    segments: int | None = None
    wait_s: float | None = None


def unsaid(answer: Result | None = None) -> Result:
    """That a gateway was asked for a message and did not say: because it is not there, or because it will not."""
    away = answer is not None and answer.code.startswith(("not_reached", "no_answer", "http_5"))
    return Result(outcome=Outcome.UNSURE, code=answer.code if answer and away else "cannot_ask")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a gateway tells of a message afterwards: by our ``token``, its own ``provider_id``, or of a ``number``."""

    kind: ReportKind
    token: str = ""
    provider_id: str = ""
    number: str = ""
    code: str = ""
    answer: str = ""
    happened_at: datetime | None = None


def _new_client() -> httpx.Client:
    import httpx  # the sender's alone: no page waits for it

    return httpx.Client(timeout=TIMEOUT_S, trust_env=False)


class Gateway(ABC):
    """One gateway, safe to use from several threads.

    ``repeats_safely``: a message of a token it has already is not sent again. Where it does not, :meth:`find` asks
    whether it has it; a gateway that can do neither leaves a doubt, and ``can_find`` says which it is.
    """

    repeats_safely: ClassVar[bool] = False
    can_find: ClassVar[bool] = False

    def __init__(self, account: Account, *, client: httpx.Client | None = None) -> None:
        self.account = account
        self._own = client is None
        self.client = client or _new_client()

    def close(self) -> None:
        """Let go of its connections."""
        if self._own:
            self.client.close()

    @abstractmethod
    def send(self, message: Outgoing, *, at: datetime) -> Result:
        """Hand a message over; what goes wrong on the way is a result, not an error."""

    def find(self, message: Outgoing, *, sent_at: datetime, at: datetime) -> Result | None:
        """Ask whether a message that was handed over at ``sent_at`` has arrived: TAKEN, UNSURE where nobody can say
        now, or None: it has not."""
        del message, sent_at, at
        return unsaid()

    @classmethod
    @abstractmethod
    def read_reports(cls, account: Account, body: bytes, headers: Mapping[str, str], *, at: datetime) -> list[Report]:
        """What a call from the gateway reports; ``headers`` by their names in lower case.

        Raises:
            GatewayFormatError: it is no report, or not signed as it should be.
        """

    @classmethod
    def thanks(cls) -> dict[str, object]:
        """What the gateway wants to hear when its reports were taken."""
        return {"ok": True}
