"""Calls as columns and back: chains of redials, and tallies."""

from denghuo.apps.hotline.snapshot.chains import CHAIN_FIELDS, SERVED, Chained, chain, chained
from denghuo.apps.hotline.snapshot.columns import CallColumns, call_columns, instants
from denghuo.apps.hotline.snapshot.tallies import INTERVAL_MIN, counted_between, tally_rows

__all__ = [
    "CHAIN_FIELDS",
    "INTERVAL_MIN",
    "SERVED",
    "CallColumns",
    "Chained",
    "call_columns",
    "chain",
    "chained",
    "counted_between",
    "instants",
    "tally_rows",
]
