"""The demo's July and December fall short of the target, and for the reasons that people tell."""

from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from denghuo.apps.hotline import queries
from denghuo.apps.hotline.actions import Source, name_cause, open_exchange, record_calls
from denghuo.apps.hotline.models import CauseKind
from denghuo.apps.ledger import deliveries
from denghuo.main.demo.hotline import simulate_calls
from denghuo.main.demo.load_hotline import TARGET
from tests.world import AT, make_world

ZONE = ZoneInfo("Asia/Shanghai")
pytestmark = [pytest.mark.nightly, pytest.mark.django_db]


def lived(first: datetime, last: datetime) -> tuple[str, tuple[int, ...]]:
    """The calls of some months, as the exchange told them; where they are, and in which queues."""
    world = make_world()
    history = simulate_calls(start=first, now=last, waves=(), seed=1, progress=lambda _share: None)
    exchange = open_exchange(unit_id=world.lamp.pk, code="lamp", name="灯山总机", at=AT, actor="test")
    for cause in history.causes:
        name_cause(unit_id=world.lamp.pk, entry=cause, at=AT, actor="test")
    calls, entries = iter(history.calls), iter(history.entries)
    while part := list(islice(calls, 10_000)):
        told = {"calls": part, "entries": list(islice(entries, 10_000)), "source": Source(name="test")}
        record_calls(exchange_id=exchange.pk, at=AT, actor="test", **told)
    deliveries.drain()
    return str(world.lamp.path), tuple(queue.pk for queue in queries.queues_of([exchange.pk]))


def account(first: date, last: date, *, around: tuple[date, date]) -> tuple[queries.Explained, dict[str, float], float]:
    """Why a month fell short: the engine's answer, the share of each kind of cause, and by how much it fell short."""
    start, end = (datetime(one.year, one.month, one.day, tzinfo=ZONE) for one in around)
    path, queue_ids = lived(start, end)
    span = queries.Span(queue_ids=queue_ids, first=first, last=last)
    causes = queries.causes_around([path], span)
    found = queries.explained(span, target_share=TARGET, causes=causes, known_until=around[1])
    assert found is not None
    kinds = {str(one.pk): str(one.kind) for one in found.causes}
    shares = dict(zip(found.found.players, found.found.player_shares.tolist(), strict=True))
    short = TARGET - queries.figures(span).answer_rate
    return found, {kinds.get(player, player): share for player, share in shares.items()}, short


def adds_up(found: queries.Explained, shares: dict[str, float], short: float) -> None:
    assert sum(shares.values()) + found.found.usual_share + found.found.unexplained_share == pytest.approx(
        short, abs=1e-9
    )
    assert abs(found.found.unexplained_share) < 0.01


def test_july_falls_short_because_of_the_heat() -> None:
    found, shares, short = account(date(2025, 7, 1), date(2025, 7, 31), around=(date(2025, 6, 1), date(2025, 8, 31)))
    assert short > 0.02
    adds_up(found, shares, short)
    assert max(shares, key=shares.__getitem__) == CauseKind.HEAT
    assert shares[CauseKind.HEAT] > 0.5 * short
    assert set(shares) & set(CauseKind.values) == {CauseKind.HEAT}


def test_december_falls_short_because_of_three_things() -> None:
    found, shares, short = account(date(2025, 12, 1), date(2025, 12, 31), around=(date(2025, 11, 1), date(2026, 1, 31)))
    assert short > 0.02
    adds_up(found, shares, short)
    three = {CauseKind.SYSTEM_FAILURE, CauseKind.GO_LIVE, CauseKind.DUNNING}
    assert set(shares) & set(CauseKind.values) == three
    assert all(shares[kind] > 0.005 for kind in three)
    assert sum(shares[kind] for kind in three) > 0.5 * short
