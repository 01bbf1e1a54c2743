"""The standard that a unit may begin with: four teams on three shifts."""

from collections.abc import Sequence
from datetime import date

# Day, evening and night: start and length in minutes, and whether it is a night.
SHIFTS = ((480, 480, False), (960, 480, False), (0, 480, True))
# A day off lies between the evening, which ends at midnight, and the night, which begins at one.
CYCLE = (0, 1, None, 2)
HALVED = (3,)


def standard_places(teams: Sequence[str], from_date: date) -> dict[str, int]:
    """Where each team stands in the pattern on a day, twice round it because halves take turns: one place apart, so
    that every shift of every day has one team, counted from the calendar so that it does not hang on the first day."""
    length = 2 * len(CYCLE)
    return {team: (place + from_date.toordinal()) % length for place, team in enumerate(teams)}
