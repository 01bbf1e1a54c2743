"""What those who sign in are told."""

from collections.abc import Collection

from django.db.models import Case, QuerySet, When

from denghuo.apps.notices.models import Notice


def notices_of(user_id: int) -> QuerySet[Notice]:
    """What a person was told and still holds: unread first, of those the urgent, then the newest."""
    first = Case(When(read_at=None, urgent=True, then=0), When(read_at=None, then=1), default=2)
    return Notice.objects.filter(recipient_id=user_id, withdrawn_at=None).order_by(first, "-queued_at", "-pk")


def unread_count(user_id: int) -> int:
    """How many notices a person has not opened yet."""
    return Notice.objects.filter(recipient_id=user_id, withdrawn_at=None, read_at=None).count()


def notice_for(user_id: int, notice_id: int) -> Notice:
    """One notice of a person.

    Raises:
        Notice.DoesNotExist: there is none, or it is somebody else's.
    """
    return Notice.objects.get(pk=notice_id, recipient_id=user_id)


def notices_held(kinds: Collection[str], paths: Collection[str]) -> QuerySet[Notice]:
    """What anybody was told of these kinds that leads to one of these pages and was not taken back."""
    return Notice.objects.filter(kind__in=kinds, path__in=list(paths), withdrawn_at=None)
