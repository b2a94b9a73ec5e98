"""The chain of models as the settings name it: who is asked first, who next, where and with which key. Pure.

Contract: `read_chain(settings)` gives the links in order, empty without QUARTZ_MODEL; a name, address or key that
cannot be used is a SettingsError in Korean that names the setting and never shows a key. QUARTZ_MODEL, _BASE_URL and
_API_KEY are comma-separated lists that go by position. One address alone belongs to every openai: entry; one key alone
belongs to all entries only when they share provider and address, so that no key travels to somebody else's server.

What it does not do: open anything, or read the names of other programs (OPENAI_API_KEY …).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from tools.settings import Settings, SettingsError

# What init_chat_model calls them, and where they live when no address is set.
PROVIDERS = {
    "openai": "https://api.openai.com/v1",
    "google_genai": "https://generativelanguage.googleapis.com",
}
MAX_LINKS = 5
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Link:
    """One model of the chain. `own_address` is True where the user named the server."""

    provider: str
    name: str
    base_url: str
    own_address: bool
    key: SecretStr | None

    @property
    def label(self) -> str:
        """As in QUARTZ_MODEL: openai:gpt-4o-mini."""
        return f"{self.provider}:{self.name}"


def read_chain(settings: Settings) -> tuple[Link, ...]:
    """The links in order. Raises SettingsError."""
    if settings.model is None:
        return ()
    entries = _positions(settings.model)
    if len(entries) > MAX_LINKS:
        raise SettingsError(f"QUARTZ_MODEL: 모델은 {MAX_LINKS}개까지 적을 수 있어요. 지금은 {len(entries)}개예요.")
    named = [_named(entry) for entry in entries]
    addresses = _addresses(settings.model_base_url, [provider for provider, _ in named])
    places = [(provider, address) for (provider, _), address in zip(named, addresses, strict=True)]
    keys = _keys(settings.model_api_key, places)
    links = []
    for (provider, name), address, key in zip(named, addresses, keys, strict=True):
        if key is None and (provider != "openai" or address is None):
            raise SettingsError(
                f"QUARTZ_MODEL_API_KEY: {provider}:{name}에 쓸 키가 필요해요. "
                "모델이 여럿이면 쉼표로 나누어 같은 순서로 적어 주세요."
            )
        links.append(Link(provider, name, address or PROVIDERS[provider], address is not None, key))
    return tuple(links)


def _positions(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _named(entry: str) -> tuple[str, str]:
    provider, colon, name = entry.partition(":")
    if not colon or provider not in PROVIDERS:
        known = ", ".join(f"{each}:모델이름" for each in PROVIDERS)
        raise SettingsError(f"QUARTZ_MODEL: {known} 가운데 하나로 적어 주세요. 지금은 {entry[:60]!r}예요.")
    if not _NAME.fullmatch(name):
        raise SettingsError(f"QUARTZ_MODEL: {provider}: 뒤에 모델 이름을 적어 주세요. 지금은 {name[:60]!r}예요.")
    return provider, name


def _addresses(text: str | None, providers: list[str]) -> list[str | None]:
    if text is None:
        return [None] * len(providers)
    given = [_address(part) if part else None for part in _positions(text)]
    if len(given) == len(providers):
        return given
    if len(given) == 1:
        return [given[0] if provider == "openai" else None for provider in providers]
    raise SettingsError(
        f"QUARTZ_MODEL_BASE_URL: 주소 하나, 또는 모델과 같은 수({len(providers)}개)를 쉼표로 적어 주세요. "
        f"지금은 {len(given)}개예요."
    )


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("QUARTZ_MODEL_BASE_URL: http:// 나 https:// 로 시작하는 주소를 적어 주세요.")
    if parts.username or parts.password or parts.query:
        raise SettingsError(
            "QUARTZ_MODEL_BASE_URL: 주소에 키나 비밀번호를 넣지 말고 QUARTZ_MODEL_API_KEY에 적어 주세요."
        )
    return text.rstrip("/")


def _keys(secret: SecretStr | None, places: list[tuple[str, str | None]]) -> list[SecretStr | None]:
    if secret is None:
        return [None] * len(places)
    given = [SecretStr(part) if part else None for part in _positions(secret.get_secret_value())]
    if len(given) == len(places):
        return given
    if len(given) == 1 and len(set(places)) == 1:
        return given * len(places)
    raise SettingsError(
        f"QUARTZ_MODEL_API_KEY: 서비스가 다른 모델이 섞여 있으면 키를 모델과 같은 순서로 {len(places)}개 적어 주세요 "
        f"(키가 없는 자리는 비워 두세요). 지금은 {len(given)}개예요."
    )
