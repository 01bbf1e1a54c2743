"""Notices: what people are told, inside the product and outside, and whether it reached them.

Owns the notices of those who sign in; the outbox of messages to customers and staff, the gateways they leave by, their
words, people's wishes, and the clock of the notices that the law asks for. Does not own what is decided upon it: the
context that queues a message acts on its answer. Knows nobody above: whom and what a message is about are references
such as `customers.account:5`.
"""
