from django.urls import path

from denghuo.apps.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.start, name="start"),
    path("places/", views.places, name="places"),
    path("known/", views.known, name="known"),
    path("where/", views.ask_number, name="ask-number"),
    path("mine/<str:token>/", views.standing, name="standing"),
    path("mine/<str:token>/say/", views.say, name="say"),
    path("at/<str:sticker>/", views.at_sticker, name="at-sticker"),
    path("stickers/", views.stickers, name="stickers"),
    path("stickers/print/", views.print_stickers, name="print-stickers"),
    path("<slug:matter>/", views.report, name="report"),
]
