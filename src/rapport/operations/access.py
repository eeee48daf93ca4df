"""Every route declares here who may use it; tests/guards/test_routes.py lists those that do not.

A view whose address holds `<slug:operation>` gets the Operation itself in that argument.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from rapport.accounts.models import Person
from rapport.accounts.permissions import Permission
from rapport.accounts.second_factor import AFTER
from rapport.operations.models import Operation

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def _with_operation(kwargs: dict[str, Any]) -> Operation | None:
    if "operation" not in kwargs:
        return None
    try:
        operation = Operation.objects.get(slug=kwargs["operation"])
    except Operation.DoesNotExist as error:
        raise Http404("no such operation") from error
    kwargs["operation"] = operation
    return operation


def public(view: View[P]) -> View[P]:
    """Everybody may use it."""

    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        _with_operation(kwargs)
        return view(request, *args, **kwargs)

    checked.access = "public"  # type: ignore[attr-defined]
    return checked


def needs(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Whoever holds the permission in the operation named in the address may use it; who needs a second factor for it
    and has none is led to set one up."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(where_from(request))
            if person(request).held_back:
                request.session[AFTER] = where_from(request)
                return redirect("mfa_index")
            operation = _with_operation(kwargs)
            if operation is None or not person(request).may(permission, operation.pk):
                raise PermissionDenied(permission.value)
            return view(request, *args, **kwargs)

        checked.access = permission.value  # type: ignore[attr-defined]
        return checked

    return decorate


def where_from(request: HttpRequest) -> str:
    """Where somebody goes on after signing in: this page, or for what was sent the page it was sent from."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    came_from = request.headers.get("Referer", "")
    trusted = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if trusted else "/"


def by_proof(proof: str) -> Callable[[View[P]], View[P]]:
    """A machine may use it that proves where it comes from, in the way said; the view itself checks."""

    def decorate(view: View[P]) -> View[P]:
        view.access = f"proof: {proof}"  # type: ignore[attr-defined]
        return view

    return decorate


def person(request: HttpRequest) -> Person:
    """The person signed in; only where that is known, as behind `needs`."""
    return cast(Person, request.user)


def address(operation: Operation, *parts: str) -> str:
    """A path within an operation, quoted."""
    return "/" + "/".join(quote(part) for part in (operation.slug, *parts) if part) + "/"


def base_url(request: HttpRequest) -> str:
    """Scheme and host of this server without a final slash, as readers are to call it."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
