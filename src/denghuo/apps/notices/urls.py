from django.urls import path

from denghuo.apps.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.home, name="home"),
    path("<int:notice_id>/read/", views.read, name="read"),
    path("messages/", views.messages, name="messages"),
    path("messages/<int:message_id>/", views.message, name="message"),
    path("messages/<int:message_id>/address/", views.unmask, name="unmask"),
    path("messages/<int:message_id>/retry/", views.retry, name="retry"),
    path("messages/<int:message_id>/reached/", views.reached, name="reached"),
    path("about/", views.about, name="about"),
    path("about/deliver/", views.deliver, name="deliver"),
    path("undeliverable/", views.undeliverable, name="undeliverable"),
    path("undeliverable/retry/", views.retry_all, name="retry-all"),
    path("templates/", views.templates, name="templates"),
    path("rules/", views.rules, name="rules"),
    path("wishes/", views.wishes, name="wishes"),
    path("paper/", views.paper, name="paper"),
    path("gateways/", views.gateways, name="gateways"),
    path("gateways/<int:gateway_id>/", views.gateway, name="gateway"),
    path("gateways/<int:gateway_id>/registered/", views.gateway_template, name="gateway-template"),
    path("gateways/<int:gateway_id>/try/", views.try_gateway, name="try-gateway"),
    path("receipts/<slug:token>/", views.receipts, name="receipts"),
]
