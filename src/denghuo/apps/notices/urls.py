from django.urls import path

from denghuo.apps.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.home, name="home"),
    path("<int:notice_id>/read/", views.read, name="read"),
]
