"""What assignments and people of crews are called where only their reference stands."""

from collections.abc import Collection

from denghuo.apps.crews.models import Assignment, CrewMember

_ASSIGNMENT, _MEMBER = "crews.assignment:", "crews.member:"


def names_of_refs(refs: Collection[str]) -> dict[str, str]:
    """Crew and place of assignments, crew and name of people, by reference."""
    sent = Assignment.objects.filter(pk__in=_keys(refs, _ASSIGNMENT)).select_related("crew")
    people = CrewMember.objects.filter(pk__in=_keys(refs, _MEMBER)).select_related("crew", "user")
    names = {f"{_MEMBER}{one.pk}": f"{one.crew} {one.user}" for one in people}
    return names | {f"{_ASSIGNMENT}{row.pk}": str(row) for row in sent}


def _keys(refs: Collection[str], of: str) -> list[int]:
    keys = (ref.removeprefix(of) for ref in refs if ref.startswith(of))
    return [int(key) for key in keys if key.isascii() and key.isdecimal()]
