"""How calls are reviewed: sheets, reviews, points."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReviewSheet(models.Model):
    """The sheet by which calls are scored from a day on, and where that was written; "" is this product's default."""

    from_date = models.DateField(unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["from_date"]
        verbose_name = _("score sheet")

    def __str__(self) -> str:
        return self.name


class ReviewItem(models.Model):
    """One thing that a call is scored on, and how many points it is worth."""

    sheet = models.ForeignKey(ReviewSheet, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    points = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["sheet", "position"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "position"], name="review_item_once"),
            models.CheckConstraint(condition=models.Q(points__gt=0), name="review_item_is_worth_something"),
        ]

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """One person's score of one call.

    A correction is a review of its own, with ``reason``; that which it corrects stays, and was in force until
    ``replaced_at``.
    """

    call = models.ForeignKey("hotline.Call", on_delete=models.PROTECT, related_name="reviews")
    sheet = models.ForeignKey(ReviewSheet, on_delete=models.PROTECT, related_name="reviews")
    scorer = models.CharField(max_length=150)
    scored_at = models.DateTimeField()
    points = models.PositiveIntegerField()
    most_points = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-scored_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "scorer"], condition=models.Q(replaced_at=None), name="review_once_each"
            ),
            models.CheckConstraint(
                condition=models.Q(points__lte=models.F("most_points")), name="review_points_within_the_sheet"
            ),
        ]
        verbose_name = _("review")


class ReviewScore(models.Model):
    """Points given on one item. ``article`` is what ought to have been known, where that is why points were lost."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scores")
    item = models.ForeignKey(ReviewItem, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField()
    article = models.ForeignKey("knowledge.Article", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["review", "item__position"]
        constraints = [models.UniqueConstraint(fields=["review", "item"], name="review_score_once")]
