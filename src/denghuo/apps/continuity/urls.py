from django.urls import path

from denghuo.apps.continuity import views

app_name = "continuity"
urlpatterns = [
    path("", views.home, name="home"),
    path("why/<str:column>/", views.why, name="why"),
    path("by/<str:by>/", views.breakdown, name="breakdown"),
    path("frequent/", views.frequent, name="frequent"),
    path("interruptions/", views.parts, name="parts"),
    path("export/", views.export, name="export"),
    path("targets/", views.targets, name="targets"),
]
