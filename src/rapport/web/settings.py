"""Django's settings. What an operator may change comes from the environment: see environment.py."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from xstatic.pkg import leaflet

from rapport.notify import mail
from rapport.web import environment, languages

_env = environment.read()
HERE = Path(__file__).resolve().parent

DATA_DIR: Path = Path(_env["RAPPORT_DATA_DIR"]).absolute()
PUBLIC_URL: str = _env["RAPPORT_PUBLIC_URL"]
INSTANCE: str = _env["RAPPORT_INSTANCE"]
TILE_URL: str = _env["RAPPORT_TILE_URL"]
TRUST_PROXY: bool = _env["RAPPORT_TRUST_PROXY"]
SMTP: mail.Server | None = _env["RAPPORT_SMTP_URL"]
POLL_INSIDE: frozenset[str] = _env["RAPPORT_POLL_INSIDE"]
CAP_SIGNER: Path | None = _env["RAPPORT_CAP_SIGNER"]
MAIL_FROM: str = _env["RAPPORT_MAIL_FROM"]
DIRECTORY_LASTS = timedelta(days=_env["RAPPORT_DIRECTORY_DAYS"])
THREADS: int = _env["RAPPORT_THREADS"]
SECOND_FACTOR_REQUIRED: bool = _env["RAPPORT_SECOND_FACTOR"] == "required"
SESSION_IDLE = timedelta(hours=_env["RAPPORT_SESSION_IDLE_HOURS"])
SESSION_LONGEST = timedelta(hours=_env["RAPPORT_SESSION_HOURS"])
DEBUG: bool = _env["RAPPORT_DEBUG"]


DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # of the one who runs rapport, and nobody else


def _secret_key() -> str:
    from rapport.oversight import keys

    return keys.load(DATA_DIR, "django")[0].decode()


SECRET_KEY = _secret_key()
# Behind a proxy the Host header is the proxy's business; alone, rapport makes absolute addresses from PUBLIC_URL.
ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "rapport.accounts",
    "rapport.oversight",
    "rapport.operations",
    "rapport.notify",
    "rapport.sharing",
    "rapport.reports",
    "rapport.events",
    "rapport.alerts",
    "rapport.desk",
    "rapport.intake",
    "rapport.exchange",
    "rapport.registry",
    "rapport.contacts",
    "rapport.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rapport.web.middleware.headers",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "rapport.accounts.sessions.limited",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rapport.web.middleware.kept_apart",
    "rapport.web.middleware.readable",
    "rapport.web.errors.explained",
    "rapport.desk.line.sent_once",
]

ROOT_URLCONF = "rapport.web.urls"
WSGI_APPLICATION = "rapport.web.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "rapport.web.context.page",
            ],
        },
    }
]

DATABASES = {"default": {"CONN_MAX_AGE": None, "ATOMIC_REQUESTS": False, **_env["RAPPORT_DATABASE_URL"]}}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).absolute().parent.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # Write transactions take the lock at once, so that two of them wait for each other instead of failing.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds: longer than any backup or batch holds the lock
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            # What is deleted is overwritten with zeros, also within pages that stay in use.
            "PRAGMA secure_delete=ON;"
            "PRAGMA mmap_size=268435456; PRAGMA cache_size=-65536; PRAGMA journal_size_limit=67108864;"
        ),
    }

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "rapport.accounts.adapter.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
MFA_ADAPTER = "rapport.accounts.second_factor.Sealed"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # steps of 30 s before and after: the clocks of phones and of a laptop in the field differ
MFA_FORMS = {
    "authenticate": "rapport.accounts.codes.EnterCode",
    "reauthenticate": "rapport.accounts.codes.EnterCodeAgain",
    "activate_totp": "rapport.accounts.codes.FirstCode",
    "add_webauthn": "rapport.accounts.codes.NewPasskey",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUST_PROXY else 0
CSRF_FAILURE_VIEW = "rapport.web.errors.forged"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # no request to another host unless set up

LANGUAGE_CODE = "en"
LANGUAGES = languages.discover(HERE / "locale")  # what Django itself says falls back to English where it has no words
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("leaflet", leaflet.BASE_DIR)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_AGE = int(SESSION_LONGEST.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
# Pages that take files bring a handler of their own (intake/uploads.py, intake/imports/pages.py); no other takes any.
FILE_UPLOAD_HANDLERS = ["rapport.web.bodies.NoFiles"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"class": "rapport.web.logs.Line", "format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Answers of 4xx are no news, and the addresses they were given for may hold a token. Anybody can ask for one, and
    # for each Django would write a page about why it could not be read.
    "loggers": {"django.request": {"level": "ERROR"}, "django.security": {"level": "CRITICAL"}},
}
