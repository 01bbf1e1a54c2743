"""What programs may ask: one router per context, described at `/api/openapi.json` for whoever is signed in."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path
from django.views.generic import RedirectView
from ninja import NinjaAPI

from denghuo import __version__
from denghuo.apps.continuity.api import router as reliability
from denghuo.apps.crews.api import router as crews
from denghuo.apps.customers.api import router as customers
from denghuo.apps.hotline.api import router as hotline
from denghuo.apps.knowledge.api import router as knowledge
from denghuo.apps.network.api import router as network
from denghuo.apps.orders.api import router as orders
from denghuo.apps.outages.api import router as outages

# Without ninja's page of documentation: it would load its script from elsewhere.
api = NinjaAPI(title="Denghuo", version=__version__, urls_namespace="api", docs_url=None, docs_decorator=login_required)
api.add_router("/crews", crews)
api.add_router("/customers", customers)
api.add_router("/hotline", hotline)
api.add_router("/knowledge", knowledge)
api.add_router("/network", network)
api.add_router("/orders", orders)
api.add_router("/outages", outages)
api.add_router("/reliability", reliability)

_patterns, _app, _namespace = api.urls
_root = path("", login_required(RedirectView.as_view(pattern_name="api:openapi-json")), name="api-root")
urls = (
    [_root, *(one for one in _patterns if not (isinstance(one, URLPattern) and one.name == "api-root"))],
    _app,
    _namespace,
)
