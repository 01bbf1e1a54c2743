"""Rows of staffing as arrays and back."""

INTERVAL_MIN = 30
INTERVALS = 24 * 60 // INTERVAL_MIN
