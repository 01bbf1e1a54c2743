"""Every engine that a page may use is compiled at set-up."""

import importlib.util
import pkgutil
from pathlib import Path

import denghuo.engines
from denghuo.main.warm import warm


def kernels() -> list[Path]:
    """The sources of compiled code that is kept; code without ``cache=True`` is compiled into what calls it."""
    found = pkgutil.walk_packages(denghuo.engines.__path__, "denghuo.engines.")
    specs = [importlib.util.find_spec(module.name) for module in found if module.name.endswith("_kernels")]
    sources = [Path(spec.origin) for spec in specs if spec and spec.origin]
    return [source for source in sources if "cache=True" in source.read_text(encoding="utf-8")]


def test_every_engine_is_used_once() -> None:
    """What is compiled lies beside its source."""
    warm()
    sources = kernels()
    assert len(sources) >= 4
    for source in sources:
        assert list(source.parent.glob(f"__pycache__/{source.stem}.*.nbi")), f"{source.name} is not warmed"
