"""The frame of every page: languages, themes, sign-in, what the demo offers, errors."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from denghuo.apps.organization.models import Assignment, Role, Unit, UnitKind, User
from denghuo.main.demo_people import PASSWORD, PEOPLE

HELP = "/help/"


@pytest.fixture
def head(db: None) -> User:
    unit = Unit.objects.create(code="s", name="灯山供电所", kind=UnitKind.STATION, path="/1/")
    user = User.objects.create_user(username=PEOPLE[0].username, display_name=PEOPLE[0].name, password=PASSWORD)
    Assignment.objects.create(user=user, unit=unit, role=Role.STATION_HEAD)
    return user


@pytest.fixture
def inside(client: Client, head: User) -> Client:
    client.force_login(head)
    return client


def text(client: Client, path: str, **headers: str) -> str:
    return client.get(path, headers=headers).content.decode()


def test_pages_start_in_chinese_and_speak_english_when_asked(inside: Client) -> None:
    assert 'lang="zh-Hans"' in text(inside, HELP)
    assert "怎样看懂这些画面" in text(inside, HELP)
    answer = inside.post(reverse("set_language"), {"language": "en", "next": HELP})
    assert answer.headers["Location"] == HELP
    assert "How to read the screens" in text(inside, HELP)
    assert 'lang="en"' in text(inside, HELP)


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("", "light"), ('"><script>', "light")])
def test_theme_is_remembered_and_never_anything_else(inside: Client, cookie: str, theme: str) -> None:
    inside.cookies["dh_theme"] = cookie
    assert f'data-bs-theme="{theme}"' in text(inside, HELP)


def test_policy_lets_nothing_in_from_elsewhere(inside: Client) -> None:
    policy = inside.get(HELP).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_person_and_the_unit_are_named(inside: Client, head: User) -> None:
    page = text(inside, HELP)
    assert head.display_name in page
    assert "灯山供电所" in page


def test_signing_in_goes_where_one_was_going(client: Client, head: User) -> None:
    asked = client.get(HELP)
    sign_in = asked.headers["Location"]
    assert sign_in == f"{reverse('login')}?next={HELP}"
    credentials = {"username": head.username, "password": PASSWORD, "next": HELP}
    assert client.post(reverse("login"), credentials).headers["Location"] == HELP
    assert client.get(HELP).status_code == 200


def test_the_whole_address_is_kept_while_signing_in(client: Client, db: None) -> None:
    asked = "/network/?a=1&b=2"
    sign_in = client.get(asked).headers["Location"]
    assert parse_qs(urlsplit(sign_in).query) == {"next": [asked]}


def test_signing_in_never_leads_elsewhere(client: Client, head: User) -> None:
    credentials = {"username": head.username, "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post(reverse("login"), credentials).headers["Location"] == "/"


@pytest.mark.parametrize(("demo", "offered"), [(True, True), (False, False)])
def test_only_the_demo_offers_its_people(
    client: Client, head: User, settings: Settings, demo: bool, offered: bool
) -> None:
    settings.DEMO = demo
    page = text(client, reverse("login"))
    assert (head.display_name in page) is offered
    assert (PASSWORD in page) is offered
    # Somebody of the demo who is not in this database is not offered either.
    assert PEOPLE[1].name not in page


def test_an_address_with_nothing_there_says_so_kindly(inside: Client) -> None:
    answer = inside.get("/no/such/place/")
    assert answer.status_code == 404
    assert "这里没有内容" in answer.content.decode()


def test_health_asks_the_database(client: Client, db: None) -> None:
    assert client.get("/health/").json() == {"status": "ok"}


BROWSER = {"accept": "text/html,application/xhtml+xml", "accept-language": "en"}
FORM = "/outages/dispatch/send/"


def test_an_address_that_only_takes_a_form_leads_to_its_page(inside: Client) -> None:
    """As after a form was refused, and somebody opens its address again or changes the language."""
    assert inside.get(FORM).status_code == 405, "programs hear that as it is"
    from_there = BROWSER | {"referer": "http://testserver/outages/dispatch/?mine=on"}
    assert inside.get(FORM, headers=from_there).headers["Location"] == "/outages/dispatch/?mine=on"
    for referer in ("", f"http://testserver{FORM}", "http://elsewhere/outages/", "http://testserver.evil/x/"):
        answer = inside.get(FORM, headers=BROWSER | {"referer": referer})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/outages/dispatch/"), referer
    assert inside.get("/hotline/announcements/47/edit/", headers=BROWSER).headers["Location"].startswith("/hotline/")
    shown = inside.put("/outages/dispatch/", headers=BROWSER)
    assert shown.status_code == 405 and "This cannot be sent here" in shown.content.decode()


def test_the_language_is_changed_on_the_page_where_the_form_stands(inside: Client) -> None:
    asked = {"referer": "http://testserver/outages/dispatch/?mine=on"}
    refused = inside.post(FORM, {"about": "orders.order:1"}, headers=BROWSER | asked)
    there = inside.post("/password/", {}, headers=BROWSER | {"referer": "http://testserver/password/"})
    assert 'name="next" value="/outages/dispatch/?mine=on"' in refused.content.decode()
    assert 'name="next" value="/password/"' in there.content.decode()
