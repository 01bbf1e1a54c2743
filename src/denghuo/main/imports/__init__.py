"""Files of others become our rows: read and checked outside the database, then taken in whole or not at all.

One door for the command line and the pages, so that both read the same files, find the same problems and do the same:
``reading`` reads, ``words`` says what is wrong, ``intake`` says what would change and does it; ``jobs`` keeps what the
pages were given, and ``working`` works on it in a process of its own.
"""
