"""The customer file on SQLite: a million customers taken in from a CSV file, taken in again unchanged, and found in the
one box; beside the same questions asked with LIKE of plain columns in the same database. Every name, number and address
is made of a few syllables by a formula, so that the common ones are as common as in life and none is anybody's.

Each import is a process of its own, as in life: its time and its peak memory are those of the whole process, file read,
Django started and all.
"""

import csv
import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from bench.common import BenchRow

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
PLACES, ASKED, FEWER = 8_000, 300, 50_000
AT = datetime(2026, 1, 1, tzinfo=UTC)
NAN = float("nan")
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海燕小春林晓东永生新宇子轩浩然雨涵欣怡梓晨思远嘉琪"
)
PLACE_NAMES = "青禾柳溪云台石桥灯山松林河湾清泉杨树梨园枣庄槐荫桃坪竹坞沙洲"
TOWNS = "灯火镇山前镇河口镇湖畔镇桥头镇松岭乡桃源乡石滩乡"

HEADINGS = (
    "户号",
    "户名",
    "联系电话",
    "用电地址",
    "台区编号",
    "用电类别",
    "电能表号",
    "供电电压",
    "产权分界点",
    "供电状态",
)


def rows() -> list[BenchRow]:
    """Taking in, taking in again, finding."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DENGHUO_HOME": folder, "DJANGO_SETTINGS_MODULE": "denghuo.main.settings"}
        return list(_measured(Path(folder)))


def _measured(folder: Path) -> Iterator[BenchRow]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    unit_id = _unit()
    table = folder / "customers.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADINGS)
        writer.writerows(customers(CUSTOMERS))
    size = f"{CUSTOMERS:,} rows, {table.stat().st_size / 1e6:.0f} MB"
    for work, goal in (("take in a customer file", "< 300 s, < 1,000 MB"), ("take it in again, unchanged", "–")):
        seconds, peak_mb = _import(table, unit_id)
        yield BenchRow(
            work=work,
            size=size,
            goal=goal,
            ours_s=seconds,
            peak_mb=peak_mb,
            peers={},
            note="one process, file to fact: every name, door and number sealed and found by blind index",
        )
    yield _beside_import_export(folder, unit_id)
    yield from _finding(unit_id)


def _unit() -> int:
    from denghuo.apps.organization.actions import open_unit
    from denghuo.apps.organization.models import UnitKind

    return int(open_unit(code="county", name="县公司", kind=UnitKind.STATION, parent=None, at=AT, actor="bench").pk)


def customers(count: int, *, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """Rows of a customer file. Names follow the skew of surnames; a place has some hundred doors."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(3, len(SURNAMES) + 3)
    surname = rng.choice(len(SURNAMES), size=count, p=weights / weights.sum())
    first, second = (rng.integers(0, len(GIVEN), size=count) for _ in range(2))
    short = rng.random(count) < 0.18
    places = [
        f"{TOWNS[3 * (n % 8) : 3 * (n % 8) + 3]}{PLACE_NAMES[2 * (n % 16) : 2 * (n % 16) + 2]}{n // 16}村"
        for n in range(PLACES)
    ]
    for n in range(count):
        name = SURNAMES[surname[n]] + GIVEN[first[n]] + ("" if short[n] else GIVEN[second[n]])
        place = n * PLACES // count
        yield (
            f"{3300000000 + n}",
            name,
            f"128{n:08d}",
            f"{places[place]}{n % 12 + 1}组{n % 97 + 1}号",
            f"T{place // 4:05d}",
            "居民生活",
            f"{50_000_000 + n}",
            "220V",
            "电能表出线处",
            "正常",
        )


_IMPORT = """
import sys, django
from pathlib import Path
django.setup()
from datetime import UTC, datetime
from denghuo.adapters.customer_tables import open_customers
from denghuo.apps.customers.actions import import_customers
with open_customers(Path(sys.argv[1])) as table:
    fact = import_customers(unit_id=int(sys.argv[2]), blocks=table.blocks, source_name="bench",
                            at=datetime(2026, 1, 1, tzinfo=UTC), actor="bench")
print(fact, table.problems.kept[:3])
"""


def _import(table: Path, unit_id: int) -> tuple[float, float]:
    """Seconds and peak memory [MB] of a process that takes in a file."""
    return _alone(_IMPORT, table, unit_id)


