from django.urls import path

from denghuo.apps.hotline import views

app_name = "hotline"
urlpatterns = [
    path("", views.home, name="home"),
    path("live/", views.board, name="board"),
    path("live/stream/", views.stream, name="stream"),
    path("why/", views.why, name="why"),
    path("figure/", views.figure, name="figure"),
    path("agents/", views.agents, name="agents"),
    path("calls/", views.calls, name="calls"),
    path("calls/<int:call_id>/", views.call, name="call"),
    path("calls/<int:call_id>/number/", views.unmask, name="unmask"),
    path("causes/", views.causes, name="causes"),
    path("causes/<int:cause_id>/withdraw/", views.withdraw, name="withdraw"),
    path("targets/", views.targets, name="targets"),
    path("definitions/", views.definitions, name="definitions"),
    path("sources/", views.sources, name="sources"),
    path("export/", views.export, name="export"),
]
