"""The hotline: every call with its stages, how it ended, and what is derived of calls: figures, causes, the live board.

Owns exchanges, queues, agents' seats, calls, their tallies, the definitions and targets they are judged by, named
causes, and the state of the board. Does not own outages (outages), forecasts, rosters and surges (staffing), articles
(knowledge), the customer file (customers), or what the customer's word becomes (orders): the desk writes it down there.
"""
