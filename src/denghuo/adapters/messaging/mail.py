"""Mail over SMTP (RFC 5321). The `Message-ID` is made from the message's token, so that a mail sent twice is one mail
to programs that look at it; a server itself does not look."""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import ClassVar
from urllib.parse import urlsplit

from denghuo.adapters.messaging.gateways import (
    TIMEOUT_S,
    Account,
    Gateway,
    GatewayFormatError,
    Outcome,
    Outgoing,
    Report,
    Result,
)

__all__ = ["Mail"]

_SUBJECT_CHARACTERS = 40


class Mail(Gateway):
    """``endpoint``: `smtp://host:port` (STARTTLS where the server offers it), `smtps://` for TLS from the start.
    ``options``: `sender`, the address it comes from; `subject`. ``signature``: the sender's name."""

    # Twice in a row is the lesser evil: the second carries the same Message-ID.
    repeats_safely: ClassVar[bool] = True

    def send(self, message: Outgoing, *, at: datetime) -> Result:
        """Hand a mail to the server."""
        handed = False
        try:
            mail = self._mail(message, at)
            server = self._server()
            with closing(server):  # without a farewell: what the server says to that changes nothing
                if self.account.access_id:
                    server.login(self.account.access_id, self.account.secret)
                handed = True
                server.send_message(mail)
        except (ValueError, IndexError):
            return Result(outcome=Outcome.REFUSED, code="address")
        except smtplib.SMTPRecipientsRefused as error:
            return _by_code(next(iter(error.recipients.values()))[0])
        except smtplib.SMTPAuthenticationError as error:
            return Result(outcome=Outcome.ELSEWHERE, code=f"smtp_{error.smtp_code}")
        except smtplib.SMTPServerDisconnected:
            return Result(outcome=Outcome.UNSURE if handed else Outcome.AGAIN, code="disconnected")
        except smtplib.SMTPResponseException as error:
            return _by_code(error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            outcome = Outcome.UNSURE if handed else Outcome.AGAIN
            return Result(outcome=outcome, code=f"smtp:{type(error).__name__}")
        return Result(outcome=Outcome.TAKEN, provider_id=str(mail["Message-ID"]))

    def _server(self) -> smtplib.SMTP:
        where = urlsplit(self.account.endpoint)
        host = where.hostname or ""
        if where.scheme == "smtps":
            return smtplib.SMTP_SSL(host, where.port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context())
        server = smtplib.SMTP(host, where.port or 25, timeout=TIMEOUT_S)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, message: Outgoing, at: datetime) -> EmailMessage:
        sender = self.account.options.get("sender") or self.account.access_id
        mail = EmailMessage()
        mail["From"] = Address(self.account.signature, addr_spec=sender)
        mail["To"] = Address(message.name, addr_spec=message.address)
        first_line = message.text.strip().splitlines()[0] if message.text.strip() else ""
        mail["Subject"] = self.account.options.get("subject") or first_line[:_SUBJECT_CHARACTERS]
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{message.token}@{sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        return mail

    @classmethod
    def read_reports(cls, account: Account, body: bytes, headers: Mapping[str, str], *, at: datetime) -> list[Report]:
        """Mail servers report by mail, which nobody reads here."""
        del account, body, headers, at
        raise GatewayFormatError("mail servers send no reports")


def _by_code(code: int) -> Result:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    return Result(outcome=Outcome.REFUSED if 500 <= code < 600 else Outcome.AGAIN, code=f"smtp_{code}")
