from django.urls import path

from denghuo.apps.crews import views

app_name = "crews"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("assign/", views.assign, name="assign"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("prices/", views.prices, name="prices"),
    path("rules/", views.rules, name="rules"),
    path("<int:crew_id>/", views.crew, name="crew"),
    path("<int:crew_id>/edit/", views.edit, name="edit"),
    path("<int:crew_id>/close/", views.close, name="close"),
    path("<int:crew_id>/members/", views.join, name="join"),
    path("<int:crew_id>/certificates/", views.certificate, name="certificate"),
    path("<int:crew_id>/duty/", views.duty, name="duty"),
    path("members/<int:member_id>/leave/", views.leave, name="leave"),
    path("members/<int:member_id>/phone/", views.phone, name="phone"),
    path("certificates/<int:certificate_id>/withdraw/", views.drop_certificate, name="drop-certificate"),
    path("duties/<int:duty_id>/withdraw/", views.drop_duty, name="drop-duty"),
    path("assignments/<int:assignment_id>/", views.assignment, name="assignment"),
    path("assignments/<int:assignment_id>/withdraw/", views.withdraw, name="withdraw"),
    path("photos/<int:photo_id>/", views.photo, name="photo"),
    # The crew's own page. Its service worker lies above it, so that it may serve it without a network.
    path("sw.js", views.service_worker, name="service-worker"),
    path("app.webmanifest", views.manifest, name="manifest"),
    path("mine/", views.mine, name="mine"),
    path("mine/reports/", views.reports, name="reports"),
    path("mine/<int:assignment_id>/step/", views.step, name="step"),
    path("mine/<int:assignment_id>/call/<int:order_id>/", views.call, name="call"),
]
