"""Serves the events of live pages, in a process of its own: an open connection would cost the pages a thread."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.main.settings")
application = get_asgi_application()
