from django.urls import path

from denghuo.main.call_logs import views

# Under the hotline's addresses: see main/urls.py.
urlpatterns = [
    path("import/", views.home, name="import"),
    path("import/<slug:upload_id>/", views.upload, name="import-upload"),
    path("import/<slug:upload_id>/again/", views.again, name="import-again"),
]
