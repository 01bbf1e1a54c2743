"""The worker drains, waits and stops. Its death is the subject of `tests/flows/test_worker_killed.py`."""

import threading

import pytest
from django.db import connection

from denghuo.apps.ledger import database
from denghuo.apps.ledger.worker import run_worker
from tests.apps.ledger.town import LampCounted, LampLit


@pytest.mark.django_db
def test_it_takes_the_background_too_and_stops_when_told(light, follow):
    stop, seen = threading.Event(), []

    def see(fact, **_):
        seen.append(fact.number)
        if len(seen) == 3:
            stop.set()

    follow(LampLit, "town.see", see, background=True)
    for number in range(4):
        light(number)
    run_worker(stop=stop)
    assert seen == [0, 1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_waiting_worker_hears_of_a_new_delivery(light, follow):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's workers look by themselves")
    follow(LampCounted, "town.other", print)
    follow(LampLit, "town.see", lambda fact, **_: None, background=True)
    stop = threading.Event()
    with database.Bell(stop=stop) as bell:
        light(1)
        bell.wait(at_most_s=600)  # would outlast the test's patience if the bell were not heard
