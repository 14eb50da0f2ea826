"""Django's settings, read from the environment only; docs/configuration.md lists the variables."""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from llmselect_project import env as environment
from providers.kinds import KINDS
from providers.pasted_values import cleaned_base_url, cleaned_key

BASE_DIR = environment.BASE_DIR
env = environment.read()
# Nobody else on this computer can read what our processes write, also in a folder that was there before.
os.umask(0o077)

VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
environment.private_directory(VAR_DIR)

# URLs and hosts

HOST = env.str("HOST", "127.0.0.1")
PORT = environment.port(env, "PORT", 8000)
ASGI_SERVER = environment.choice(env, "ASGI_SERVER", ["uvicorn", "daphne"], "uvicorn")
FORWARDED_ALLOW_IPS = env.str("FORWARDED_ALLOW_IPS", "") or "127.0.0.1,::1"
PUBLIC_URL = environment.origin(env, "PUBLIC_URL")
PRODUCTION = PUBLIC_URL.startswith("https://")
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or environment.generated_secret(VAR_DIR, "secret_key", "token")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", []) or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
if PUBLIC_URL:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, str(urlsplit(PUBLIC_URL).hostname)]
    CSRF_TRUSTED_ORIGINS = [*CSRF_TRUSTED_ORIGINS, PUBLIC_URL]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.error_reports.QuietFilter"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

# Apps, middleware and files

INSTALLED_APPS = [
    "llmselect_project",
    "account_data",
    "comparisons",
    "conversations",
    "presets",
    "generations",
    "images",
    "providers",
    "accounts",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "servestatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "django_htmx",
    "heroicons",
    "csp",
]
MIDDLEWARE = [
    "core.api.middleware.host_middleware",
    "core.client_address.client_address_middleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "core.api.middleware.no_store_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.error_pages.RequestErrorMiddleware",
]
# For requests to the API; llmselect_project/asgi_routes.py says why.
API_MIDDLEWARE = [
    "core.api.middleware.host_middleware",
    "core.api.middleware.no_store_middleware",
    "core.client_address.client_address_middleware",
    "llmselect_project.coroutine_handler.LoopSecurityMiddleware",
]
ROOT_URLCONF = "llmselect_project.urls"
ASGI_APPLICATION = "llmselect_project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["heroicons.templatetags.heroicons"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = SERVESTATIC_AUTOREFRESH = DEBUG
UPLOADS_DIR = environment.private_directory(
    Path(env.str("UPLOADS_DIR", "") or VAR_DIR / "uploads").resolve(), variable="UPLOADS_DIR"
)
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": UPLOADS_DIR, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "llmselect_project.static_storage.StaticStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MAX_ARCHIVE_MB = environment.positive_integer(env, "MAX_ARCHIVE_MB", 50)

# Databases

DATABASE_URL = environment.database_url(env, "DATABASE_URL", f"sqlite:///{VAR_DIR / 'llmselect.sqlite3'}")
DATABASES: dict[str, dict[str, Any]] = {"default": dict(dj_database_url.parse(DATABASE_URL))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["ENGINE"] = "llmselect_project.sqlite3"
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock at the start, so that transactions queue: a lock taken later fails if another holds it.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["ENGINE"] = "llmselect_project.postgresql"
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "pool": {
            "min_size": 1,
            "max_size": environment.positive_integer(env, "DATABASE_POOL", 16),
            "timeout": 3,
            "reconnect_timeout": 2,
        },
    }
    DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
    if env.bool("DATABASE_PREPARED", True):
        DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 3}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = environment.redis_url(env, "REDIS_URL")
REDIS_EMBEDDED = not REDIS_URL
REDIS_MEMORY_MB = environment.positive_integer(env, "REDIS_MEMORY_MB", 256, least=16)
REDIS_URL = REDIS_URL or f"unix://{environment.redis_socket(VAR_DIR)}"
REDIS_PREFIX = env.str("REDIS_PREFIX", "llmselect")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "llmselect_project.channel_layer.ChannelLayer",
        "CONFIG": {"url": REDIS_URL, "prefix": REDIS_PREFIX},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}:cache",
    },
}
CELERY_BROKER_URL = environment.celery_broker(REDIS_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{REDIS_PREFIX}:",
    # A task only says what the database has already, so the broker need not remember who has received it.
    "ack_emulation": False,
    # If Redis is unavailable, sending a task fails at once; workers go on trying by the settings below.
    "max_retries": 0,
    "socket_timeout": 5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # Workers use LOGGING, like web processes.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False

# Sign-up and sign-in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIGNUP = environment.choice(env, "SIGNUP", ["open", "closed", "invite"], "open")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.allauth_adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "LLMSelect: "
MFA_ADAPTER = "accounts.allauth_adapters.MfaAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # Email addresses are not verified here.
MFA_TOTP_ISSUER = "LLMSelect"
MFA_TOTP_TOLERANCE = 1
AUDIT_DAYS = environment.positive_integer(env, "AUDIT_DAYS", 365)
REFRESH_MODEL_LISTS = env.bool("REFRESH_MODEL_LISTS", True)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "USER_ID_FIELD": "public_id",
}
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = environment.port(env, "EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "") or EMAIL_HOST_USER or "webmaster@localhost"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", "") or (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.dummy.EmailBackend"
)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ApiAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.BoundedJsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "core.api.parsers.IgnoreClientContentNegotiation",
    "DEFAULT_SCHEMA_CLASS": "core.api.openapi.ApiSchema",
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "core.errors.api_error",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "LLMSelect",
    "DESCRIPTION": "Ask several language models the same question and watch their answers arrive side by side.",
    "VERSION": tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"],
    "LICENSE": {"name": "MIT"},
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],
}

