"""What happened to notices. Their words stand with the notices, not here."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NoticeQueued:
    """Somebody is to be told something. ``kind`` is what it is about, as `context.thing`."""

    notice_id: int
    recipient_id: int
    kind: str
    urgent: bool


@dataclass(frozen=True, kw_only=True)
class NoticeRead:
    """The person it was for opened it."""

    notice_id: int


@dataclass(frozen=True, kw_only=True)
class NoticeWithdrawn:
    """What it told holds no more."""

    notice_id: int
