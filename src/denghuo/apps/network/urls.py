from django.urls import path

from denghuo.apps.network import views

app_name = "network"
urlpatterns = [
    path("", views.home, name="home"),
    path("<int:network_id>/", views.picture, name="picture"),
    path("<int:network_id>/drawing.json", views.drawing, name="drawing"),
    path("<int:network_id>/state.json", views.state, name="state"),
    path("<int:network_id>/search.json", views.search, name="search"),
    path("<int:network_id>/devices/<path:code>/", views.device, name="device"),
    path("<int:network_id>/operations/", views.log, name="log"),
    path("<int:network_id>/operations/new/", views.record, name="record"),
    path("<int:network_id>/operations/<int:operation_id>/correct/", views.correct, name="correct"),
    path("<int:network_id>/isolation/", views.isolation, name="isolation"),
    path("<int:network_id>/findings/", views.findings, name="findings"),
]
