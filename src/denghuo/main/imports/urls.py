from django.urls import path

from denghuo.main.imports import views

app_name = "imports"
urlpatterns = [
    path("", views.home, name="home"),
    path("templates/<slug:kind>-<slug:language>.xlsx", views.template, name="template"),
    path("<slug:job_id>/", views.job, name="job"),
    path("<slug:job_id>/confirm/", views.confirm, name="confirm"),
    path("<slug:job_id>/discard/", views.discard, name="discard"),
    path("<slug:job_id>/marked.xlsx", views.marked, name="marked"),
]
