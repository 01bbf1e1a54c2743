from django.urls import path

from denghuo.main.call_logs import template_views, views

# Under the hotline's addresses: see main/urls.py.
urlpatterns = [
    path("import/", views.home, name="import"),
    path("import/templates/", template_views.templates, name="import-templates"),
    path("import/templates/<int:template_id>/", template_views.template_file, name="import-template"),
    path("import/templates/<int:template_id>/remove/", template_views.remove_template, name="import-template-remove"),
    path("import/<slug:upload_id>/", views.upload, name="import-upload"),
    path("import/<slug:upload_id>/again/", views.again, name="import-again"),
    path("import/<slug:upload_id>/columns/", template_views.columns, name="import-columns"),
    path("import/<slug:upload_id>/record/", template_views.record, name="import-record"),
]
