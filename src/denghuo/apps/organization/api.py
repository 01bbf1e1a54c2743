"""Who may ask over the API: the same permissions and scopes as for pages."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field
from ninja.errors import HttpError
from ninja.security import SessionAuth

from denghuo.apps.organization.access import Permission, scope_of

# What people write: no database takes a NUL.
Text = Annotated[str, Field(max_length=400, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=1000)]
Offset = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Allowed(SessionAuth):
    """Signed in, and allowed this somewhere; the scope found is left on ``request.data_scope``, as for a page."""

    def __init__(self, permission: Permission) -> None:
        super().__init__()
        self.permission = permission

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
