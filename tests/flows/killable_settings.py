"""The platform's settings with the ledger alone: a worker that is about to be killed should at least start quickly."""

from denghuo.main.settings import *  # noqa: F403

INSTALLED_APPS = ["denghuo.apps.ledger"]
ROOT_URLCONF = "tests.flows.killable_settings"  # no addresses
urlpatterns: list[object] = []
