"""Call logs that are given on a page: read by a process of its own, as `denghuo hotline import` reads them."""
