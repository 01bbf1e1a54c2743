"""Every setting of the platform, read from the environment. Without any it is a station's own server on SQLite.

| variable | meaning | default |
|---|---|---|
| `DENGHUO_HOME` | folder of the database, uploads and the secret key | `var` |
| `DATABASE_URL` | `sqlite:///path` or `postgresql://user:password@host:port/name` | a file in the home folder |
| `DENGHUO_DATABASE_POOL` | PostgreSQL connections of one process, as many as it answers at once; 0: 12, not kept | 12 |
| `DENGHUO_SECRET_KEY` | signs sessions | made on the first start, kept in the home folder |
| `DENGHUO_DATA_KEYS` | encrypt personal data: `number algorithm base64`, by commas; the last seals | as the key above |
| `DENGHUO_DATA_CIPHER` | what a key made on the first start encrypts with: `aes-gcm` or `sm4-gcm` | `aes-gcm` |
| `DENGHUO_HOSTS` | host names the site answers to, by commas | this machine |
| `DENGHUO_ORIGINS` | origins behind a proxy that may post, with scheme | none |
| `DENGHUO_HTTPS` | the site is served over https: secure cookies, HSTS | no |
| `DENGHUO_DEBUG` | developer's error pages | no |
| `DENGHUO_DEMO` | this is the demo station: the sign-in page offers its people | no |
| `DENGHUO_LANGUAGE` | language for visitors whose browser does not say | `zh-hans` |
| `DENGHUO_TIME_ZONE` | local time at the edge | `Asia/Shanghai` |
| `DENGHUO_UPLOAD_MB` | largest upload that the import page takes | 50 |
| `DENGHUO_LIVE_PORT` | port of the process for live pages; `up` sets it; 0: pages ask again and again | 0 |
| `DENGHUO_PAGES_PORT` | port of the pages that this process keeps live; `up` sets it | 0 |
| `DENGHUO_PBX_SOUNDS` | folder that the exchange plays from; empty: none is handed over | none; demo: `sounds` |
| `DENGHUO_SESSION_H` | hours after which everybody signs in again | 12 |
"""

from pathlib import Path
from zoneinfo import available_timezones

from csp.constants import NONE, SELF

from . import environment as env

HOME = Path(env.text("DENGHUO_HOME", "var"))

DEBUG = env.flag("DENGHUO_DEBUG", default=False)
DEMO = env.flag("DENGHUO_DEMO", default=False)
SECRET_KEY = env.secret_key("DENGHUO_SECRET_KEY", HOME)
DATA_KEYS = env.data_keys(
    "DENGHUO_DATA_KEYS", HOME, algorithm=env.choice("DENGHUO_DATA_CIPHER", "aes-gcm", {"aes-gcm", "sm4-gcm"})
)
ALLOWED_HOSTS = env.words("DENGHUO_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("DENGHUO_ORIGINS")

# Lowest first. A context stands here once it exists.
CONTEXTS = [
    "denghuo.apps.ledger",
    "denghuo.apps.organization",
    "denghuo.apps.notices",
    "denghuo.apps.knowledge",
    "denghuo.apps.network",
    "denghuo.apps.customers",
    "denghuo.apps.orders",
    "denghuo.apps.crews",
    "denghuo.apps.outages",
    "denghuo.apps.continuity",
    "denghuo.apps.hotline",
    "denghuo.apps.staffing",
    "denghuo.apps.portal",
    "denghuo.apps.boards",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    *CONTEXTS,
    "denghuo.main.apps.MainConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "denghuo.main.wrong_method.BackToThePage",
    "denghuo.main.imports.limits.UploadLimit",
]

ROOT_URLCONF = "denghuo.main.urls"
WSGI_APPLICATION = "denghuo.main.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "denghuo.main.page.frame",
            ],
        },
    },
]

DATABASE_POOL = env.whole("DENGHUO_DATABASE_POOL", 12)
DATABASES = {
    "default": env.database(
        env.text("DATABASE_URL", f"sqlite:///{HOME / 'denghuo.sqlite3'}"),
        pool=DATABASE_POOL,
        busy_s=30,
    )
}
# Of the process: holds the counts of failed sign-ins, too many for anybody to push them out.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organization.User"
AUTHENTICATION_BACKENDS = ["denghuo.apps.organization.access.WithRoles"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_CODE = env.choice("DENGHUO_LANGUAGE", "zh-hans", {code for code, _ in LANGUAGES})
USE_I18N = True
FORMAT_MODULE_PATH = "denghuo.main.formats"
USE_TZ = True
TIME_ZONE = env.choice("DENGHUO_TIME_ZONE", "Asia/Shanghai", available_timezones())

# The process that keeps live pages current, where there is one, and the port of the pages that it may talk to.
LIVE_PORT = env.whole("DENGHUO_LIVE_PORT", 0)
PAGES_PORT = env.whole("DENGHUO_PAGES_PORT", 0)

# Whether everybody may read, without signing in, where supply is out and will be.
PUBLIC_OUTAGES = env.flag("DENGHUO_PUBLIC_OUTAGES", default=DEMO)

# Whether everybody may report something without signing in, and by which address customers reach the site.
PUBLIC_REPORTS = env.flag("DENGHUO_PUBLIC_REPORTS", default=DEMO)
PUBLIC_ADDRESS = env.text("DENGHUO_PUBLIC_ADDRESS", "").rstrip("/")

# Where a telephone exchange finds what it is to say.
PBX_SOUNDS = env.text("DENGHUO_PBX_SOUNDS", str(HOME / "sounds") if DEMO else "")

STATIC_URL = "/static/"
# Served from where they lie: no copying step between an upgrade and its first page.
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = HOME / "media"
UPLOAD_BYTES = env.whole("DENGHUO_UPLOAD_MB", 50, least=1) * 1_000_000

# No inline script or style, nothing from elsewhere: a utility's intranet has no internet.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# A sign-in lasts for a shift, not for two weeks on a machine that others use as well.
SESSION_ENGINE = "denghuo.apps.organization.sessions"
SESSION_COOKIE_AGE = 3600 * env.whole("DENGHUO_SESSION_H", 12, least=1)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

HTTPS = env.flag("DENGHUO_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"denghuo": {"level": env.choice("DENGHUO_LOG", "INFO", {"DEBUG", "INFO", "WARNING", "ERROR"})}},
}
