"""Customers: who is supplied where, how they can be reached, who cares for them, and who answers for them.

Owns persons, accounts, premises, supply points, meters, phone numbers and their consent, the special-care register and
named responsibility. Does not own what happened to them (orders, calls, outages, bills): their timelines are gathered
by `main` from the contexts that do.
"""
