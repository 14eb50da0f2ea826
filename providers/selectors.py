"""The providers that a user may use, and the key for each.

A user's own key comes before the server's. The server's is for administrators and users with a budget, or for everyone
if SERVER_KEYS=everyone, and is never sent to a URL that a user set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.core.validators import slug_re
from django.db.models import Q

from accounts.allowances import has_budget
from accounts.models import User
from core.ciphers import DecryptionError
from core.errors import NotFound
from core.process_cache import forget, remembered
from core.statements import PreparedQuery
from providers.adapters.adapter import Adapter
from providers.adapters.base import ErrorCode, ProviderError, Target
from providers.adapters.error_words import SENTENCES
from providers.adapters.openai_compatible import OPENAI_COMPATIBLE
from providers.extra_headers import parse_headers
from providers.kinds import KINDS, ProviderKind
from providers.models import Endpoint, KeySource, LanguageModel, ProviderKey
from providers.prices import model_info
from providers.shortlist import shortlisted_models

NO_PROVIDER = "There is no provider “{provider}” here."
UNKNOWN_COLOR = "#6b7280"
UNREADABLE = "The stored key for {label} can no longer be read. Enter it again under Keys."
SWITCHED_OFF = (
    "{label} on this server is switched off. An administrator can switch it on with {variable}, or add an endpoint; or "
    "set a base URL of your own under Keys."
)
UNREADABLE_FOR_ENDPOINT = "The stored key for {label} can no longer be read. Ask an administrator to enter it again."


@dataclass(frozen=True, slots=True)
class ResolvedTarget:
    """Everything that a call needs besides the request. ``is_first_use`` is True if the call uses the user's own key
    for the first time."""

    adapter: Adapter
    target: Target
    key_source: KeySource | None
    is_first_use: bool = False


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """A provider's label and color on pages."""

    label: str
    color: str


@dataclass(frozen=True, slots=True)
class Access:
    """One user's access to one provider. ``key`` is their own key, ``key_source`` the key that their requests use;
    ``refusal`` is a sentence if they cannot use the provider, else empty."""

    provider: str
    info: ProviderInfo
    kind: ProviderKind | None
    key: ProviderKey | None
    key_source: KeySource | None
    refusal: str = ""

    @property
    def takes_key(self) -> bool:
        """True if a user can store a key or base URL of their own for the provider."""
        return self.kind is not None and takes_key(self.kind)


def resolve_target(user: User, provider: str) -> ResolvedTarget:
    """Return the target of this user's requests; one query.

    Raises NotFound for an unknown provider, ProviderError if no key is set or the key cannot be read.
    """
    kind = KINDS.get(provider)
    if kind is None:
        return _resolved_endpoint(enabled_endpoint(provider))
    return _resolved_kind(user, kind, ProviderKey.objects.filter(user=user, provider=provider).first())


Resolved = ResolvedTarget | ProviderError | NotFound
"""A target, or the reason for which it cannot be called."""


_KEYS = PreparedQuery(lambda user, providers: ProviderKey.objects.filter(user=user, provider__in=providers), None, None)
_ALL_KEYS = PreparedQuery(lambda user: ProviderKey.objects.filter(user=user), None)
ENDPOINTS = "endpoints"
"""The name under which the endpoints are remembered."""


def resolve_targets(user: User, providers: Collection[str], *, without_own: Collection[str]) -> dict[str, Resolved]:
    """Return what ``resolve_target`` returns or raises for each of these providers, but nothing with the user's own key
    for those ``without_own``. One query if there are others, and one more for each endpoint of an administrator."""
    keys = {key.provider: key for key in _KEYS.rows(user.pk, sorted({*providers} - {*without_own}))}
    return {each: _resolved_or_refusal(user, each, keys.get(each)) for each in providers}


def _resolved_or_refusal(user: User, provider: str, own: ProviderKey | None) -> Resolved:
    try:
        kind = KINDS.get(provider)
        return _resolved_endpoint(enabled_endpoint(provider)) if kind is None else _resolved_kind(user, kind, own)
    except (ProviderError, NotFound) as refusal:
        return refusal


