"""Readers of the environment, one for each type of value.

All values are checked at the start. Errors are printed together, one sentence each, and the process exits with 2.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from environs import Env, EnvValidationError, ValidationError, validate

NOT_NATURAL = "has to be a whole number, 0 or more."
BASE_DIR = Path(__file__).resolve().parent.parent
MAX_SOCKET_PATH = 100
"""Bytes of a Unix socket's path; Linux takes up to 107, macOS up to 103."""


def read() -> Env:
    """Return an ``Env`` that collects errors; call ``check`` after everything was read."""
    return Env(eager=False)


def check(env: Env) -> None:
    """Exit with a sentence for each variable that has an invalid value; do nothing if there is none."""
    try:
        env.seal()
    except EnvValidationError as error:
        errors = error.error_messages
        messages = errors.items() if isinstance(errors, Mapping) else [("Environment", errors)]
        fail(*(f"{name}: {' '.join(sentences)}" for name, sentences in messages))


def fail(*sentences: str) -> NoReturn:
    """Print the errors of the configuration on stderr and exit with 2."""
    for sentence in sentences:
        print(f"LLMSelect cannot start. {sentence}", file=sys.stderr)
    raise SystemExit(2)


def choice(env: Env, name: str, options: list[str], default: str) -> str:
    """Return one of the options."""
    return str(env.str(name, default, validate=validate.OneOf(options, error="has to be one of: {choices}.")))


def positive_number(env: Env, name: str, default: float) -> float:
    """Return a number of seconds above 0."""
    return float(env.float(name, default, validate=validate.Range(min=0.001, error="has to be a number above 0.")) or 0)


def positive_integer(env: Env, name: str, default: int, *, least: int = 1) -> int:
    """Return a whole number of at least ``least``."""
    valid = validate.Range(min=least, error=f"has to be a whole number above {least - 1}.")
    return int(env.int(name, default, validate=valid) or default)


def natural_number(env: Env, name: str, default: int) -> int:
    """Return a whole number of at least 0."""
    return int(env.int(name, default, validate=validate.Range(min=0, error=NOT_NATURAL)) or 0)


def optional_integer(env: Env, name: str) -> int | None:
    """Return a whole number of at least 0; None if the variable is not set."""
    return env.int(name, None, validate=validate.Range(min=0, error=NOT_NATURAL))


def optional_dollars(env: Env, name: str) -> Decimal | None:
    """Return an amount of dollars; None if the variable is not set."""
    valid = validate.Range(min=Decimal(0), error="has to be an amount of dollars, like 12.50.")
    return env.decimal(name, None, validate=valid)


def selection(env: Env, name: str) -> str:
    """Return a model as ``provider/model``, or ``""``."""
    valid = validate.Regexp(r"^$|^[^/\s]{1,64}/\S{1,200}$", error="has to be a model like openai/gpt-4o.")
    return str(env.str(name, "", validate=valid))


def port(env: Env, name: str, default: int) -> int:
    """Return a TCP port."""
    valid = validate.Range(min=1, max=65535, error="has to be a port between 1 and 65535.")
    return int(env.int(name, default, validate=valid) or default)


def http_url(env: Env, name: str, default: str = "") -> str:
    """Return an ``http(s)://`` URL without a trailing slash, or ``""``."""
    value = env.str(
        name, default, validate=_url_validator({"http", "https"}, "has to be a URL like https://example.org.")
    )
    return str(value or "").rstrip("/")


def origin(env: Env, name: str) -> str:
    """Return an ``http(s)://`` URL without a path, or ``""``."""
    checks = [_url_validator({"http", "https"}, "has to be a URL like https://example.org."), _check_path]
    return str(env.str(name, "", validate=checks) or "").rstrip("/")


def _check_path(value: str) -> None:
    parts = urlsplit(value)
    if parts.hostname and parts.path.strip("/"):
        raise ValidationError("has to be a URL without a path, since LLMSelect needs a host of its own.")


def require_base_urls(env: Env, slugs: Iterable[str]) -> None:
    """Require the base URL of each of these kinds that has a key, because it has no usual one."""
    for name in map(str.upper, slugs):
        if env.str(f"{name}_API_KEY", ""):
            env.str(f"{name}_BASE_URL", validate=_not_empty)


def _not_empty(value: str) -> None:
    if not value.strip():
        raise ValidationError("has to be set too, because each customer has another one.")


def database_url(env: Env, name: str, default: str) -> str:
    """Return a database URL in the form that dj-database-url parses."""
    value = env.str(name, "", validate=_validate_database)
    return str(value or default)


def redis_url(env: Env, name: str) -> str:
    """Return the URL of a Redis over TCP, TLS or a Unix socket, or ``""``."""
    sentence = "has to be a URL like redis://localhost:6379/0 or unix:///run/redis/redis.sock."
    return str(env.str(name, "", validate=_url_validator({"redis", "rediss", "unix"}, sentence)) or "")


def fernet_keys(env: Env, name: str) -> list[str]:
    """Return the keys of a list separated by commas, the newest first."""
    keys: list[str] | None = env.list(name, [], validate=_validate_fernet)
    return keys or []


def _url_validator(schemes: set[str], sentence: str) -> Callable[[str], None]:
    def check_url(value: str) -> None:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in schemes and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        except ValueError:
            usable = False
        if value and not usable:
            raise ValidationError(sentence)

    return check_url


def _validate_database(value: str) -> None:
    try:
        if value:
            dj_database_url.parse(value)
    except (ValueError, KeyError) as exc:
        raise ValidationError("has to be a URL like postgresql://user:password@localhost/llmselect.") from exc


def _validate_fernet(keys: list[str]) -> None:
    try:
        for key in keys:
            Fernet(key)
    except ValueError as exc:
        raise ValidationError("has to be a base64 key of 32 bytes, or several with commas, newest first.") from exc


def private_directory(path: Path, *, variable: str = "VAR_DIR") -> Path:
    """Create a folder that only its owner can enter, unless it exists. ``variable`` names it in the error message."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = f"The folder {path} cannot be created ({error.strerror})."
        fail(f"{problem} Set {variable} to a folder that you may write to.")
    return path


def generated_secret(directory: Path, name: str, kind: Literal["token", "fernet"]) -> str:
    """Return a secret that is generated at the first start and kept in a file of mode 0600.

    Processes that start at the same time get the same secret.
    """
    path = private_directory(directory / "secrets") / name
    if not path.exists():
        value = Fernet.generate_key().decode() if kind == "fernet" else secrets.token_urlsafe(50)
        _write_once(path, value)
    return path.read_text().strip()


def _write_once(path: Path, value: str) -> None:
    """Write a new file atomically; if another process was first, its file stays."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        os.write(descriptor, value.encode())
        os.close(descriptor)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(temporary)


def redis_socket(directory: Path) -> Path:
    """Return the path of the embedded Redis's socket.

    It is in ``directory``, or in a private temporary folder if that path is too long for a Unix socket.
    """
    path = directory / "redis.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    name = f"llmselect-{os.getuid()}-{sha256(os.fsencode(path)).hexdigest()[:12]}"
    short = private_directory(Path(tempfile.gettempdir()) / name)
    if short.stat().st_uid != os.getuid():
        fail(f"The folder {short} belongs to someone else. Set VAR_DIR to a folder with a shorter path.")
    return short / "redis.sock"


def celery_broker(redis_url: str) -> str:
    """Return the same URL in the form that Celery's transport expects."""
    return redis_url.replace("unix://", "redis+socket://", 1)
