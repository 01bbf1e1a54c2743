from django.urls import path

from denghuo.apps.staffing import views

app_name = "staffing"
urlpatterns = [
    path("", views.home, name="home"),
    path("alerts/", views.alerts, name="alerts"),
    path("ahead/", views.ahead, name="ahead"),
    path("set-up/", views.begin, name="begin"),
    path("forecast/", views.forecast, name="forecast"),
    path("known/", views.known, name="known"),
    path("known/<int:known_id>/", views.known_edit, name="known-edit"),
    path("known/<int:known_id>/withdraw/", views.known_withdraw, name="known-withdraw"),
    path("rules/", views.rules, name="rules"),
    path("rules/shifts/", views.shifts, name="shifts"),
    path("wishes/", views.wishes, name="wishes"),
    path("absences/", views.absences, name="absences"),
    path("absences/<int:absence_id>/withdraw/", views.withdraw, name="withdraw"),
    path("calendar/", views.calendar, name="calendar"),
    path("plan/", views.plan_now, name="plan-now"),
    path("plan/<str:month>/", views.plan, name="plan"),
    path("plan/<str:month>/publish/", views.publish, name="publish"),
    path("plan/<str:month>/discard/", views.discard, name="discard"),
    path("plan/<str:month>/swap/", views.swap, name="swap"),
    path("plan/<str:month>/swap/undo/", views.undo, name="undo"),
    path("plan/<str:month>/swaps/", views.swaps, name="swaps"),
    path("plan/<str:month>/export/", views.export, name="export"),
    path("person/", views.person, name="person"),
    path("person/wish/", views.wish, name="wish"),
    path("person/duties.ics", views.duties_file, name="duties-file"),
    path("person/call-ups/<int:call_up_id>/", views.answer, name="answer"),
    path("adherence/", views.adherence, name="adherence"),
    path("surge/", views.surges, name="surges"),
    path("surge/put-off/", views.put_off, name="put-off"),
    path("surge/<int:surge_id>/", views.surge, name="surge"),
    path("surge/<int:surge_id>/send/", views.send_offer, name="send-offer"),
]