def server_targets() -> Iterator[tuple[str, ResolvedTarget]]:
    """Yield the providers that the server itself can call with the target of each: those with a key of the server,
    local servers, and endpoints whose key can be read."""
    for kind in KINDS.values():
        api_key = settings.PROVIDER_API_KEYS[kind.slug]
        if api_key or (kind.local and not is_switched_off(kind)):
            yield kind.slug, _server_target(kind, api_key)
    for endpoint in Endpoint.objects.filter(enabled=True):
        with suppress(ProviderError):
            yield endpoint.slug, _resolved_endpoint(endpoint)


def targets_of_used_keys(limit: int) -> Iterator[tuple[ProviderKey, ResolvedTarget]]:
    """Yield at most so many keys that active users have used, in any order, with the target of each."""
    used = ProviderKey.objects.filter(first_used_at__isnull=False, user__is_active=True, provider__in=KINDS)
    for key in used.select_related("user").order_by("?")[:limit]:
        with suppress(ProviderError):
            yield key, _resolved_kind(key.user, KINDS[key.provider], key)


def check_callable(user: User, provider: str) -> None:
    """Raise NotFound or ProviderError as ``resolve_target`` does; no query if the user's keys are remembered."""
    try:
        _check_callable(user, provider)
    except (NotFound, ProviderError):
        # Another process may have stored a key or an endpoint a moment ago.
        forget(_stored_key(user))
        forget(ENDPOINTS)
        _check_callable(user, provider)


def _check_callable(user: User, provider: str) -> None:
    kind, stored = KINDS.get(provider), _stored(user)
    if kind is None:
        endpoint = stored.endpoints.get(provider)
        if endpoint is None:
            raise NotFound(NO_PROVIDER.format(provider=provider[:64]))
        if not endpoint.is_readable:
            raise ProviderError(ErrorCode.NO_API_KEY, UNREADABLE_FOR_ENDPOINT.format(label=endpoint.label))
        return
    own = stored.keys.get(provider)
    if own is not None and not own.is_readable:
        raise ProviderError(ErrorCode.NO_API_KEY, UNREADABLE.format(label=kind.label))
    _check_switched_on(kind, has_base_url=own is not None and own.has_base_url)
    if kind.needs_key and _source_of_kind(provider, own is not None, may_use_server_key(user)) is None:
        raise ProviderError(ErrorCode.NO_API_KEY, _no_key(kind))


@dataclass(frozen=True, slots=True)
class _StoredKey:
    """A user's key, or an endpoint with its key."""

    label: str
    has_key: bool
    is_readable: bool
    has_base_url: bool


@dataclass(frozen=True, slots=True)
class _Stored:
    """A user's keys by provider, and the enabled endpoints by slug."""

    keys: dict[str, _StoredKey]
    endpoints: dict[str, _StoredKey]


def _stored_key(user: User) -> str:
    return f"keys:{user.public_id}"


def _stored(user: User) -> _Stored:
    """Return what is stored for this user; one query, and another one for the endpoints, unless it is remembered."""
    return _Stored(
        keys=remembered(
            _stored_key(user),
            lambda: {each.provider: _status_of(each.provider, each, "api_key") for each in _ALL_KEYS.rows(user.pk)},
        ),
        endpoints=remembered(
            ENDPOINTS,
            lambda: {
                each.slug: _status_of(each.name, each, "api_key", "headers")
                for each in Endpoint.objects.filter(enabled=True)
            },
        ),
    )


def _status_of(label: str, row: ProviderKey | Endpoint, *secrets: str) -> _StoredKey:
    try:
        values = [getattr(row, name) for name in secrets]
    except DecryptionError:
        return _StoredKey(label, has_key=True, is_readable=False, has_base_url=bool(row.base_url))
    return _StoredKey(label, has_key=any(values), is_readable=True, has_base_url=bool(row.base_url))


