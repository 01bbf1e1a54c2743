"""Our own tables, as a supply station's clerk fills them in: workbooks and CSV files, with every problem told at once.

Networks (:func:`read_network_workbook`, :func:`write_network_workbook`, :func:`write_network_template`), switching logs
(:func:`read_switching_log`), and the same file handed back with what is wrong marked in it
(:func:`write_marked_workbook`). Every sheet and column is described in ``docs/adapters-tables.md``.
"""

from denghuo.adapters.tables.files import Limits
from denghuo.adapters.tables.logs import SwitchingRows, read_switching_log, write_switching_log_template
from denghuo.adapters.tables.marking import write_marked_workbook
from denghuo.adapters.tables.network import (
    NetworkReading,
    check_network,
    read_network_folder,
    read_network_workbook,
)
from denghuo.adapters.tables.problems import ProblemList, RowProblem, TableCode, TableError, at_place, sentence
from denghuo.adapters.tables.writing import write_network_folder, write_network_template, write_network_workbook

__all__ = [
    "Limits",
    "NetworkReading",
    "ProblemList",
    "RowProblem",
    "SwitchingRows",
    "TableCode",
    "TableError",
    "at_place",
    "check_network",
    "read_network_folder",
    "read_network_workbook",
    "read_switching_log",
    "sentence",
    "write_marked_workbook",
    "write_network_folder",
    "write_network_template",
    "write_network_workbook",
    "write_switching_log_template",
]
