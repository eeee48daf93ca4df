"""The WSGI application that granian serves: gateways by their short way, everything else through Django."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.web.settings")
pages = get_wsgi_application()

from django.conf import settings  # noqa: E402 - needs Django set up

from rapport.intake.gate import gated  # noqa: E402
from rapport.web.bodies import bounded  # noqa: E402

application = bounded(gated(pages), settings.THREADS)

# What was loaded stays: the collector need not look at it again in every request that makes many objects, which took
# nearly half the time of a page about 9,000 submissions.
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