def provider_accesses(user: User) -> list[Access]:
    """Return this user's access to every kind and every enabled endpoint; at most three queries, and no key is
    decrypted."""
    keys = {key.provider: key for key in ProviderKey.objects.filter(user=user).defer("api_key")}
    server = may_use_server_key(user)
    kinds = [_access(kind, keys.get(kind.slug), server) for kind in KINDS.values()]
    endpoints = Endpoint.objects.filter(enabled=True).defer("api_key", "headers")
    return [*kinds, *map(_endpoint_access, endpoints)]


def provider_access(user: User, provider: str) -> Access:
    """Return this user's access to one provider; one query. Raises NotFound."""
    if provider in KINDS:
        key = ProviderKey.objects.filter(user=user, provider=provider).defer("api_key").first()
        return _access(KINDS[provider], key, may_use_server_key(user))
    return _endpoint_access(enabled_endpoint(provider))


def key_sources(user: User, providers: Iterable[str]) -> dict[str, str]:
    """Return the key source at each of these providers: "user", "server", or "" for none; no query if the user's keys
    are remembered."""
    stored, server = _stored(user), may_use_server_key(user)
    return {
        name: _source_of_kind(name, name in stored.keys, server) or ""
        if name in KINDS
        else KeySource.SERVER
        if name in stored.endpoints and stored.endpoints[name].has_key
        else ""
        for name in providers
    }


def _source_of_kind(kind: str, own: bool, server: bool) -> KeySource | None:
    """Return the key source at a kind; ``server`` is True if the user may use the server's keys."""
    if own:
        return KeySource.USER
    return KeySource.SERVER if server and settings.PROVIDER_API_KEYS[kind] else None


def takes_key(kind: ProviderKind) -> bool:
    return kind.needs_key or kind.local


def is_switched_off(kind: ProviderKind) -> bool:
    """Return True for a server on this computer that only the operator of a public installation can offer."""
    return kind.local and kind.slug not in settings.LOCAL_KINDS


def may_use_server_key(user: User) -> bool:
    """Return True for administrators, for users with a budget, and for everyone if SERVER_KEYS says so."""
    return user.is_staff or settings.SERVER_KEYS == "everyone" or has_budget(user)


def provider_info(provider: str) -> ProviderInfo:
    """Return label and color, also for a provider that is gone; one query if it is not a built-in kind."""
    return provider_infos([provider])[provider]


def provider_infos(providers: Iterable[str]) -> dict[str, ProviderInfo]:
    """Return the labels and colors of many providers; at most one query."""
    infos = {slug: ProviderInfo(slug, UNKNOWN_COLOR) for slug in providers}
    infos |= {slug: ProviderInfo(KINDS[slug].label, KINDS[slug].color) for slug in infos.keys() & KINDS.keys()}
    others = infos.keys() - KINDS.keys()
    if others:
        rows = Endpoint.objects.filter(slug__in=others).values_list("slug", "name", "color")
        infos |= {slug: ProviderInfo(name, color) for slug, name, color in rows}
    return infos


def model_label(provider: str, model: str) -> str:
    """Return a model's readable name, or its id if it has no name or shares it with other ids; no query."""
    if provider == "demo":
        return model.replace("-", " ").title()
    info = model_info(provider, model)
    if info is None or not info.name or info.name.islower():
        return model
    return info.name if model == info.id or model in shortlisted_models(provider) else model


def listed_models(user: User) -> Iterable[LanguageModel]:
    """Return the models that refreshes found for this user or for the server."""
    return LanguageModel.objects.filter(Q(owner=user) | Q(owner=None))


def _resolved_kind(user: User, kind: ProviderKind, own: ProviderKey | None) -> ResolvedTarget:
    try:
        return _resolved(user, kind, own)
    except DecryptionError as exc:
        raise ProviderError(ErrorCode.NO_API_KEY, UNREADABLE.format(label=kind.label)) from exc


