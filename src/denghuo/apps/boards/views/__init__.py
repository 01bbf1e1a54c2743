"""The first page, and the shift report."""

from denghuo.apps.boards.views.home import home
from denghuo.apps.boards.views.shift import shift

__all__ = ["home", "shift"]
