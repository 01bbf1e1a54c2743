from django.urls import path

from denghuo.apps.outages import views

app_name = "outages"
urlpatterns = [
    path("", views.home, name="home"),
    path("public/", views.public, name="public"),
    path("new/", views.new, name="new"),
    path("estimates/", views.estimates, name="estimates"),
    path("telling-rules/", views.telling_rules, name="telling-rules"),
    path("judging-rules/", views.judging_rules, name="judging-rules"),
    path("dispatch/", views.dispatch, name="dispatch"),
    path("dispatch/take/", views.take, name="dispatch-take"),
    path("dispatch/send/", views.send, name="dispatch-send"),
    path("dispatch/confirm/", views.confirm, name="dispatch-confirm"),
    path("dispatch/dismiss/", views.dismiss, name="dispatch-dismiss"),
    path("dispatch/estimate/", views.estimate, name="dispatch-estimate"),
    path("dispatch/as-planned/", views.as_planned, name="dispatch-as-planned"),
    path("dispatch/join/", views.join, name="dispatch-join"),
    path("dispatch/same/", views.same, name="dispatch-same"),
    path("<int:network_id>/numbered/<path:number>/", views.numbered, name="numbered"),
    path("<int:outage_id>/", views.outage, name="outage"),
    path("<int:outage_id>/plan/", views.plan, name="plan"),
    path("<int:outage_id>/notice/", views.notice, name="notice"),
    path("<int:outage_id>/notice/send/", views.notice_send, name="notice-send"),
    path("<int:outage_id>/notice/posted/", views.notice_posted, name="notice-posted"),
    path("<int:outage_id>/notice/delivered/", views.notice_delivered, name="notice-delivered"),
    path("<int:outage_id>/notice/print/", views.notice_print, name="notice-print"),
    path("<int:outage_id>/notice/missed/", views.notice_missed, name="notice-missed"),
    path("<int:outage_id>/classify/", views.classify, name="classify"),
]
