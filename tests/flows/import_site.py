"""The small town behind a real web server, in a home folder of its own: imports run as processes, as they do for users.

`python -m tests.flows.import_site 8123` makes the town, where it is not there yet, and serves it until it is ended.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.main.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from denghuo.apps.organization.models import Unit  # noqa: E402
from tests.world import make_world  # noqa: E402

if __name__ == "__main__":
    call_command("migrate", verbosity=0, interactive=False)
    if not Unit.objects.exists():
        make_world()
    call_command("runserver", f"127.0.0.1:{sys.argv[1]}", "--noreload")
