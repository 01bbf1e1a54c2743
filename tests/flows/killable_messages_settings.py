"""The platform's settings with what a sender needs alone: one that is about to be killed should start quickly."""

from denghuo.main.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "denghuo.apps.ledger",
    "denghuo.apps.organization",
    "denghuo.apps.notices",
]
# Their tables as the models say: their migrations would ask for every other context.
MIGRATION_MODULES = dict.fromkeys(("auth", "contenttypes", "organization", "notices"))
ROOT_URLCONF = "tests.flows.killable_messages_settings"  # no addresses
urlpatterns: list[object] = []
