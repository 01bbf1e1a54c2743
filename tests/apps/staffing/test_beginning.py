"""A place without an exchange: staffing has nothing to go by, and says where to begin."""

from django.urls import reverse

from denghuo.apps.organization.actions import assign_role
from denghuo.apps.organization.models import Role
from tests.apps.staffing.conftest import NOW
from tests.apps.staffing.test_pages import signed_in
from tests.world import World


def test_where_nothing_is_to_be_staffed_the_page_says_where_to_begin(world: World) -> None:
    assign_role(user=world.zhou, unit=world.lamp, role=Role.SHIFT_LEADER, at=NOW, actor="test")
    page = signed_in(world.zhou).get(reverse("staffing:home")).content.decode()
    assert "No hotline to staff" in page
    assert f'href="{reverse("hotline:sources")}">How to bring calls in' in page
