"""The business, one Django app per bounded context, lowest first: a context knows only the contexts below it."""
