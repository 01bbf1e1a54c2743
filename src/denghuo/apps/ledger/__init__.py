"""What happened, recorded once and for ever, and what still has to follow from it.

Owns facts (audit trail, outbox and event log in one) and their deliveries to reactions. Knows no other context and no
reaction: `main` tells it which action follows which fact.
"""
