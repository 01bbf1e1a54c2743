"""What the product has to hold to. A package, so that no library's own `tests` is taken for it."""
