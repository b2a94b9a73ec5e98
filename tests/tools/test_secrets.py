"""The instance secret: made once, private, and the root of every derived password and token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from tools.settings import ROLES, Settings
from tools.store.secrets import PRINCIPALS, SecretError, caller_token, instance_secret, role_password


def test_it_is_made_once_even_by_eight_at_a_time_and_is_private(quartz_home: Path) -> None:
    settings = Settings(home=quartz_home)
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: instance_secret(settings), range(16)))
    assert len(made) == 1
    assert len(made.pop()) == 32
    assert (quartz_home / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in quartz_home.iterdir()] == ["secret.key"]


def test_a_secret_that_others_may_read_is_refused(quartz_home: Path) -> None:
    settings = Settings(home=quartz_home)
    instance_secret(settings)
    (quartz_home / "secret.key").chmod(0o644)
    with pytest.raises(SecretError, match="chmod 600"):
        instance_secret(settings)


@pytest.mark.parametrize("text", ["", "abcd", "not hex at all"])
def test_a_damaged_secret_is_refused_and_not_replaced(quartz_home: Path, text: str) -> None:
    path = quartz_home / "secret.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SecretError, match=r"secret\.key"):
        instance_secret(Settings(home=quartz_home))
    assert path.read_text() == text


def test_a_configured_secret_needs_no_file(quartz_home: Path) -> None:
    assert instance_secret(Settings(home=quartz_home, secret_key=SecretStr("ab" * 32))) == b"\xab" * 32
    assert not (quartz_home / "secret.key").exists()


def test_every_role_and_principal_gets_something_of_its_own() -> None:
    secret = b"s" * 32
    made = [role_password(secret, role) for role in ROLES] + [caller_token(secret, who) for who in PRINCIPALS]
    assert len(set(made)) == len(made)
    with pytest.raises(ValueError, match="expected a principal"):
        caller_token(secret, "stranger")
