"""Addresses: one include per context, its pages named `<context>:<page>` and its landing page `<context>:home`."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from denghuo.apps.customers import urls as customers
from denghuo.apps.hotline import urls as hotline
from denghuo.main.call_logs import urls as call_logs
from denghuo.main.customer_files import urls as customer_files

from . import api, sign_in, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("password/", sign_in.password, name="password"),
    path("language/", include("django.conf.urls.i18n")),
    path("health/", views.health, name="health"),
    path("help/", views.help_page, name="help"),
    path("api/", api.urls),
    path("", include("denghuo.apps.boards.urls")),
    path("network/", include("denghuo.apps.network.urls")),
    path("outages/", include("denghuo.apps.outages.urls")),
    path("customers/", include(([*customers.urlpatterns, *customer_files.urlpatterns], customers.app_name))),
    path("orders/", include("denghuo.apps.orders.urls")),
    path("crews/", include("denghuo.apps.crews.urls")),
    path("reliability/", include("denghuo.apps.continuity.urls")),
    path("hotline/", include(([*hotline.urlpatterns, *call_logs.urlpatterns], hotline.app_name))),
    path("staffing/", include("denghuo.apps.staffing.urls")),
    path("knowledge/", include("denghuo.apps.knowledge.urls")),
    path("notices/", include("denghuo.apps.notices.urls")),
    path("programs/", include("denghuo.apps.organization.urls")),
    path("report/", include("denghuo.apps.portal.urls")),
    path("import/", include("denghuo.main.imports.urls")),
]
