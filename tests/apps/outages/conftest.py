"""Lamp station, its people, and a hand on its switches."""

from tests.apps.network.conftest import switch, world

__all__ = ["switch", "world"]
