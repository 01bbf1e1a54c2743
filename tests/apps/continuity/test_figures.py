"""The figures add up to what can be added up by hand, and what is not known is not 0."""

from datetime import datetime

import numpy as np
import pytest

from denghuo.apps.continuity import queries
from denghuo.apps.continuity.actions import set_target
from denghuo.apps.continuity.models import Interruption
from denghuo.apps.outages.models import Cause
from denghuo.engines.reliability import Basis, OutageKind, Standard, Variant
from tests.apps.continuity.conftest import USER_HOURS, USER_INTERRUPTIONS, USERS, Told, local, tell
from tests.world import AT, World

NOW = local("2026-05-01T08:00")
YEAR = [local("2025-01-01T00:00"), local("2026-01-01T00:00")]


def view(world: World, **options: object) -> queries.View:
    return queries.View(network_ids=(world.network.pk,), as_of=NOW, **options)  # type: ignore[arg-type]


def opened(world: World, edges: list[datetime], **options: object) -> queries.Books:
    return queries.open_books(view(world, **options), since=edges[0], until=edges[-1])


def fault(number: str, told: tuple[str, str, str]) -> Told:
    """A device that opened, and closed again unless it is still open."""
    code, opened_at, closed_at = told
    operations = [(code, "open", opened_at), (code, "close", closed_at)]
    return Told(number, OutageKind.FAULT, Cause.UNKNOWN, tuple(row for row in operations if row[2]))


def test_a_year_of_dlt836(world: World) -> None:
    table = queries.indices(view(world), edges=YEAR, at_least=[2, 3], longer_than_h=[4.0])
    assert table.user_hours[0] == pytest.approx(USER_HOURS)
    assert table.user_interruptions[0] == USER_INTERRUPTIONS
    assert table.hours_per_user[0] == pytest.approx(USER_HOURS / USERS)
    assert table.availability_share[0] == pytest.approx(1 - USER_HOURS / USERS / 8760)
    assert table.event_count[0] == 4
    assert table.interrupted_users[0] == 6
    assert table.short_events_per_user[0] == pytest.approx(1 / USERS)
    # Sustained: T3 once, T4 and T6 twice, T5 three times.
    assert table.repeated_share[0] == pytest.approx([3 / USERS, 1 / USERS])
    assert table.long_single_share[0, 0] == pytest.approx(3 / USERS)


def test_a_year_of_ieee1366(world: World) -> None:
    table = queries.indices(
        view(world, standard=Standard.IEEE1366, basis=Basis.LV_CUSTOMERS, variant=Variant.FAULT), edges=YEAR
    )
    # T1..T3: 40 customers 1 h; T4..T6: 20 customers 4 h; T5: 10 customers 3 h; the short one stays out.
    assert table.user_hours[0] == pytest.approx(40 * 1 + 20 * 4 + 10 * 3)
    assert table.user_interruptions[0] == 60 + 10
    assert table.hours_per_user[0] == pytest.approx(150 / 90)


def test_an_hour_counts_in_its_own_month(world: World) -> None:
    months = [local(f"2025-{month:02d}-01T00:00") for month in (6, 7, 8)]
    table = queries.indices(view(world), edges=months)
    assert table.user_hours.tolist() == pytest.approx([15 + 1, 2])
    assert table.user_interruptions.tolist() == [7, 0]
    july = queries.parts(opened(world, months[1:]), months[1:], filters={})
    (part,) = july[:5]
    assert part.carried
    assert part.hours == pytest.approx(2)
    assert part.user_interruptions == 0


@pytest.mark.parametrize("by", queries.BREAKDOWNS)
def test_groups_and_their_parts_add_up(world: World, by: str) -> None:
    books = opened(world, YEAR)
    found = books.breakdown(YEAR, by=by)
    assert found.table.user_hours.sum() == pytest.approx(USER_HOURS)
    assert found.table.user_interruptions.sum() == USER_INTERRUPTIONS
    for at, key in enumerate(found.keys):
        told = int(key) if by != "area" else key
        parts = queries.parts(books, YEAR, filters={by: told})
        assert parts.totals["user_hours"] == pytest.approx(float(found.table.user_hours[at]))
        # What overran its plan is of another kind, but nobody lost supply a second time.
        assert parts.totals["user_interruptions"] == pytest.approx(float(found.table.user_interruptions[at]))


def test_what_overran_its_plan_is_temporary(world: World) -> None:
    found = opened(world, YEAR).breakdown(YEAR, by="kind")
    hours = dict(zip(found.keys, found.table.user_hours.tolist(), strict=True))
    assert hours[str(int(OutageKind.PLANNED_MAINTENANCE_INTERNAL))] == pytest.approx(6)
    assert hours[str(int(OutageKind.TEMPORARY_MAINTENANCE))] == pytest.approx(3)


def test_each_line_is_measured_over_its_own_users(world: World) -> None:
    found = opened(world, YEAR).breakdown(YEAR, by="feeder")
    assert found.names == ("10kV灯山线", "10kV柳溪线")
    assert found.table.users_served.tolist() == [6, 1]
    assert found.table.hours_per_user.tolist() == pytest.approx([USER_HOURS / 6, 0])


def test_short_ones_are_a_list_of_their_own(world: World) -> None:
    (part,) = queries.parts(opened(world, YEAR), YEAR, filters={}, short=True)[:5]
    assert part.short
    assert part.interruption.load.code == "T3"


def test_loads_interrupted_often(world: World) -> None:
    found = queries.repeated_loads(view(world), edges=YEAR, at_least=2)
    assert [(one.code, one.interruptions, round(one.hours, 3)) for one in found] == [
        ("T5", 3, 10.0),
        ("T4", 2, 7.0),
        ("T6", 2, 7.0),
        ("T3", 2, 1.033),
    ]


