"""The report form without a line: what a browser installs, and the worker that shows the form when no server answers.

The scripts are static/intake/queue.js (what is kept on the phone, and sending it), report.js (the page) and worker.js
(the service worker, which needs an address of its own to be in charge of the form's).
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from rapport.intake import form
from rapport.operations.access import public
from rapport.operations.models import Operation, Source
from rapport.values import named

#: What the form is made of, beside its page.
QUEUE = "intake/queue.js"
FILES = ("rapport.css", "icon.svg", QUEUE, "intake/report.js")
ICONS = (("intake/icon-192.png", "192x192"), ("intake/icon-512.png", "512x512"))
_WORKER = "intake/worker.js"
_PAPER, _INK = "#ffffff", "#0a567f"  # as rapport.css has them


@require_GET
@public
def manifest(request: HttpRequest, operation: Operation) -> HttpResponse:
    """What a browser needs to put the form beside the other apps of a phone (W3C Web Application Manifest)."""
    _taking_reports(operation)
    language = get_language() or "en"
    address, name = reverse("report_form", args=[operation.slug]), named(operation.names, language)
    described = {
        "id": address,
        "start_url": address,
        "scope": address,
        "display": "standalone",
        "name": f"{_('Send a report')} · {name}",
        "short_name": name[:30],
        "lang": language,
        "dir": "rtl" if get_language_bidi() else "ltr",
        "background_color": _PAPER,
        "theme_color": _INK,
        "icons": [
            {"src": static(icon), "sizes": sizes, "type": "image/png", "purpose": "any maskable"}
            for icon, sizes in ICONS
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@require_GET
@public
def shell(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The form as everybody gets it: without anything of a person who is signed in, and without an id of its own."""
    _taking_reports(operation)
    return _shell(request, operation)


@require_GET
@public
def worker(request: HttpRequest, operation: Operation) -> HttpResponse:
    """The service worker, with what it keeps for the form of this operation, in this language. It is another one, and
    browsers exchange it by themselves, as soon as any of that is."""
    _taking_reports(operation)
    digest = hashlib.sha256(_shell(request, operation).content)
    for name in (*FILES, _WORKER):
        digest.update(_content(name))
    form_address = reverse("report_form", args=[operation.slug])
    app = {
        "version": digest.hexdigest()[:16],
        "form": form_address,
        "shell": reverse("report_shell", args=[operation.slug]),
        "files": [static(name) for name in FILES],
        "queue": static(QUEUE),
    }
    script = f"const APP = {json.dumps(app)};\n".encode() + _content(_WORKER)
    etag = f'"{app["version"]}"'
    headers = {"Service-Worker-Allowed": form_address, "Cache-Control": "no-cache", "ETag": etag}
    made = HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=made) or made


def _taking_reports(operation: Operation) -> None:
    if not (operation.open and Source.objects.filter(operation=operation, channel="web", active=True).exists()):
        raise Http404("no reports are taken here")


def _shell(request: HttpRequest, operation: Operation) -> HttpResponse:
    bare = HttpRequest()
    bare.method, bare.path, bare.user = "GET", reverse("report_form", args=[operation.slug]), AnonymousUser()
    bare.META = {name: request.META[name] for name in ("SERVER_NAME", "SERVER_PORT") if name in request.META}
    return form.empty(bare, operation)


@lru_cache(maxsize=8)
def _content(name: str) -> bytes:
    """A static file of ours as it is installed."""
    found = finders.find(name)
    if not isinstance(found, str):
        raise Http404(f"{name} is not installed")
    return Path(found).read_bytes()
