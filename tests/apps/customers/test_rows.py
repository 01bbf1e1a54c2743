"""Many rows at once, with keys that others refer to."""

import pytest

from denghuo.apps import rows
from denghuo.apps.customers.models import Person, Place
from tests.world import World


@pytest.mark.django_db
def test_reserved_keys_are_nobody_elses(world: World) -> None:
    first = rows.reserve(Place, 3)
    assert len(set(first)) == 3
    rows.insert_values(Place, ("id", "unit", "name"), [(key, world.lamp.pk, f"{key}村") for key in first])
    after = Place.objects.create(unit=world.lamp, name="后来")
    assert after.pk not in set(first)
    again = rows.reserve(Place, 2)
    assert not {*first, after.pk} & set(again)
    assert sorted(Place.objects.values_list("name", flat=True)) == sorted([*(f"{key}村" for key in first), "后来"])


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 332, 333, 334, 2_345])
def test_every_row_goes_in_whole_and_in_order(world: World, count: int) -> None:
    keys = rows.reserve(Place, count)
    rows.insert_values(
        Place, ("id", "unit", "name"), ((key, world.lamp.pk, f"{place}村") for place, key in enumerate(keys))
    )
    told = dict(Place.objects.values_list("pk", "name"))
    assert told == {key: f"{place}村" for place, key in enumerate(keys)}
    rows.insert([Place(unit_id=world.wick.pk, name=f"{place}村") for place in range(count)])
    there = Place.objects.filter(unit=world.wick).order_by("pk")
    assert list(there.values_list("name", flat=True)) == [f"{place}村" for place in range(count)]


@pytest.mark.django_db
def test_values_are_written_as_their_columns_want_them(world: World) -> None:
    (key,) = rows.reserve(Person, 1)
    names = ("id", "unit", "number", "kind", "name", "quiet_from", "quiet_until", "anonymized_at", "forgotten_key")
    rows.insert_values(Person, names, [(key, world.lamp.pk, "", "person", "张\t小\\灯\n", None, None, None, None)])
    assert Person.objects.get(pk=key).name == "张\t小\\灯\n"
    rows.update(Person, ("name",), [("", key)])
    assert Person.objects.get(pk=key).name == ""


@pytest.mark.django_db
def test_objects_that_were_given_their_keys_are_there_as_if_saved(world: World) -> None:
    made = [Place(pk=key, unit_id=world.lamp.pk, name=f"{key}村") for key in rows.reserve(Place, 3)]
    rows.insert(made)
    made[0].name = "改名村"
    made[0].save()
    assert sorted(Place.objects.values_list("pk", "name")) == sorted((one.pk, one.name) for one in made)
