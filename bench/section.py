"""One area measured, as a section of docs/performance.md."""

import importlib

from bench.common import BenchRow


def section(area: str) -> str:
    """Measure one area."""
    module = importlib.import_module(f"bench.{area}")
    title = area.replace("_", " ").capitalize()
    return f"## {title}\n\n{(module.__doc__ or '').strip()}\n\n{table(module.rows())}\n"


def table(rows: list[BenchRow]) -> str:
    lines = ["| Work | Size | Goal | Denghuo | Memory | Peers | Note |", "|---|---|--:|--:|--:|---|---|"]
    for row in rows:
        peers = ", ".join(f"{name} {spoken(seconds)}" for name, seconds in row.peers.items()) or "–"
        memory = "–" if row.peak_mb != row.peak_mb else f"{row.peak_mb:,.0f} MB"
        ours = f"**{spoken(row.ours_s)}**"
        lines.append(f"| {row.work} | {row.size} | {row.goal} | {ours} | {memory} | {peers} | {row.note} |")
    return "\n".join(lines) + "\n"


def spoken(seconds: float) -> str:
    """Seconds in the unit a reader would use.

    >>> spoken(0.00042), spoken(0.0713), spoken(4.2), spoken(7200)
    ('0.42 ms', '71 ms', '4.2 s', '2.0 h')
    """
    if seconds < 0.01:
        return f"{seconds * 1e3:.2f} ms"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 3600:.1f} h"
