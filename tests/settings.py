"""Django's settings for tests: the real ones, on a data folder of their own, so that tests never touch var/.

pytest-django reads the settings before any conftest, so the folder is chosen here.
"""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("RAPPORT_DATA_DIR", tempfile.mkdtemp(prefix="rapport-tests-"))
os.environ.setdefault("RAPPORT_SECOND_FACTOR", "optional")  # the tests of the second factor ask for it themselves
(Path(os.environ["RAPPORT_DATA_DIR"]) / "static").mkdir(parents=True, exist_ok=True)

from rapport.web.settings import *  # noqa: E402, F403

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in the field: a database in memory locks whole tables when several threads write.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["RAPPORT_DATA_DIR"]) / "test.db")}  # noqa: F405
else:
    # No test cuts the server's power: nobody waits for its disk.
    DATABASES["default"]["OPTIONS"] = {"options": "-c synchronous_commit=off"}  # noqa: F405
