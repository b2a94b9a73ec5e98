"""One settings class: complete with nothing set, strict about what is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.settings import ROOT, Broker, Settings, SettingsError, load_settings, unknown_names

KEY = "PSabcdefghijklmnopqrstuvwxyz0123456"


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.env"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_set_is_a_complete_configuration() -> None:
    settings = load_settings()
    assert settings.broker is Broker.SIM
    assert settings.postgres_url is None
    assert settings.model is None
    assert settings.home == Path("~/.quartz").expanduser()


def test_the_environment_wins_over_the_file_and_empty_means_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "QUARTZ_SIGNUP=open\nQUARTZ_LOCALE=en\nQUARTZ_REDIS_URL=\n")
    monkeypatch.setenv("QUARTZ_LOCALE", "ko")
    settings = load_settings(file)
    assert (settings.signup, settings.locale, settings.redis_url) == ("open", "ko", None)


def test_names_of_other_programs_in_the_file_are_none_of_our_business(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, "OPENAI_API_KEY=abc\nPATHS=1\n")).broker is Broker.SIM


def test_a_misspelt_name_in_the_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="QUARTZ_BROKR: expected a known setting"):
        load_settings(written(tmp_path, "QUARTZ_BROKR=live\n"))


def test_a_misspelt_name_in_the_environment_is_shown_by_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTZ_BROKR", "live")
    assert unknown_names() == ["QUARTZ_BROKR"]


@pytest.mark.parametrize(
    "value", ["changeme", "CHANGE-ME", "your-app-key", "<app key>", "xxxx", "****", "...", "여기에 앱키", "앱키"]
)
def test_a_placeholder_is_not_a_secret(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="QUARTZ_MODEL_API_KEY: expected a real secret, was a placeholder"):
        load_settings(written(tmp_path, f"QUARTZ_MODEL_API_KEY='{value}'\n"))


def test_paper_without_keys_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"QUARTZ_KIS_PAPER_APP_KEY.*QUARTZ_KIS_DEVLP"):
        load_settings(written(tmp_path, "QUARTZ_BROKER=paper\n"))


def test_half_of_a_key_pair_is_refused_even_when_it_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="was without QUARTZ_KIS_LIVE_APP_SECRET, QUARTZ_KIS_LIVE_ACCOUNT"):
        load_settings(written(tmp_path, f"QUARTZ_KIS_LIVE_APP_KEY={KEY}\n"))


def keys(mode: str) -> str:
    return (
        f"QUARTZ_KIS_{mode}_APP_KEY={KEY}\nQUARTZ_KIS_{mode}_APP_SECRET={KEY * 5}\n"
        f"QUARTZ_KIS_{mode}_ACCOUNT=50123456-01\n"
    )


def test_live_needs_its_own_switch_besides_its_keys(tmp_path: Path) -> None:
    text = "QUARTZ_BROKER=live\n" + keys("LIVE")
    with pytest.raises(SettingsError, match="expected QUARTZ_LIVE_TRADING=yes"):
        load_settings(written(tmp_path, text))
    assert load_settings(written(tmp_path, text + "QUARTZ_LIVE_TRADING=yes\n")).broker is Broker.LIVE


def test_the_live_switch_without_the_live_broker_is_a_contradiction(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="expected QUARTZ_BROKER=live"):
        load_settings(written(tmp_path, "QUARTZ_LIVE_TRADING=yes\n"))


def test_an_existing_kis_devlp_is_enough_for_paper(tmp_path: Path) -> None:
    devlp = tmp_path / "kis_devlp.yaml"
    text = f"QUARTZ_BROKER=paper\nQUARTZ_KIS_DEVLP={devlp}\n"
    with pytest.raises(SettingsError, match="expected QUARTZ_KIS_DEVLP to name an existing file"):
        load_settings(written(tmp_path, text))
    devlp.write_text("my_app: x\n")
    assert load_settings(written(tmp_path, text)).kis_devlp == devlp


def test_neither_errors_nor_repr_show_a_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, keys("PAPER") + "QUARTZ_BROKER=nowhere\nQUARTZ_SECRET_KEY=abcdef\n"))
    assert KEY not in str(caught.value)
    assert "50123456" not in repr(load_settings(written(tmp_path, keys("PAPER"))))


def test_every_setting_stands_in_the_example_and_the_example_is_valid(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"QUARTZ_{name.upper()}=" in text, name
    uncommented = "\n".join(
        line.removeprefix("#") if line.startswith("#QUARTZ_") else line for line in text.splitlines()
    )
    assert load_settings(written(tmp_path, uncommented)).broker is Broker.SIM
