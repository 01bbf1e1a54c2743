"""Boards: what each role sees first. Owns no tables and no figures of its own; reads the queries of every context."""
