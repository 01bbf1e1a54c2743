"""Portal: the customer's own door, without signing in. Report forms, where a report stands, stickers with codes.
It owns no tables: what comes in is an order as any other."""
