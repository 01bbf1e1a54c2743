"""What the frame of every page shows: navigation by permission, the person's units, the theme, the demo's people."""

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.notices.queries import unread_count
from denghuo.apps.organization.access import Permission, permissions_of
from denghuo.apps.organization.models import Unit, User
from denghuo.main.demo_people import PASSWORD, PEOPLE, Person
from denghuo.main.wrong_method import came_from

THEMES = ("light", "dark")


@dataclass(frozen=True)
class Entry:
    """One line of the navigation; without a permission it is for everybody who is signed in."""

    url_name: str
    label: str | Promise
    icon: str
    permission: Permission | None = None


NAVIGATION: tuple[Entry, ...] = (
    Entry("boards:home", _("Home"), "home"),
    Entry("network:home", _("Network"), "sitemap", Permission.NETWORK_VIEW),
    Entry("outages:dispatch", _("Dispatch"), "broadcast", Permission.CREWS_DISPATCH),
    Entry("outages:home", _("Outages"), "bolt-off", Permission.OUTAGES_VIEW),
    Entry("customers:home", _("Customer file"), "users", Permission.CUSTOMERS_VIEW),
    Entry("orders:home", _("Orders"), "clipboard-list", Permission.ORDERS_VIEW),
    Entry("crews:home", _("Crews"), "users-group", Permission.CREWS_VIEW),
    Entry("hotline:home", _("Hotline"), "headset", Permission.HOTLINE_VIEW),
    Entry("staffing:home", _("Staffing"), "calendar-user", Permission.STAFFING_VIEW),
    Entry("knowledge:home", _("Knowledge"), "book", Permission.KNOWLEDGE_VIEW),
    Entry("continuity:home", _("Reliability"), "chart-line", Permission.CONTINUITY_VIEW),
    Entry("notices:messages", _("Messages"), "message-2", Permission.NOTICES_VIEW),
    Entry("imports:home", _("Import"), "file-import", Permission.NETWORK_IMPORT),
    Entry("help", _("Help"), "help-circle"),
)


@dataclass(frozen=True)
class Shown:
    """A line of the navigation as it stands on this page."""

    href: str
    label: str | Promise
    icon: str
    here: bool


class Frame:
    """The frame of one page, computed only as far as its template asks."""

    demo_password = PASSWORD
    public_outages = settings.PUBLIC_OUTAGES
    public_reports = settings.PUBLIC_REPORTS

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._user = getattr(request, "user", None)

    @property
    def here(self) -> str:
        """Where this page can be asked for again; one that was made by sending a form, where the form stands."""
        request = self._request
        return (came_from(request) if request.method == "POST" else "") or request.get_full_path()

    @property
    def theme(self) -> str:
        chosen = self._request.COOKIES.get("dh_theme", "")
        return chosen if chosen in THEMES else THEMES[0]

    @cached_property
    def navigation(self) -> list[Shown]:
        if self._user is None or not self._user.is_authenticated:
            return []
        allowed = permissions_of(self._user)
        entries = [entry for entry in NAVIGATION if entry.permission is None or entry.permission in allowed]
        hrefs = {entry.url_name: reverse(entry.url_name) for entry in entries}
        # The longest address that this page lies under is where we are, so that /network/import/ is not also /network/;
        # every page lies under the root, which therefore is only itself.
        path = self._request.path
        under = (href for href in hrefs.values() if path == href or (href != "/" and path.startswith(href)))
        here = max(under, key=len, default="")
        if not here and path.startswith(reverse("staffing:home")):
            here = hrefs.get("hotline:home", "")  # one's own duties, for an agent who sees no plans
        return [
            Shown(hrefs[e.url_name], e.label, e.icon, here=hrefs[e.url_name] == here)
            for e in entries
            if e.url_name in hrefs
        ]

    @cached_property
    def units(self) -> list[str]:
        if self._user is None or not self._user.is_authenticated:
            return []
        return list(Unit.objects.filter(assignments__user=self._user).distinct().values_list("name", flat=True))

    @cached_property
    def unread(self) -> int:
        """Notices that the person has not opened."""
        return unread_count(self._user.pk) if self._user is not None and self._user.is_authenticated else 0

    @cached_property
    def manages_programs(self) -> bool:
        """Whether the person lets programs in."""
        user = self._user
        return user is not None and user.is_authenticated and Permission.PROGRAMS_EDIT in permissions_of(user)

    @cached_property
    def demo_people(self) -> list[Person]:
        """Who may be tried out: only where the operator said this is a demo, and only people who are there."""
        if not settings.DEMO:
            return []
        there = set(User.objects.filter(username__in=[p.username for p in PEOPLE]).values_list("username", flat=True))
        return [person for person in PEOPLE if person.username in there]


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor: `dh` in every template."""
    return {"dh": Frame(request)}
