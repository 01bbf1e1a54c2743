"""The customer file of a station as a table: a row for each account, a workbook or a CSV file, a million rows of it.

Read in blocks, so that memory does not grow with the file (:func:`open_customers`); written as the template that a
clerk fills in (:func:`write_customers_template`), and handed back as the rows that could not be taken in and why
(:func:`write_refused_customers`). Every column is described in ``docs/adapters-tables.md``.
"""

from denghuo.adapters.customer_tables.reading import CustomerBlock, CustomerRow, CustomerTable, open_customers
from denghuo.adapters.customer_tables.schema import CUSTOMERS
from denghuo.adapters.customer_tables.writing import write_customers_template, write_refused_customers

__all__ = [
    "CUSTOMERS",
    "CustomerBlock",
    "CustomerRow",
    "CustomerTable",
    "open_customers",
    "write_customers_template",
    "write_refused_customers",
]
