"""Instances of Curtois and Qu: read, solved to the best known cost, refused where they are broken."""

import json
from pathlib import Path

import numpy as np
import pytest

from denghuo.adapters.problems import ModelError
from denghuo.adapters.rosters import read_staff_instance
from denghuo.engines.rostering import (
    Demands,
    Limits,
    RosterProblem,
    RunLimit,
    Successions,
    build_shifts,
    report_roster,
    solve_roster,
)

SMALL = """# a comment
SECTION_HORIZON
7
SECTION_SHIFTS
E,480,
L,480,E|D
D,480,E
SECTION_STAFF
A,E=7|L=2|D=7,2400,480,5,2,2,1
B,E=7|L=7|D=0,2400,480,5,2,2,1
SECTION_DAYS_OFF
A,0,3
SECTION_SHIFT_ON_REQUESTS
A,2,L,2
SECTION_SHIFT_OFF_REQUESTS
B,1,E,3
SECTION_COVER
0,E,1,100,1
1,L,2,100,2
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "instance.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_section_is_read(tmp_path: Path) -> None:
    found = read_staff_instance(_written(tmp_path, SMALL))
    problem = found.problem
    assert (found.shift_ids, found.people_ids) == (("E", "L", "D"), ("A", "B"))
    rules = {rule.id: rule for rule in problem.rules}
    succession = rules["succession"]
    assert isinstance(succession, Successions)
    assert np.asarray(succession.forbidden).tolist() == [[False] * 3, [True, False, True], [True, False, False]]
    assert np.asarray(problem.allowed)[0, [0, 3]].tolist() == [[False] * 3 + [True]] * 2
    told = report_roster(problem, [[-1, 1, 1, -1, -1, -1, -1], [-1, 0, 1, -1, -1, -1, -1]])
    assert told.valid
    assert told.cost == 100 + 100 + 3


def test_everything_wrong_with_a_file_is_told_by_line(tmp_path: Path) -> None:
    broken = SMALL.replace("A,2,L,2", "Z,2,L,x").replace("A,0,3", "A,9").replace("1,L,2,100,2", "1,L,2")
    with pytest.raises(ModelError) as caught:
        read_staff_instance(_written(tmp_path, broken))
    assert sorted({one.row for one in caught.value.problems}) == [19]
    with pytest.raises(ModelError) as caught:
        read_staff_instance(_written(tmp_path, broken.replace("1,L,2\n", "")))
    assert {one.row for one in caught.value.problems} == {12, 14}
    with pytest.raises(ModelError) as caught:
        read_staff_instance(_written(tmp_path, "nothing"))
    assert len(caught.value.problems) == 5


@pytest.mark.data
def test_the_first_instance_reaches_its_best_known_cost(reference_data: Path) -> None:
    found = read_staff_instance(reference_data / "hotline/rostering/Instance1.txt")
    solved = solve_roster(found.problem)
    assert solved.proven_optimal and solved.costs == (607,)
    assert report_roster(found.problem, solved.roster).cost == 607


@pytest.mark.data
@pytest.mark.nightly
@pytest.mark.parametrize(("number", "best"), [(2, 828), (3, 1001)])
def test_the_best_known_cost_is_reached_and_proven(reference_data: Path, number: int, best: int) -> None:
    found = read_staff_instance(reference_data / f"hotline/rostering/Instance{number}.txt")
    solved = solve_roster(found.problem, limits=Limits(time_limit_s=300.0))
    assert solved.proven_optimal and solved.costs == (best,)
    assert report_roster(found.problem, solved.roster).valid


@pytest.mark.data
@pytest.mark.nightly
def test_a_rotating_workforce_is_a_ring_of_weeks(reference_data: Path) -> None:
    given = json.loads((reference_data / "hotline/rostering/rotating_workforce_0103.json").read_text(encoding="utf-8"))
    shifts, needed = len(given["shifts"]), np.array(given["temporalRequirements"])
    shift, day = (of.ravel() for of in np.indices(needed.shape))
    rules = [RunLimit(id="work", at_least=given["workBlockLength"]["min"], at_most=given["workBlockLength"]["max"])]
    rules += [RunLimit(id="off", off=True, at_least=given["daysOff"]["min"], at_most=given["daysOff"]["max"])]
    for at, block in enumerate(given["shifts"]):
        one = np.arange(shifts) == at
        rules += [RunLimit(id=f"block_{at}", shifts=one, at_least=block["blockMin"], at_most=block["blockMax"])]
    successions = []
    for gap in (0, 1):
        forbidden = np.zeros((shifts, shifts), np.bool_)
        for pair in given["forbids"]:
            forbidden[pair["before"], pair["after"]] |= pair["daysOff"] == gap
        successions.append(Successions(id=f"after_{gap}", forbidden=forbidden, days_off=gap))
    problem = RosterProblem(
        shifts=build_shifts(start_min=[0] * shifts, length_min=[480] * shifts),
        people_count=given["nWorkers"],
        day_count=given["weekLength"],
        demands=Demands(day=day, shift=shift, at_least=needed.ravel(), at_most=needed.ravel()),
        rules=(*rules, *successions),
        ring=True,
    )
    solved = solve_roster(problem, limits=Limits(time_limit_s=300.0))
    assert solved.proven_optimal
    assert report_roster(problem, solved.roster).valid