# Providers and timeouts

FIELD_ENCRYPTION_KEYS = environment.fernet_keys(env, "FIELD_ENCRYPTION_KEY") or [
    environment.generated_secret(VAR_DIR, "field_encryption_key", "fernet")
]
SERVER_KEYS = environment.choice(env, "SERVER_KEYS", ["administrators", "everyone"], "administrators")
PROVIDER_BASE_URLS = {
    kind.slug: cleaned_base_url(kind, environment.http_url(env, f"{kind.slug.upper()}_BASE_URL")) or kind.base_url
    for kind in KINDS.values()
}
LOCAL_KINDS = frozenset(
    kind.slug
    for kind in KINDS.values()
    if kind.local and (not PUBLIC_URL or env.str(f"{kind.slug.upper()}_BASE_URL", ""))
)
"""The servers on this computer that are offered: on a public installation those whose base URL the operator has set."""
environment.require_base_urls(env, [kind.slug for kind in KINDS.values() if kind.base_url_form])
PROVIDER_API_KEYS = {kind.slug: cleaned_key(env.str(f"{kind.slug.upper()}_API_KEY", "")) for kind in KINDS.values()}
CONNECT_TIMEOUT = environment.positive_number(env, "CONNECT_TIMEOUT", 10)
FIRST_TOKEN_TIMEOUT = environment.positive_number(env, "FIRST_TOKEN_TIMEOUT", 600)
IDLE_TIMEOUT = environment.positive_number(env, "IDLE_TIMEOUT", 300)
TOTAL_TIMEOUT = environment.positive_number(env, "TOTAL_TIMEOUT", 1800)
UPSTREAM_RETRIES = environment.natural_number(env, "UPSTREAM_RETRIES", 2)
RETRY_DELAY = environment.positive_number(env, "RETRY_DELAY", 0.5)
LONGEST_RETRY_AFTER = environment.positive_number(env, "LONGEST_RETRY_AFTER", 10)
UNKNOWN_MODEL_PRICE = environment.optional_dollars(env, "UNKNOWN_MODEL_PRICE")
FALLBACK_MODEL = environment.selection(env, "FALLBACK_MODEL")
CIRCUIT_FAILURES = environment.positive_integer(env, "CIRCUIT_FAILURES", 10)
CIRCUIT_PAUSE = environment.positive_number(env, "CIRCUIT_PAUSE", 30)
STREAMING = env.bool("STREAMING", True)
MAX_PROMPT_CHARACTERS = environment.positive_integer(env, "MAX_PROMPT_CHARACTERS", 100_000)
MAX_ANSWER_CHARACTERS = environment.positive_integer(env, "MAX_ANSWER_CHARACTERS", 1_000_000)
MAX_IMAGE_MB = environment.positive_integer(env, "MAX_IMAGE_MB", 10)
STORAGE_PER_USER_MB = environment.natural_number(env, "STORAGE_PER_USER_MB", 2000)
CONNECTIONS_PER_ADDRESS = environment.positive_integer(env, "CONNECTIONS_PER_ADDRESS", 300)
CONNECTIONS_PER_USER = environment.positive_integer(env, "CONNECTIONS_PER_USER", 300)
WORKER_CONCURRENCY = environment.positive_integer(env, "WORKER_CONCURRENCY", 200)

# Default limits, for users who have no limits of their own or of a group

LIMITS = {
    "max_running": environment.positive_integer(env, "RUNNING_PER_USER", 40),
    "max_queued": environment.natural_number(env, "WAITING_PER_USER", 200),
    "requests_per_minute": environment.positive_integer(env, "REQUESTS_PER_MINUTE", 120),
    "tokens_per_day": environment.optional_integer(env, "TOKENS_PER_DAY"),
    "tokens_per_month": environment.optional_integer(env, "TOKENS_PER_MONTH"),
    "dollars_per_day": environment.optional_dollars(env, "DOLLARS_PER_DAY"),
    "dollars_per_month": environment.optional_dollars(env, "DOLLARS_PER_MONTH"),
}
EXPECTED_OUTPUT_TOKENS = environment.positive_integer(env, "EXPECTED_OUTPUT_TOKENS", 4096)

LOG_LEVEL = environment.choice(env, "LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.log_lines.LineFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["short"]}},
    "filters": {
        "short": {"()": "core.error_reports.ShortRefusals"},
        "readable": {"()": "core.error_reports.SkipUndecodableFrames"},
    },
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "propagate": False},
        "uvicorn.error": {"filters": ["readable"]},
        # Anybody could fill the log with requests, and paths may contain an invitation.
        "uvicorn.access": {"handlers": [], "propagate": False},
        # A line for each task that comes and one for each that ends say nothing about the answers.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}

environment.check(env)
