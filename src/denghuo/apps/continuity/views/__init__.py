"""Pages of reliability. A request becomes one question; clock, permission and language are read here."""

from denghuo.apps.continuity.views.export import export
from denghuo.apps.continuity.views.pages import breakdown, frequent, home, parts, why
from denghuo.apps.continuity.views.targets import targets

__all__ = ["breakdown", "export", "frequent", "home", "parts", "targets", "why"]
