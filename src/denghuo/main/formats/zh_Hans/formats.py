"""Django groups nothing in Chinese; books and screens of the field do, by thousands, and so do our scripts."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
