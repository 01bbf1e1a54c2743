from django.urls import path

from denghuo.apps.knowledge import views

app_name = "knowledge"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("review/", views.review, name="review"),
    path("wording/", views.wording, name="wording"),
    path("wording/check/", views.check_wording, name="check-wording"),
    path("wording/new/", views.new_rule, name="new-rule"),
    path("wording/defaults/", views.default_rules, name="default-rules"),
    path("wording/<int:rule_id>/", views.rule, name="rule"),
    path("wording/<int:rule_id>/lift/", views.lift_rule, name="lift-rule"),
    path("exams/", views.exams, name="exams"),
    path("exams/new/", views.draw, name="draw"),
    path("exams/results/", views.results, name="results"),
    path("exams/sittings/<int:sitting_id>/", views.result, name="result"),
    path("exams/<int:paper_id>/", views.sit, name="sit"),
    path("questions/<int:question_id>/withdraw/", views.withdraw_question, name="withdraw-question"),
    path("<int:article_id>/", views.article, name="article"),
    path("<int:article_id>/versions/<int:version_number>/", views.version, name="version"),
    path("<int:article_id>/edit/", views.edit, name="edit"),
    path("<int:article_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<int:article_id>/reviewed/", views.reviewed, name="reviewed"),
    path("<int:article_id>/mistakes/", views.note_mistake, name="note-mistake"),
    path("<int:article_id>/questions/new/", views.new_question, name="new-question"),
]
