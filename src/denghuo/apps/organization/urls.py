from django.urls import path

from denghuo.apps.organization import views

app_name = "organization"
urlpatterns = [
    path("", views.tokens, name="tokens"),
    path("<int:token_id>/revoke/", views.revoke, name="revoke-token"),
]
