"""Exchanges, calls as recorded, and their tallies."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.adapters.call_outcomes import AgentEventKind, CallOutcome

_OUTCOME_NAMES = {
    CallOutcome.LASTING: _("Not finished in the log"),
    CallOutcome.ANSWERED: _("Answered"),
    CallOutcome.ABANDONED: _("Gave up waiting"),
    CallOutcome.TIMED_OUT: _("Waited too long, sent away"),
    CallOutcome.LEFT_EMPTY: _("Sent away: no agent on duty"),
    CallOutcome.LEFT_BY_KEY: _("Left the queue by key"),
    CallOutcome.REFUSED: _("Refused: queue full"),
    CallOutcome.ANNOUNCED: _("Served by the announcement"),
    CallOutcome.LOST_IN_ANNOUNCEMENT: _("Hung up in the menu"),
    CallOutcome.FAILED: _("Technical failure"),
}
OUTCOME_CHOICES = [(int(outcome), name) for outcome, name in _OUTCOME_NAMES.items()]
_EVENT_CHOICES = [(int(kind), kind.name.lower()) for kind in AgentEventKind]


class Exchange(models.Model):
    """A telephone exchange (PBX). Its calls belong to a unit; two exchanges may use the same call ids."""

    unit = models.ForeignKey("organization.Unit", on_delete=models.PROTECT, related_name="exchanges")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["code"]
        verbose_name = _("exchange")

    def __str__(self) -> str:
        return self.name


class Queue(models.Model):
    """A line that callers wait in."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="queues")
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["exchange", "code"]
        constraints = [models.UniqueConstraint(fields=["exchange", "code"], name="queue_once")]
        verbose_name = _("queue")

    def __str__(self) -> str:
        return self.name or self.code


class Agent(models.Model):
    """Who answers, as the exchange calls them; ``user`` once the person has an account here, ``until_date`` the last
    day on which they work here."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="agents")
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=80, blank=True)
    team = models.CharField(max_length=40, blank=True)
    user = models.ForeignKey("organization.User", on_delete=models.SET_NULL, null=True, related_name="agents")
    until_date = models.DateField(null=True)

    class Meta:
        ordering = ["exchange", "code"]
        constraints = [models.UniqueConstraint(fields=["exchange", "code"], name="agent_once")]
        verbose_name = _("agent")

    def __str__(self) -> str:
        return self.name or self.code


class Call(models.Model):
    """One call in one queue as the exchange told it. NULL and "" are what it did not tell.

    ``key_at`` is when the caller asked for a person, or else reached the exchange: with id and queue it tells a call
    from every other. Derived, from all calls of the same number: ``attempt`` is 1 for a call that is no redial;
    ``first_call`` is the call it repeats; on a call that is no redial, ``attempts`` counts the calls of the chain and
    ``solved`` says whether one of them was answered (or served by the announcement).
    """

    exchange = models.ForeignKey(Exchange, on_delete=models.PROTECT, related_name="calls")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="calls")
    call_id = models.CharField(max_length=120)
    key_at = models.DateTimeField()
    caller = models.CharField(max_length=40, blank=True)
    outcome = models.PositiveSmallIntegerField(choices=OUTCOME_CHOICES)
    entered_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    position = models.PositiveIntegerField(null=True)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, null=True, related_name="calls")
    wait_s = models.FloatField(null=True)
    ring_s = models.FloatField(null=True)
    talk_s = models.FloatField(null=True)
    wrap_up_s = models.FloatField(null=True)
    hold_s = models.FloatField(null=True)
    announcement = models.CharField(max_length=80, blank=True)
    announcement_s = models.FloatField(null=True)
    menu = models.CharField(max_length=80, blank=True)
    transferred_to = models.CharField(max_length=80, blank=True)
    left_because = models.CharField(max_length=40, blank=True)
    precise = models.BooleanField(default=False)

    attempt = models.PositiveSmallIntegerField(default=1)
    first_call = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="redials")
    attempts = models.PositiveSmallIntegerField(default=1)
    solved = models.BooleanField(default=False)

    class Meta:
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["exchange", "call_id", "queue", "key_at"], name="call_once"),
            models.CheckConstraint(
                condition=models.Q(wait_s=None) | models.Q(wait_s__gte=0), name="call_wait_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("entered_at")),
                name="call_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "entered_at"], name="call_by_time"),
            models.Index(fields=["exchange", "caller", "entered_at"], name="call_by_caller"),
            models.Index(fields=["agent", "entered_at"], name="call_by_agent"),
        ]
        verbose_name = _("call")

    def __str__(self) -> str:
        return self.call_id


class AgentEntry(models.Model):
    """Something that happened to an agent, as the exchange told it."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="entries")
    queue_code = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    kind = models.PositiveSmallIntegerField(choices=_EVENT_CHOICES)
    reason = models.CharField(max_length=80, blank=True)
    seconds = models.FloatField(null=True)
    call_id = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["agent", "at", "kind", "queue_code", "call_id"], name="agent_entry_once")
        ]


class CallReading(models.Model):
    """One log, trace or table that was read: from where, how much of it, and what was odd."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="readings")
    source_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, blank=True)
    read_at = models.DateTimeField()
    read_by = models.CharField(max_length=150)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    line_count = models.PositiveIntegerField(default=0)
    call_count = models.PositiveIntegerField(default=0)
    new_count = models.PositiveIntegerField(default=0)
    completed_count = models.PositiveIntegerField(default=0)
    problem_count = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    unknowable = models.JSONField(default=list)

    class Meta:
        ordering = ["-read_at", "-pk"]


class Tally(models.Model):
    """Calls of one queue counted over one interval of a local day. Derived; replaced whenever calls of it change.

    What was counted as in time and as a redial follows the definition in force that day. Sums of seconds are over
    calls that tell them, ``*_known`` counts these.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="tallies")
    day = models.DateField()
    minute = models.PositiveSmallIntegerField()
    calls = models.PositiveIntegerField()
    requests = models.PositiveIntegerField()
    first_requests = models.PositiveIntegerField()
    answered = models.PositiveIntegerField()
    in_time = models.PositiveIntegerField()
    abandoned = models.PositiveIntegerField()
    abandoned_soon = models.PositiveIntegerField()
    sent_away = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    announced = models.PositiveIntegerField()
    lost_before = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    lasting = models.PositiveIntegerField()
    redials = models.PositiveIntegerField()
    callers = models.PositiveIntegerField()
    callers_solved = models.PositiveIntegerField()
    wait_s = models.FloatField()
    wait_known = models.PositiveIntegerField()
    lost_wait_s = models.FloatField()
    lost_wait_known = models.PositiveIntegerField()
    talk_s = models.FloatField()
    talk_known = models.PositiveIntegerField()
    wrap_up_s = models.FloatField()
    wrap_up_known = models.PositiveIntegerField()

    class Meta:
        ordering = ["day", "minute"]
        constraints = [models.UniqueConstraint(fields=["queue", "day", "minute"], name="tally_once")]
        indexes = [models.Index(fields=["day", "queue"], name="tally_by_day")]
