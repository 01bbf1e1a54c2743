"""Who waits and who works now."""

from django.db import models


class Board(models.Model):
    """The last state that an exchange told: ``state`` is a snapshot's JSON, ``revision`` rises with every change."""

    exchange = models.OneToOneField("hotline.Exchange", on_delete=models.CASCADE, related_name="board")
    revision = models.PositiveBigIntegerField(default=0)
    told_at = models.DateTimeField()
    connected = models.BooleanField(default=True)
    state = models.JSONField(default=dict)
