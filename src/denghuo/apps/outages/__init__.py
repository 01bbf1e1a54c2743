"""Outages: why supply was lost, what is being done, and how it came back.

Owns the outage event (its number, kind, cause, plan, and what people said of it) and the summary of its supply derived
from the switching log. Does not own the log (network), the booked intervals and indices (continuity), or the crews.
"""
