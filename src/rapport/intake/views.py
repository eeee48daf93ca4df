"""The gateways' door: /in/{channel}/{token}/. Builds an Inbound, hands it to `receive`, sends back what that says."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from rapport import plugins
from rapport.errors import Refused
from rapport.intake import refusals
from rapport.intake.doors import source_at
from rapport.intake.receive import receive
from rapport.operations import bodies
from rapport.operations.access import by_proof
from rapport.operations.models import Source
from rapport.values import Answer, Inbound

#: What a gateway is told to wait, in seconds, where it may try again: longer than a batch or backup holds a lock.
RETRY_AFTER = 10


@csrf_exempt
@by_proof("a token in the address, and the signature or secret that the channel asks for")
def gateway(request: HttpRequest, channel: str, token: str) -> HttpResponse:
    """Takes one request of a gateway. An unknown token and an unknown channel get the same 404."""
    source = source_at(channel, token) if channel in plugins.CHANNELS else None
    if source is None:
        refusals.count(None, "unknown_token")
        return _unlogged(HttpResponse("not found\n", status=404, content_type="text/plain"))
    door = plugins.channel(channel)
    if request.method not in door.methods:
        refusals.count(source, "method")
        allow = {"Allow": ", ".join(door.methods)}
        return _unlogged(HttpResponse("method not allowed\n", status=405, headers=allow))
    try:
        received = inbound(request, bodies.body(request, door.max_bytes))
    except Refused as refused:
        refusals.count(source, refused.reason)
        return response(door.refuse(refused))
    return response(_taken(received, source))


def _taken(received: Inbound, source: Source) -> Answer:
    answer = receive(received, source)
    refusals.flush_if_due()
    return answer


def inbound(request: HttpRequest, body: bytes) -> Inbound:
    """The request as a value, with the address that the other side called: signatures are made over it."""
    base = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return Inbound(
        method=str(request.method),
        url=base + request.get_full_path(),
        headers={
            name[5:].replace("_", "-").lower(): value
            for name, value in request.META.items()
            if name.startswith("HTTP_")
        },
        body=body,
        content_type=request.META.get("CONTENT_TYPE", ""),
    )


def response(answer: Answer) -> HttpResponse:
    """The answer on the wire; says when to try again where that makes sense."""
    made = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    made.headers["Cache-Control"] = "no-store"
    if answer.status in {429, 503}:
        made.headers["Retry-After"] = str(RETRY_AFTER)
    return _unlogged(made)


def _unlogged(made: HttpResponse) -> HttpResponse:
    # Django would write a line with the address, and so with the token, for every refusal. They are counted instead.
    made._has_been_logged = True  # type: ignore[attr-defined]
    return made