def test_nothing_interrupted_has_no_mean_duration(world: World) -> None:
    quiet = [local("2025-01-01T00:00"), local("2025-02-01T00:00")]
    table = queries.indices(view(world), edges=quiet)
    assert table.hours_per_user[0] == 0
    assert np.isnan(table.hours_per_interruption[0])


def test_a_period_that_is_not_over_is_as_long_as_it_has_lasted(world: World) -> None:
    edges = [local(f"2026-{month:02d}-01T00:00") for month in (4, 5, 6)] + [local("2026-07-01T00:00")]
    hours = queries.indices(view(world), edges=edges).period_hours
    assert hours[:2].tolist() == [30 * 24, 8]
    assert np.isnan(hours[2])


def test_who_is_still_out_counts_up_to_now(world: World) -> None:
    tell(world.network.pk, fault("C-1", ("QL2", "2026-05-01T06:00", "")))
    edges = [local("2026-01-01T00:00"), local("2027-01-01T00:00")]
    early, late = (
        queries.indices(queries.View(network_ids=(world.network.pk,), as_of=at), edges=edges)
        for at in (NOW, local("2026-05-01T09:30"))
    )
    assert (early.user_hours[0], late.user_hours[0]) == pytest.approx((2, 3.5))
    (part,) = queries.parts(opened(world, edges), edges, filters={})[:5]
    assert part.lasting
    assert part.hours == pytest.approx(2)


def test_without_major_event_days(world: World) -> None:
    """A day far above the others is left out of every figure, and only where that is asked."""
    usual = [
        fault(f"D-{day}", ("FU1", f"2025-10-{day:02d}T08:00", f"2025-10-{day:02d}T08:{day + 20:02d}"))
        for day in range(1, 29)
    ]
    storm = fault("E-1", ("QF1", "2026-02-02T00:00", "2026-02-02T20:00"))
    tell(world.network.pk, *usual, storm)
    edges = [local("2026-01-01T00:00"), local("2027-01-01T00:00")]
    with_all, without = opened(world, edges), opened(world, edges, major_window_years=3)
    assert with_all.indices(edges).user_hours[0] == pytest.approx(120)
    assert without.indices(edges).user_hours[0] == 0
    assert [str(day) for day in without.major_event_days(year=2026).day] == ["2026-02-02"]
    assert queries.parts(without, edges, filters={}).totals["user_hours"] == 0


class TestTargets:
    def aim(self, world: World, unit_id: int, hours: float) -> None:
        set_target(
            unit_id=unit_id, year=2025, basis=Basis.MV_USERS, hours_per_user=hours, source="x", at=AT, actor="test"
        )

    def hours(self, world: World) -> dict[int, float]:
        paths = {str(world.lamp.path): 6.0, str(world.wick.path): 2.0}
        return queries.target_hours_per_user(users_by_path=paths, years=[2024, 2025], basis=Basis.MV_USERS)

    def test_the_nearest_unit_above_counts(self, world: World) -> None:
        assert self.hours(world) == {}
        self.aim(world, world.lamp.pk, 4.0)
        assert self.hours(world) == {}, "one of two stations has no target"
        self.aim(world, world.city.pk, 8.0)
        assert self.hours(world) == {2025: pytest.approx((6 * 4 + 2 * 8) / 8)}

    def test_set_again_replaces(self, world: World) -> None:
        self.aim(world, world.lamp.pk, 4.0)
        self.aim(world, world.lamp.pk, 5.0)
        alone = {str(world.lamp.path): 6.0}
        found = queries.target_hours_per_user(users_by_path=alone, years=[2025], basis=Basis.MV_USERS)
        assert found == {2025: 5.0}


def test_every_booked_row_leads_to_the_log(world: World) -> None:
    assert Interruption.objects.exists()
    assert not Interruption.objects.filter(opened_by=None).exists()
    assert not Interruption.objects.filter(closed_by=None).exists()


def test_an_outage_across_new_year_counts_where_it_began(world: World) -> None:
    """Whoever loses supply again in the new year was interrupted once, in the old one; hours fall where they are."""
    operations = tuple(
        ("QL1", deed, at)
        for deed, at in (
            ("open", "2025-12-31T22:00"),
            ("close", "2025-12-31T23:00"),
            ("open", "2026-01-01T01:00"),
            ("close", "2026-01-01T03:00"),
        )
    )
    tell(world.network.pk, Told("C-2", OutageKind.FAULT, Cause.UNKNOWN, operations))
    edges = [*YEAR, local("2027-01-01T00:00")]
    both = queries.indices(view(world), edges=edges)
    assert both.period.tolist() == [0, 1]
    assert both.user_hours.tolist() == pytest.approx([USER_HOURS + 3, 6])
    assert both.user_interruptions.tolist() == [USER_INTERRUPTIONS + 3, 0]
    assert both.event_count.tolist() == [5, 0]
    alone = queries.indices(view(world), edges=edges[1:])
    for column in ("user_hours", "user_interruptions", "event_count", "interrupted_users", "carried_row_count"):
        assert getattr(alone, column)[0] == getattr(both, column)[1], column


def test_months_add_up_to_their_years(world: World) -> None:
    months = [local(f"{year}-{month:02d}-01T00:00") for year in (2024, 2025) for month in range(1, 13)]
    table = queries.indices(view(world), edges=[*months, YEAR[1]])
    years = queries.indices(view(world), edges=[months[0], *YEAR])
    for column in ("user_hours", "user_interruptions", "event_count", "short_user_events", "kva_hours", "period_hours"):
        by_year = getattr(table, column).reshape(2, 12).sum(axis=1)
        assert by_year.tolist() == pytest.approx(getattr(years, column).tolist()), column
