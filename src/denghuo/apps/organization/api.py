"""Who may ask over the API: the same permissions and scopes as for pages."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field
from ninja.errors import HttpError
from ninja.security import SessionAuth

from denghuo.apps.organization.access import Permission, scope_of
from denghuo.apps.organization.queries import program_of

# What people write: no database takes a NUL.
Text = Annotated[str, Field(max_length=400, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]


_LONGEST = 200


class Allowed(SessionAuth):
    """Signed in, by a session or as a program by ``Authorization: Bearer …``, and allowed this somewhere; the scope
    found is left on ``request.data_scope``, as for a page."""

    def __init__(self, permission: Permission) -> None:
        super().__init__()
        self.permission = permission

    def __call__(self, request: HttpRequest) -> Any:
        """The user. A program is known by its token alone: no cookie is looked at, so that no other site can have a
        browser send it."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer":
            return super().__call__(request)
        user = program_of(token.strip(), at=timezone.now()) if 0 < len(token) <= _LONGEST else None
        if user is None:
            return None
        request.user = user
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """The user, None for a stranger.

        Raises:
            HttpError: 403, the role does not include this.
        """
        user = super().authenticate(request, key)
        if user is None:
            return None
        request.data_scope = scope_of(request.user, self.permission)  # type: ignore[attr-defined]
        if not request.data_scope:  # type: ignore[attr-defined]
            raise HttpError(403, f"Your role does not include {self.permission}.")
        return user
