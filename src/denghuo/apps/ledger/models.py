"""Facts, which stay as they were written, and deliveries, which say what still has to follow from them."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q


class ImmutableFactError(TypeError):
    """A fact is never changed and never deleted: a correction is a new fact."""


class FactQuerySet(models.QuerySet["Fact"]):
    """Reads and inserts. The database refuses changes as well; this says so before it is asked."""

    def update(self, **_kwargs: Any) -> NoReturn:
        raise ImmutableFactError("facts are never updated: record a correction")

    def delete(self) -> NoReturn:
        raise ImmutableFactError("facts are never deleted: record a correction")


class Fact(models.Model):
    """One thing that happened. The ids have no gaps, and each row carries the digest of the one before it."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=100)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    data = models.TextField()  # canonical JSON as written: the digest is over these very bytes
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = FactQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "id"], name="fact_kind")]
        constraints = [
            models.CheckConstraint(condition=Q(id__gte=1), name="fact_id_from_one"),
            models.CheckConstraint(condition=~Q(actor=""), name="fact_has_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"

    def save(self, **kwargs: Any) -> None:
        if not self._state.adding:
            raise ImmutableFactError("facts are never updated: record a correction")
        super().save(**{**kwargs, "force_insert": True})

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ImmutableFactError("facts are never deleted: record a correction")


class Delivery(models.Model):
    """One fact owed to one reaction.

    `due_at` is the instant from which anybody may try it: NULL (at once) for a new delivery, the end of the lease while
    somebody holds it, the next try after a failure. So the deliveries of a worker that died become due by themselves.
    """

    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="deliveries")
    reaction = models.CharField(max_length=100)
    background = models.BooleanField(default=False)
    due_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=32, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["fact_id", "id"]
        indexes = [
            models.Index(
                fields=["fact", "id"], name="delivery_open", condition=Q(done_at__isnull=True, parked_at__isnull=True)
            ),
            models.Index(fields=["fact", "id"], name="delivery_parked", condition=Q(parked_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["fact", "reaction"], name="delivery_once_per_reaction"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(parked_at__isnull=True), name="delivery_done_or_parked"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def key(self) -> str:
        """The same on every try: outside systems tell a repetition by it."""
        return f"{self.fact_id}:{self.reaction}"


class Round(models.Model):
    """What is done again and again: when next, when last, and what went wrong then."""

    action = models.CharField(max_length=100, unique=True)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["action"]

    def __str__(self) -> str:
        return self.action
