"""Lamp station, its people, and a hand on its switches."""

from tests.apps.network.conftest import built_world, switch, world

__all__ = ["built_world", "switch", "world"]
