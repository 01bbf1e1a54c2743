from django.urls import path

from denghuo.main.customer_files import views

# Under the customers' addresses: see main/urls.py.
urlpatterns = [
    path("import/", views.home, name="import"),
    path("import/template-<slug:language>.xlsx", views.template, name="import-template"),
    path("import/<slug:file_id>/", views.upload, name="import-upload"),
    path("import/<slug:file_id>/confirm/", views.confirm, name="import-confirm"),
    path("import/<slug:file_id>/discard/", views.discard, name="import-discard"),
    path("import/<slug:file_id>/refused.xlsx", views.refused, name="import-refused"),
]
