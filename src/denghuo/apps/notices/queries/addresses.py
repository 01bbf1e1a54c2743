"""Where messages go: as gateways want it, and as people may see it."""

from urllib.parse import urlsplit

from denghuo.adapters.phones import plain_number
from denghuo.apps.notices.models import Channel
from denghuo.apps.sealed import keyring, masked_phone

_BLIND = "notices.message.address"


def plain(address: str, channel: str) -> str:
    """An address as it is kept: telephone numbers as bare digits, without the country's own code.

    >>> plain("+86 138-0013-8000", "sms"), plain(" a@example.com ", "email"), plain("+852 5123 4567", "sms")
    ('13800138000', 'a@example.com', '+85251234567')
    """
    return plain_number(address) if channel in (Channel.SMS, Channel.VOICE) else address.strip()


def masked(address: str, channel: str) -> str:
    """An address that can be told apart and not used.

    >>> masked("13800138000", "sms"), masked("lin@example.com", "email"), masked("https://example.com/a?b=c", "webhook")
    ('138****8000', 'l***@example.com', 'example.com')
    """
    if channel in (Channel.SMS, Channel.VOICE):
        return masked_phone(address)
    if channel == Channel.EMAIL:
        name, _, host = address.partition("@")
        return f"{name[:1]}***@{host}"[:80] if host else "***"
    return (urlsplit(address).hostname or "***")[:80]


def blind_of(address: str) -> int:
    """The number under which an address is found."""
    return keyring().blind(address, context=_BLIND)