def _resolved(user: User, kind: ProviderKind, own: ProviderKey | None) -> ResolvedTarget:
    if own is not None:
        guarded = bool(own.base_url) and not user.is_staff
        base_url = own.base_url or _base_url(kind)
        target = Target(kind.label, base_url, own.api_key, guarded=guarded)
        return ResolvedTarget(kind.adapter, target, KeySource.USER, own.first_used_at is None)
    server_key = settings.PROVIDER_API_KEYS[kind.slug]
    if server_key and not may_use_server_key(user):
        server_key = ""
    if kind.needs_key and not server_key:
        raise ProviderError(ErrorCode.NO_API_KEY, _no_key(kind))
    return _server_target(kind, server_key)


def _base_url(kind: ProviderKind) -> str:
    """Return the base URL of a kind; raises ProviderError if it is one of this computer and switched off."""
    _check_switched_on(kind, has_base_url=False)
    base_url: str = settings.PROVIDER_BASE_URLS[kind.slug]
    return base_url


def _server_target(kind: ProviderKind, api_key: str) -> ResolvedTarget:
    target = Target(kind.label, _base_url(kind), api_key)
    return ResolvedTarget(kind.adapter, target, KeySource.SERVER if api_key else None)


def _resolved_endpoint(endpoint: Endpoint) -> ResolvedTarget:
    try:
        headers = parse_headers(endpoint.headers)
        target = Target(endpoint.name, endpoint.base_url, endpoint.api_key, headers=headers)
    except DecryptionError as exc:
        sentence = UNREADABLE_FOR_ENDPOINT.format(label=endpoint.name)
        raise ProviderError(ErrorCode.NO_API_KEY, sentence) from exc
    adapter = KINDS[endpoint.kind].adapter if endpoint.kind in KINDS else OPENAI_COMPATIBLE
    return ResolvedTarget(adapter, target, _source_of(endpoint))


def _access(kind: ProviderKind, own: ProviderKey | None, server: bool) -> Access:
    source = _source_of_kind(kind.slug, own is not None, server)
    refusal = _switched_off(kind, has_base_url=own is not None and bool(own.base_url))
    if kind.needs_key and source is None:
        refusal = refusal or _no_key(kind)
    return Access(kind.slug, ProviderInfo(kind.label, kind.color), kind, own, source, refusal)


def _endpoint_access(endpoint: Endpoint) -> Access:
    info = ProviderInfo(endpoint.name, endpoint.color)
    return Access(endpoint.slug, info, None, None, _source_of(endpoint))


def _check_switched_on(kind: ProviderKind, *, has_base_url: bool) -> None:
    refusal = _switched_off(kind, has_base_url=has_base_url)
    if refusal:
        raise ProviderError(ErrorCode.PERMISSION_DENIED, refusal)


def _switched_off(kind: ProviderKind, *, has_base_url: bool) -> str:
    """Return the sentence for a kind that is switched off, unless the user has a base URL of their own; else ``""``."""
    if has_base_url or not is_switched_off(kind):
        return ""
    return SWITCHED_OFF.format(label=kind.label, variable=f"{kind.slug.upper()}_BASE_URL")


def _no_key(kind: ProviderKind) -> str:
    return SENTENCES[ErrorCode.NO_API_KEY].format(label=kind.label)


def enabled_endpoint(provider: str) -> Endpoint:
    """Return an enabled endpoint; raises NotFound, also for text that cannot be a slug."""
    # Databases refuse some texts that a URL may contain, like NUL, so only slugs reach the query.
    endpoint = Endpoint.objects.filter(slug=provider, enabled=True).first() if slug_re.match(provider) else None
    if endpoint is None:
        raise NotFound(NO_PROVIDER.format(provider=provider[:64]))
    return endpoint


def _source_of(endpoint: Endpoint) -> KeySource | None:
    return KeySource.SERVER if endpoint.hint or endpoint.header_names else None
