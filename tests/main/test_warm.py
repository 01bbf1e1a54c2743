"""Every engine that a page may use is compiled at set-up."""

import importlib.util
import pkgutil
from pathlib import Path

import denghuo.engines
from denghuo.main.warm import warm


def kernels() -> list[Path]:
    """The sources of compiled code."""
    found = pkgutil.walk_packages(denghuo.engines.__path__, "denghuo.engines.")
    specs = [importlib.util.find_spec(module.name) for module in found if module.name.endswith("_kernels")]
    return [Path(spec.origin) for spec in specs if spec and spec.origin]


def test_every_engine_is_used_once() -> None:
    """What is compiled lies beside the source, also of a kernel that only other kernels call."""
    warm()
    sources = kernels()
    assert len(sources) >= 4
    for source in sources:
        assert list(source.parent.glob(f"__pycache__/{source.stem}.*.nbi")), f"{source.name} is not warmed"
