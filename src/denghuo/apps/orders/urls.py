from django.urls import path

from denghuo.apps.orders import views

app_name = "orders"
urlpatterns = [
    path("", views.home, name="home"),
    path("export/", views.export, name="export"),
    path("new/", views.new, name="new"),
    path("new/draft/", views.draft, name="draft"),
    path("new/customers/", views.find_customers, name="find-customers"),
    path("wording/", views.wording, name="wording"),
    path("signs/", views.signs, name="signs"),
    path("signs/<int:sign_id>/seen/", views.see_sign, name="see-sign"),
    path("month/", views.month, name="month"),
    path("rules/", views.limits, name="limits"),
    path("rules/limit/", views.set_limit, name="set-limit"),
    path("rules/numbers/", views.numbers, name="numbers"),
    path("rules/steps/", views.steps, name="steps"),
    path("<int:order_id>/", views.order, name="order"),
    path("<int:order_id>/correct/", views.correct, name="correct"),
    path("<int:order_id>/step/", views.take_step, name="take-step"),
    path("<int:order_id>/hand-over/", views.hand_over, name="hand-over"),
    path("<int:order_id>/hand-over/<int:hand_over_id>/", views.answer_hand_over, name="answer-hand-over"),
    path("<int:order_id>/reassign/", views.reassign, name="reassign"),
    path("<int:order_id>/suspension/", views.suspension, name="suspension"),
    path("<int:order_id>/suspension/<int:suspension_id>/", views.decide_suspension, name="decide-suspension"),
    path("<int:order_id>/promise/", views.promise, name="promise"),
    path("<int:order_id>/promise/<int:promise_id>/", views.answer_promise, name="answer-promise"),
    path("<int:order_id>/remark/", views.remark, name="remark"),
    path("<int:order_id>/receipt/", views.receipt, name="receipt"),
    path("<int:order_id>/receipt/check/", views.check_receipt, name="check-receipt"),
    path("<int:order_id>/merge/", views.merge, name="merge"),
    path("<int:order_id>/appeal/", views.appeal, name="appeal"),
    path("<int:order_id>/appeal/<int:appeal_id>/", views.decide_appeal, name="decide-appeal"),
    path("<int:order_id>/evidence/", views.evidence, name="evidence"),
    path("<int:order_id>/print/", views.printed, name="print"),
    path("<int:order_id>/number/", views.show_number, name="show-number"),
]
