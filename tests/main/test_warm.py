"""Every engine that a page may use is compiled at set-up."""

import importlib
import pkgutil
from types import ModuleType

from numba.core.dispatcher import Dispatcher

import denghuo.engines
from denghuo.main.warm import warm


def kernels() -> list[ModuleType]:
    found = pkgutil.walk_packages(denghuo.engines.__path__, "denghuo.engines.")
    return [importlib.import_module(module.name) for module in found if module.name.endswith("_kernels")]


def test_every_engine_is_used_once() -> None:
    warm()
    modules = kernels()
    assert len(modules) >= 4
    for module in modules:
        own = [
            one for one in vars(module).values() if isinstance(one, Dispatcher) and one.__module__ == module.__name__
        ]
        assert any(one.signatures for one in own), f"{module.__name__} is not warmed"
