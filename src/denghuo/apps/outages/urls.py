from django.urls import path

from denghuo.apps.outages import views

app_name = "outages"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("<int:network_id>/numbered/<path:number>/", views.numbered, name="numbered"),
    path("<int:outage_id>/", views.outage, name="outage"),
    path("<int:outage_id>/classify/", views.classify, name="classify"),
]
