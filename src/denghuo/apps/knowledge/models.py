"""Articles and their versions, wording rules, questions, exams."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    """What an article is about: the eight kinds of business first, then what agents look up besides."""

    ENQUIRY = "enquiry", _("Enquiry")
    FAULT_REPORT = "fault_report", _("Fault report")
    COMPLAINT = "complaint", _("Complaint")
    MISCONDUCT = "misconduct", _("Report of misconduct")
    SUGGESTION = "suggestion", _("Suggestion")
    OPINION = "opinion", _("Opinion")
    PRAISE = "praise", _("Praise")
    SERVICE_REQUEST = "service_request", _("Service request")
    OUTAGE_NOTICE = "outage_notice", _("Outage notices")
    BILLING = "billing", _("Prices and bills")
    ARREARS = "arrears", _("Arrears and reconnection")
    METERING = "metering", _("Metering")
    CONNECTION = "connection", _("New connections")
    SAFETY = "safety", _("Safe use of electricity")
    PROCEDURE = "procedure", _("Our own procedure")


class QuestionKind(models.TextChoices):
    """How a question is answered."""

    SINGLE = "single", _("One answer")
    MULTIPLE = "multiple", _("Several answers")
    TRUTH = "truth", _("True or false")


class Article(models.Model):
    """One subject, whatever has been said of it over time. It holds in its unit and everywhere below.

    ``withdrawn_from``: the first local day on which it is in force no more, set once.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="articles")
    withdrawn_from = models.DateField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)
    withdrawn_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("article")


class Version(models.Model):
    """What an article said from a local day on. Never changed: what is to be said differently is a new version.

    ``valid_until`` is the first day on which it holds no more. ``script`` is the sentence to say to the caller.
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    topic = models.CharField(max_length=20, choices=Topic)
    script = models.TextField(blank=True)
    body = models.TextField()
    keywords = models.CharField(max_length=300, blank=True)
    basis = models.CharField(max_length=300)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    review_on = models.DateField(null=True)
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["article", "number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="knowledge_version_once"),
            models.CheckConstraint(
                condition=models.Q(valid_until=None) | models.Q(valid_until__gt=models.F("valid_from")),
                name="knowledge_version_in_order",
            ),
        ]
        verbose_name = _("version")

    def __str__(self) -> str:
        return self.title


class KeyFact(models.Model):
    """What must be known by heart, as ``what | answer``; questions are made of it."""

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="key_facts")
    position = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=200)
    answer = models.CharField(max_length=200)

    class Meta:
        ordering = ["version", "position"]
        constraints = [models.UniqueConstraint(fields=["version", "position"], name="knowledge_key_fact_once")]
        verbose_name = _("key fact")


class Review(models.Model):
    """Somebody read an article again and found that it still holds; ``next_on`` is when to look next."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="reviews")
    next_on = models.DateField()
    reviewed_at = models.DateTimeField()
    reviewed_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["article", "-pk"]
        verbose_name = _("review")


class WordingRule(models.Model):
    """What not to say, and what to say instead, from a local day on.

    Of the rows of a unit on one phrase the latest in force holds; one that ``is_lifted`` says that the phrase is
    allowed from then on.
    """

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="wording_rules")
    phrase = models.CharField(max_length=60)
    instead = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200)
    from_date = models.DateField()
    is_lifted = models.BooleanField(default=False)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["unit", "phrase", "-from_date", "-pk"]
        indexes = [models.Index(fields=["unit", "phrase", "from_date"], name="knowledge_wording")]
        verbose_name = _("wording rule")

    def __str__(self) -> str:
        return self.phrase


class Question(models.Model):
    """A question on what a version says. ``options`` are texts, ``right`` their positions.

    True or false has no options: position 0 is true, 1 is false.
    """

    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=10, choices=QuestionKind)
    text = models.CharField(max_length=300)
    options = models.JSONField(default=list)
    right = models.JSONField()
    explanation = models.CharField(max_length=500, blank=True)
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["version", "pk"]
        verbose_name = _("question")

    def __str__(self) -> str:
        return self.text


class Paper(models.Model):
    """An exam as it was drawn: the same seed on the same articles draws the same questions."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="exam_papers")
    title = models.CharField(max_length=120)
    seed = models.BigIntegerField()
    pass_share = models.FloatField()
    pass_count = models.PositiveIntegerField()
    question_count = models.PositiveIntegerField()
    drawn_at = models.DateTimeField()
    drawn_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pass_share__gt=0) & models.Q(pass_share__lte=1), name="knowledge_pass_is_a_share"
            ),
        ]
        verbose_name = _("exam paper")

    def __str__(self) -> str:
        return self.title


class PaperQuestion(models.Model):
    """A question as it stands on a paper, whatever becomes of where it was taken from."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    is_made = models.BooleanField()  # from a key fact; nobody authored it
    kind = models.CharField(max_length=10, choices=QuestionKind)
    text = models.CharField(max_length=300)
    options = models.JSONField(default=list)
    right = models.JSONField()
    explanation = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["paper", "position"]
        constraints = [models.UniqueConstraint(fields=["paper", "position"], name="knowledge_paper_question_once")]
        verbose_name = _("question of a paper")


class Sitting(models.Model):
    """Somebody sat an exam, once."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="sittings")
    user = models.ForeignKey("organization.User", on_delete=models.PROTECT, related_name="sittings")
    sat_at = models.DateTimeField()
    right_count = models.PositiveIntegerField()
    question_count = models.PositiveIntegerField()
    passed = models.BooleanField()

    class Meta:
        ordering = ["-sat_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["paper", "user"], name="knowledge_sitting_once")]
        verbose_name = _("sitting")

    @property
    def right_share(self) -> float:
        """Answered right, of all that was asked."""
        return self.right_count / self.question_count


class Answer(models.Model):
    """What was answered to one question: positions of the options chosen, none if it was left open."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(PaperQuestion, on_delete=models.PROTECT, related_name="answers")
    chosen = models.JSONField(default=list)
    is_right = models.BooleanField()

    class Meta:
        ordering = ["sitting", "question"]
        constraints = [models.UniqueConstraint(fields=["sitting", "question"], name="knowledge_answer_once")]
        verbose_name = _("answer")


class Mistake(models.Model):
    """What an article says was told wrongly at work: the next exams ask for it more often."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="mistakes")
    what = models.CharField(max_length=300)
    username = models.CharField(max_length=150, blank=True)
    reference = models.CharField(max_length=80, blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("mistake")