def _alone(program: str, *arguments: object, python: str = sys.executable) -> tuple[float, float]:
    """Seconds and peak memory [MB] of a program in a process of its own."""
    watched = program + "\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    started = time.perf_counter()
    command = [python, "-c", watched, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    print(done.stdout.strip(), file=sys.stderr)
    return seconds, int(done.stdout.split()[-1]) / 1024


# The library that Django sites take for this, in its quickest way: rows of one plain table, written in bulk, without a
# report of what is different. It holds the file and a result for every row in memory.
_PEER = """
import sys, django
from django.conf import settings
settings.configure(INSTALLED_APPS=["import_export"], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
                   DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[2]}})
django.setup()
from django.db import connection, models
names = ("number", "name", "phone", "address", "load_code", "category", "meter", "voltage", "boundary", "state")
fields = {name: models.CharField(max_length=200, unique=name == "number") for name in names}
Plain = type("Plain", (models.Model,), {**fields, "__module__": "import_export",
             "Meta": type("Meta", (), {"app_label": "import_export"})})
with connection.schema_editor() as editor:
    editor.create_model(Plain)
import tablib
from import_export import resources
options = {"model": Plain, "import_id_fields": ("number",), "fields": names, "use_bulk": True, "skip_diff": True,
           "batch_size": 1000}
Told = type("Told", (resources.ModelResource,), {"Meta": type("Meta", (), options)})
data = tablib.Dataset().load(open(sys.argv[1], encoding="utf-8-sig").read(), format="csv")
data.headers = names
done = Told().import_data(data, raise_errors=True)
print(done.totals)
"""


def _beside_import_export(folder: Path, unit_id: int) -> BenchRow:
    """The same rows, fewer of them, for the library that holds them all in memory."""
    table = folder / "fewer.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADINGS)
        writer.writerows((f"9{row[0]}", *row[1:]) for row in customers(FEWER, seed=2))
    seconds, peak_mb = _import(table, unit_id)
    peers, held = {}, "the peer is not installed here"
    # The library may live in an environment of its own, whose interpreter BENCH_PEER_PYTHON names.
    python = os.environ.get("BENCH_PEER_PYTHON", sys.executable if importlib.util.find_spec("import_export") else "")
    if python:
        own = folder / "peer.sqlite3"
        peers["django-import-export, one plain table"], peer_mb = _alone(_PEER, table, own, python=python)
        held = f"the peer held {peer_mb:,.0f} MB"
    return BenchRow(
        work="take in a smaller file",
        size=f"{FEWER:,} rows, 1 file",
        goal="–",
        ours_s=seconds,
        peak_mb=peak_mb,
        peers=peers,
        note=f"ours fills eight tables and the blind index, sealed; {held}",
    )


def _finding(unit_id: int) -> Iterator[BenchRow]:
    """The one box, and the same with LIKE."""
    from django.db import connection

    from denghuo.apps.customers.queries import search
    from denghuo.apps.organization.models import Unit

    path = Unit.objects.get(pk=unit_id).path
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (number TEXT, name TEXT, initials TEXT, phone TEXT, address TEXT)")
        from denghuo.apps.customers.snapshot import initials_of

        told = ((row[0], row[1], initials_of(row[1]), row[2], row[3]) for row in customers(CUSTOMERS))
        cursor.executemany("INSERT INTO plain VALUES (%s, %s, %s, %s, %s)", list(told))
    for work, question in _QUESTIONS.items():
        asked = list(question(ASKED))
        ours = _times(lambda text: search([path], text), asked)
        like = _times(_like, asked[:30])
        yield BenchRow(
            work=f"one box: {work}",
            size=f"{CUSTOMERS:,} customers",
            goal="p95 < 0.1 s",
            ours_s=float(np.quantile(ours, 0.95)),
            peak_mb=NAN,
            peers={"LIKE on plain columns": float(np.quantile(like, 0.95))},
            note=f"p95 of {len(asked)} searches, hits opened and masked; median {statistics.median(ours) * 1e3:.0f} ms",
        )


def _sample(column: int, cut: Callable[[str], str] = str) -> Callable[[int], Iterator[str]]:
    """Questions made of what stands in the file, evenly through it."""

    def ask(count: int) -> Iterator[str]:
        step = max(CUSTOMERS // count, 1)
        for n, row in enumerate(customers(CUSTOMERS)):
            if n % step == 0:
                yield cut(row[column])

    return ask


def _initials(name: str) -> str:
    from denghuo.apps.customers.snapshot import initials_of

    return initials_of(name)


def _two(count: int) -> Iterator[str]:
    step = max(CUSTOMERS // count, 1)
    for n, row in enumerate(customers(CUSTOMERS)):
        if n % step == 0:
            yield f"{_initials(row[1])[:2]} {row[3][3:].partition('村')[0]}"


_QUESTIONS: dict[str, Callable[[int], Iterator[str]]] = {
    "number of an account": _sample(0),
    "phone": _sample(2),
    "whole name": _sample(1),
    "two characters of a name": _sample(1, lambda name: name[-2:]),
    "initials": _sample(1, _initials),
    "village and door": _sample(3, lambda address: address[3:]),
    "initials and village": _two,
}


def _times(ask: Callable[[str], Any], asked: list[str]) -> list[float]:
    ask(asked[0])
    told = []
    for text in asked:
        started = time.perf_counter()
        ask(text)
        told.append(time.perf_counter() - started)
    return told


def _like(text: str) -> list[Any]:
    from django.db import connection

    words = text.split()
    columns = ("number", "name", "initials", "phone", "address")
    where = " AND ".join([f"({' OR '.join(f'{name} LIKE %s' for name in columns)})"] * len(words))
    values = [f"%{word}%" for word in words for _ in range(5)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM plain WHERE {where} LIMIT 21", values)
        return cursor.fetchall()
