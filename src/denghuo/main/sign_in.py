"""Coming in: a password can be guessed only so often, and whoever is in can choose another one."""

from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from denghuo.apps.organization.access import roles_of
from denghuo.apps.organization.actions import change_password
from denghuo.apps.organization.counting import address_of
from denghuo.apps.organization.models import Role, User
from denghuo.main.demo_people import PEOPLE

TRIES = 8  # of one name from one address
TRIES_OF_ADDRESS = 80  # of all names: a whole office may share an address
WAIT_S = 15 * 60


class _Tries:
    """Counts in this process what failed, by name and by address, until nobody has tried for a while."""

    def __init__(self, request: HttpRequest, username: str) -> None:
        address = address_of(request)
        self._of_name = _key(address, username.casefold())
        self._of_address = _key(address)

    @property
    def are_spent(self) -> bool:
        return cache.get(self._of_name, 0) >= TRIES or cache.get(self._of_address, 0) >= TRIES_OF_ADDRESS

    def fail(self) -> None:
        for key in (self._of_name, self._of_address):
            cache.set(key, cache.get(key, 0) + 1, timeout=WAIT_S)

    def succeed(self) -> None:
        cache.delete(self._of_name)


def _key(*words: str) -> str:
    """What people type is neither short nor plain enough for the key of a cache."""
    return f"sign-in:{sha256(repr(words).encode()).hexdigest()}"


class SignInForm(AuthenticationForm):
    """Name and password; after too many tries the password is not even looked at."""

    def clean(self) -> dict[str, Any]:
        assert self.request is not None  # the view always gives it
        tries = _Tries(self.request, self.cleaned_data.get("username", ""))
        if tries.are_spent:
            told = _("Too many attempts. Try again in %(minutes)d minutes.") % {"minutes": WAIT_S // 60}
            raise forms.ValidationError(told, code="spent")
        try:
            told_right: dict[str, Any] = super().clean()
        except forms.ValidationError:
            tries.fail()
            raise
        tries.succeed()
        return told_right


class SignIn(LoginView):
    """The page to sign in."""

    template_name = "login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """Whoever is nothing but a crew is led to the work in hand, everybody else to the first page."""
        user = self.request.user
        is_crew_alone = user.is_authenticated and roles_of(user) == {Role.CREW}
        return reverse("crews:mine") if is_crew_alone else super().get_default_redirect_url()

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_invalid(form)
        if form.has_error("__all__", code="spent"):
            answer.status_code, answer.headers["Retry-After"] = 429, str(WAIT_S)
        return answer


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Choose another password; every other place where one is signed in is signed out."""
    assert isinstance(request.user, User)  # whoever is not signed in was sent away
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if settings.DEMO and request.user.username in {person.username for person in PEOPLE}:
            form.add_error(None, _("The people of the demo station keep their password: others come in with it."))
        else:
            change_password(
                user=request.user,
                password=form.cleaned_data["new_password1"],
                at=timezone.now(),
                actor=request.user.username,
            )
            update_session_auth_hash(request, request.user)
            messages.success(request, _("The password is changed. Everywhere else you are signed out."))
            return redirect("boards:home")
    return render(request, "password.html", {"form": form}, status=422 if form.errors else 200)
