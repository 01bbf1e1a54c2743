"""Service orders: what a customer's word became, who has it in hand, and every clock and promise that runs on it.

Owns the eight kinds of order and their steps, limits, hand-overs, promises, receipts and appeals. Does not own the crew
that drives out (crews) or the outage behind many orders (outages).
"""
