"""The application that a web server runs."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.main.settings")
application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - all pages are read in before the first request, not by it
# What is there by now stays for good: to look through it for garbage again and again held requests up for 200 ms.
gc.collect()
gc.freeze()
