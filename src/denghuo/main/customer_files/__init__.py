"""Customer files given on the pages or by command: looked at, then taken in, by a process of its own."""
