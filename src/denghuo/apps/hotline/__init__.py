"""The hotline: every call with its stages, how it ended, and what is derived of calls: figures, causes, the live board.

Owns exchanges, queues, agents' seats, calls, their tallies, the definitions and targets they are judged by, named
causes, and the state of the board. Does not own outages (outages), forecasts, rosters and surges (staffing), articles
(knowledge), or the customer file: who calls is looked up in a table of numbers until there is one.
"""
