"""The settings' chain: positions, addresses, keys, and Korean words for what cannot be."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from tools.llm.chain import PROVIDERS, read_chain
from tools.settings import Settings, SettingsError


def chain(model: str | None, base_url: str | None = None, keys: str | None = None) -> list[tuple[str, str, str | None]]:
    settings = Settings(
        model=model, model_base_url=base_url, model_api_key=SecretStr(keys) if keys is not None else None
    )
    return [
        (link.label, link.base_url, link.key.get_secret_value() if link.key else None) for link in read_chain(settings)
    ]


OPENAI, GOOGLE = PROVIDERS["openai"], PROVIDERS["google_genai"]
LOCAL = "http://127.0.0.1:11434/v1"


def test_no_model_is_an_empty_chain() -> None:
    assert chain(None) == []


def test_one_model_with_its_key_goes_to_its_provider() -> None:
    assert chain("openai:gpt-4o-mini", keys="k1") == [("openai:gpt-4o-mini", OPENAI, "k1")]
    assert chain("google_genai:gemini-2.5-flash", keys="k1") == [("google_genai:gemini-2.5-flash", GOOGLE, "k1")]


def test_a_chain_takes_keys_by_position() -> None:
    assert chain("openai:a, google_genai:b", keys="k1, k2") == [
        ("openai:a", OPENAI, "k1"),
        ("google_genai:b", GOOGLE, "k2"),
    ]


def test_one_key_serves_several_models_of_one_provider_and_address() -> None:
    assert [key for _, _, key in chain("openai:a,openai:b", keys="k1")] == ["k1", "k1"]


def test_a_server_of_ones_own_needs_no_key_and_an_empty_position_is_the_providers_own() -> None:
    assert chain("openai:qwen3:8b", LOCAL + "/") == [("openai:qwen3:8b", LOCAL, None)]
    assert chain("openai:qwen3,openai:gpt-4o-mini", f"{LOCAL},", ",k2") == [
        ("openai:qwen3", LOCAL, None),
        ("openai:gpt-4o-mini", OPENAI, "k2"),
    ]


def test_one_address_alone_belongs_to_every_openai_entry() -> None:
    assert chain("openai:a,google_genai:b,openai:c", LOCAL, ",k2,") == [
        ("openai:a", LOCAL, None),
        ("google_genai:b", GOOGLE, "k2"),
        ("openai:c", LOCAL, None),
    ]


@pytest.mark.parametrize(
    ("model", "base_url", "keys", "names"),
    [
        ("gpt-4o-mini", None, "k", "QUARTZ_MODEL: openai:"),
        ("anthropic:claude", None, "k", "QUARTZ_MODEL: openai:"),
        ("openai:", None, "k", "QUARTZ_MODEL: openai:"),
        ("openai:a,", None, "k", "QUARTZ_MODEL: openai:"),
        ("openai:a b", None, "k", "QUARTZ_MODEL: openai:"),
        ("openai:a,openai:b,openai:c,openai:d,openai:e,openai:f", None, "k", "QUARTZ_MODEL: 모델은 5개까지"),
        ("openai:a", None, None, "QUARTZ_MODEL_API_KEY"),
        ("google_genai:a", LOCAL, None, "QUARTZ_MODEL_API_KEY"),
        ("openai:a,google_genai:b", None, "k1", "QUARTZ_MODEL_API_KEY"),
        ("openai:a,openai:b", f"{LOCAL},", "k1", "QUARTZ_MODEL_API_KEY"),
        ("openai:a", None, "k1,k2", "QUARTZ_MODEL_API_KEY"),
        ("openai:a", "localhost:11434", "k", "QUARTZ_MODEL_BASE_URL"),
        ("openai:a", "http://user:pass@host/v1", "k", "QUARTZ_MODEL_BASE_URL"),
        ("openai:a", "https://host/v1?key=abc", "k", "QUARTZ_MODEL_BASE_URL"),
        ("openai:a", f"{LOCAL},{LOCAL}", "k", "QUARTZ_MODEL_BASE_URL"),
    ],
)
def test_a_chain_that_cannot_be_names_the_setting_in_korean(
    model: str, base_url: str | None, keys: str | None, names: str
) -> None:
    with pytest.raises(SettingsError, match=names) as fault:
        chain(model, base_url, keys)
    assert str(fault.value).endswith(("요.",))
