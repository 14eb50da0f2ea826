"""The environment, read and checked: the only module that knows the names of our variables.

Every value is checked at start; all errors are printed at once, a sentence each, and the process exits with 2.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Literal, NoReturn
from urllib.parse import urlsplit

import dj_database_url
from cryptography.fernet import Fernet
from environs import Env, EnvValidationError, ValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent
MAX_SOCKET_PATH = 100


def read() -> Env:
    """Return an ``Env`` that collects errors; call ``check`` once everything was read."""
    return Env(eager=False)


def check(env: Env) -> None:
    """Exit with one sentence for each value that cannot be used."""
    try:
        env.seal()
    except EnvValidationError as error:
        found = error.error_messages
        messages = found.items() if isinstance(found, Mapping) else [("Environment", found)]
        fail(*(f"{name}: {' '.join(sentences)}" for name, sentences in messages))


def fail(*sentences: str) -> NoReturn:
    """Print what is wrong with the configuration on stderr and exit with 2."""
    for sentence in sentences:
        print(f"LLMSelect cannot start. {sentence}", file=sys.stderr)
    raise SystemExit(2)


def choice(env: Env, name: str, options: list[str], default: str) -> str:
    """Return one of a few words."""
    return str(env.str(name, default, validate=validate.OneOf(options, error="has to be one of: {choices}.")))


def positive_number(env: Env, name: str, default: float) -> float:
    """Return a number of seconds above 0."""
    return float(env.float(name, default, validate=validate.Range(min=0.001, error="has to be a number above 0.")) or 0)


def positive_integer(env: Env, name: str, default: int) -> int:
    """Return a whole number of at least 1."""
    return int(env.int(name, default, validate=validate.Range(min=1, error="has to be a whole number above 0.")) or 1)


def natural_number(env: Env, name: str, default: int) -> int:
    """Return a whole number of at least 0."""
    return int(env.int(name, default, validate=validate.Range(min=0, error="has to be a whole number from 0 on.")) or 0)


def optional_integer(env: Env, name: str) -> int | None:
    """Return a whole number of at least 0; None if none is set."""
    return env.int(name, None, validate=validate.Range(min=0, error="has to be a whole number from 0 on."))


def optional_dollars(env: Env, name: str) -> Decimal | None:
    """Return an amount of dollars; None if none is set."""
    return env.decimal(name, None, validate=validate.Range(min=Decimal(0), error="has to be dollars, like 12.50."))


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
    value = env.str(name, default, validate=_url_of({"http", "https"}, "has to be a URL like https://example.org."))
    return str(value or "").rstrip("/")


def database_url(env: Env, name: str, default: str) -> str:
    """Return a database URL in the form that dj-database-url reads; ``default`` if none is set."""
    value = env.str(name, "", validate=_database)
    return str(value or default)


def redis_url(env: Env, name: str) -> str:
    """Return the URL of a Redis over TCP, TLS or a Unix socket, or ``""``."""
    sentence = "has to be a URL like redis://localhost:6379/0 or unix:///run/redis/redis.sock."
    return str(env.str(name, "", validate=_url_of({"redis", "rediss", "unix"}, sentence)) or "")


def fernet_keys(env: Env, name: str) -> list[str]:
    """Return keys separated by commas, the newest first."""
    keys: list[str] | None = env.list(name, [], validate=_fernet)
    return keys or []


def _url_of(schemes: set[str], sentence: str) -> Callable[[str], None]:
    def check_url(value: str) -> None:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in schemes and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        except ValueError:
            usable = False
        if value and not usable:
            raise ValidationError(sentence)

    return check_url


def _database(value: str) -> None:
    try:
        if value:
            dj_database_url.parse(value)
    except (ValueError, KeyError) as exc:
        raise ValidationError("has to be a URL like postgresql://user:password@localhost/llmselect.") from exc


def _fernet(keys: list[str]) -> None:
    try:
        for key in keys:
            Fernet(key)
    except ValueError as exc:
        raise ValidationError("has to be a base64 key of 32 bytes, or several with commas, newest first.") from exc


def private_directory(path: Path, *, variable: str = "VAR_DIR") -> Path:
    """Create a folder that only its owner can enter."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail(f"The folder {path} cannot be made ({error.strerror}). Set {variable} to a folder that you may write to.")
    return path


def generated_secret(directory: Path, name: str, kind: Literal["token", "fernet"]) -> str:
    """Return a secret, created on the first start and kept in a file of mode 0600; safe if two processes start at
    once."""
    path = private_directory(directory / "secrets") / name
    if not path.exists():
        value = Fernet.generate_key().decode() if kind == "fernet" else secrets.token_urlsafe(50)
        _write_once(path, value)
    return path.read_text().strip()


def _write_once(path: Path, value: str) -> None:
    """Write a new file as a whole; if another process was first, its value stands."""
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
    """Return the path of the embedded Redis's socket: below ``var/``, or in a private temporary folder if that path
    is too long for a Unix socket."""
    path = directory / "redis.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    name = f"llmselect-{os.getuid()}-{sha256(os.fsencode(path)).hexdigest()[:12]}"
    short = private_directory(Path(tempfile.gettempdir()) / name)
    if short.stat().st_uid != os.getuid():
        fail(f"The folder {short} belongs to someone else. Set VAR_DIR to a folder with a shorter path.")
    return short / "redis.sock"


def celery_broker(redis_url: str) -> str:
    """Return the URL of the same Redis as Celery's transport spells it."""
    return redis_url.replace("unix://", "redis+socket://", 1)
