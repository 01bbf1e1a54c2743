from django.urls import path

from denghuo.apps.boards import views

app_name = "boards"
urlpatterns = [
    path("", views.home, name="home"),
    path("shift/", views.shift, name="shift"),
]
