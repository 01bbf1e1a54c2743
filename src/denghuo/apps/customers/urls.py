from django.urls import path

from denghuo.apps.customers import views

app_name = "customers"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("care/", views.care, name="care"),
    path("cut/", views.cut, name="cut"),
    path("registers/<slug:register>.xlsx", views.export, name="export"),
    path("responsible/", views.responsible, name="responsible"),
    path("responsible/<int:responsibility_id>/end/", views.end_responsible, name="end-responsible"),
    path("cards/<int:user_id>/", views.card, name="card"),
    path("cards/<int:user_id>/edit/", views.edit_card, name="edit-card"),
    path("unmaskings/", views.unmaskings, name="unmaskings"),
    path("unmaskings/<int:unmasking_id>/", views.review_unmasking, name="review-unmasking"),
    path("<int:account_id>/", views.account, name="account"),
    path("<int:account_id>/hidden/", views.hidden, name="hidden"),
    path("<int:account_id>/unmask/", views.unmask, name="unmask"),
    path("<int:account_id>/timeline/", views.moments, name="timeline"),
    path("<int:account_id>/correct/", views.correct, name="correct"),
    path("<int:account_id>/contact/", views.contact, name="contact"),
    path("<int:account_id>/contact/quiet/", views.quiet, name="quiet"),
    path("<int:account_id>/contact/<int:phone_id>/", views.consent, name="consent"),
    path("<int:account_id>/contact/<int:phone_id>/first/", views.phone_first, name="phone-first"),
    path("<int:account_id>/contact/<int:phone_id>/remove/", views.remove_phone, name="remove-phone"),
    path("<int:account_id>/supply/", views.supply_state, name="supply-state"),
    path("<int:account_id>/important/", views.important, name="important"),
    path("<int:account_id>/close/", views.close, name="close"),
    path("<int:account_id>/answers/", views.answers, name="answers"),
    path("<int:account_id>/care/", views.edit_care, name="edit-care"),
    path("<int:account_id>/care/review/", views.review_care, name="review-care"),
    path("<int:account_id>/care/visit/", views.visit_care, name="visit-care"),
    path("<int:account_id>/care/end/", views.end_care, name="end-care"),
    path("<int:account_id>/anonymize/", views.anonymize, name="anonymize"),
]
