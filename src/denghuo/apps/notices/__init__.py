"""Notices: what people are told, one by one, and whether they have read it.

Owns the outbox: who is told what, where it leads, when it was read. Does not own what is decided upon it: the context
that queues a notice keeps its answer.
"""
