"""A place without an exchange: staffing has nothing to go by, and says where to begin."""

from django.urls import reverse

from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import CalendarDay, Role
from tests.apps.staffing.conftest import NOW
from tests.apps.staffing.test_pages import signed_in
from tests.world import World


def test_where_nothing_is_to_be_staffed_the_page_says_where_to_begin(world: World) -> None:
    assign_role(user=world.zhou, unit=world.lamp, role=Role.SHIFT_LEADER, at=NOW, actor="test")
    page = signed_in(world.zhou).get(reverse("staffing:home")).content.decode()
    assert "No hotline to staff" in page
    assert f'href="{reverse("hotline:sources")}">How to bring calls in' in page


def test_holidays_are_told_without_an_exchange_and_whoever_cannot_is_told_whom_to_ask(world: World) -> None:
    CalendarDay.objects.all().delete()
    url = reverse("staffing:calendar")
    for role, user in ((Role.ADMINISTRATOR, world.zhou), (Role.ANALYST, world.chen)):
        user.assignments.all().delete()
        assign_role(user=user, unit=world.lamp, role=role, at=NOW, actor="test")
    client, orders = signed_in(world.zhou), reverse("orders:home")
    assert f'href="{url}">Tell the holidays' in client.get(orders).content.decode()
    assert "Tell the holidays" not in client.get(url).content.decode(), "it is told here"
    days = {"text": "2027-01-01,holiday,元旦", "source": "通知", "save": "1", "sure": "on"}
    assert client.post(url, days).status_code == 302
    assert CalendarDay.objects.get().source == "通知"
    assert "Ask an administrator" in signed_in(world.chen).get(orders).content.decode()
    assert signed_in(world.chen).post(url, days).status_code == 403
