"""What docs/notebook.md shows is run, cell after cell, on the small feeder that ships with the tests."""

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEEDER = ROOT / "tests/adapters/data/ieee123/123Bus/IEEE123Master.dss"
LOG = "device,operation,time,event\nsw2,open,2026-05-01 08:00:00,1\nsw2,close,2026-05-01 10:30:00,1\n"


def test_every_cell_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs/notebook.md").read_text()
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    told = {
        "ieee9500_base.dss": FEEDER.as_posix(),
        "log.csv": log.as_posix(),
        "ln0863704_sw": "sw2",
        "l2673322": "l35",
    }
    cells = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    shown: dict[str, Any] = {}
    for cell in cells:
        code = cell
        for name, here in told.items():
            code = code.replace(f'"{name}"', f'"{here}"')
        exec(compile(code, "docs/notebook.md", "exec"), shown)
    assert len(cells) == 5
    assert int((~shown["found"].load_supplied).sum()) == 52
    assert shown["plan"].lv_customer_hours <= shown["plan"].whole_line.lv_customer_hours
    assert shown["table"].user_hours[0] == pytest.approx(52 * 2.5)
