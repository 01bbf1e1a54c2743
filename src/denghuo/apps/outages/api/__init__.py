"""Outages for programs: the list, each with its steps and loads, plans; what is suspected, told by meters, expected."""

from denghuo.apps.outages.api import desk, outages
from denghuo.apps.outages.api.reach import router

__all__ = ["desk", "outages", "router"]
