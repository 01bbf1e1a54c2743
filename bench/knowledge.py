"""Finding an article among 5,000 as an agent types, on SQLite: the query, what holds today, ranking and snippets."""

import os
import statistics
import tempfile
import time
from datetime import UTC, date, datetime

import numpy as np
from bench.common import BenchRow

ARTICLES = 5_000
AT = datetime(2026, 5, 1, tzinfo=UTC)
NAN = float("nan")
# What the articles are about; every word stands in many of them, which is harder than life.
# fmt: off
WORDS = [
    "停电", "报修", "欠费", "复电", "电费", "账单", "阶梯", "电价", "电表", "检定",
    "表计", "更名", "过户", "发票", "光伏", "并网", "充电", "电压", "频繁", "家用",
    "电器", "损坏", "用户", "供电", "线路", "抢修", "人员", "到场", "时间", "分钟",
    "小时", "工作日", "投诉", "意见", "建议", "咨询", "业务", "申请", "材料", "证明",
    "营业厅", "网上", "办理", "登记", "核实", "回复", "处理",
]
# fmt: on
QUERIES = (
    "欠",
    "欠费",
    "复电",
    "表计",
    "qf",
    "欠费停电后多久复电",
    "95598",
    "家用电器损坏赔偿",
    "zzz",
    "停电 报修 怎么办",
)


def rows() -> list[BenchRow]:
    """One search, over all queries."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DENGHUO_HOME": folder, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        return [_measured()]


def _measured() -> BenchRow:
    import django

    django.setup()
    from django.core.management import call_command

    from denghuo.apps.knowledge import queries

    call_command("migrate", verbosity=0)
    path = _fill()
    taken: list[float] = []
    for repeat in range(6):
        for query in QUERIES:
            started = time.perf_counter()
            queries.search([path], query=query, on=date(2026, 6, 1))
            if repeat:  # the first round warms up
                taken.append(time.perf_counter() - started)
    late = statistics.quantiles(taken, n=20)[-1]
    size = f"{ARTICLES:,} articles, {len(QUERIES)} queries"
    return BenchRow(
        work="find an article",
        size=size,
        ours_s=statistics.median(taken),
        peak_mb=NAN,
        peers={},
        note=f"95th percentile {1000 * late:.0f} ms",
    )


def _fill() -> str:
    from django.db import transaction

    from denghuo.apps.knowledge.actions import ArticleEntry, publish_article
    from denghuo.apps.knowledge.models import Topic
    from denghuo.apps.organization.actions import open_unit
    from denghuo.apps.organization.models import UnitKind

    rng = np.random.default_rng(1)

    def some(count: int) -> str:
        return "".join(WORDS[int(place)] for place in rng.integers(len(WORDS), size=count))

    with transaction.atomic():
        unit = open_unit(code="province", name="省公司", kind=UnitKind.PROVINCE, parent=None, at=AT, actor="bench")
        for _ in range(ARTICLES):
            entry = ArticleEntry(
                title=some(3),
                topic=Topic.ENQUIRY,
                body="。".join(some(8) for _ in range(12)),
                basis="—",
                valid_from=date(2026, 1, 1),
            )
            publish_article(unit_id=unit.pk, entry=entry, at=AT, actor="bench")
    return str(unit.path)
