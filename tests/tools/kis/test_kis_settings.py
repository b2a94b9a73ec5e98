"""Environments, credentials, an existing kis_devlp.yaml, and secrets at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tools.kis.client import KisClient
from tools.kis.credentials import Credential, read_kis_devlp
from tools.kis.environment import LIVE, PAPER, EnvironmentName, sim
from tools.kis.errors import CredentialError
from tools.kis.sealed import FernetBox

OFFICIAL = """
my_app: "{app}"
my_sec: "{sec}"
paper_app: "{paper_app}"
paper_sec: "{paper_sec}"
my_htsid: "user@hts"
my_acct_stock: {stock}
my_acct_future: "선물옵션계좌 8자리"
my_paper_stock: "{paper_stock}"
my_prod: {prod}
prod: "https://openapi.koreainvestment.com:9443" # 서비스
ops: "ws://ops.koreainvestment.com:21000"
vps: "https://openapivts.koreainvestment.com:29443"
vops: "ws://ops.koreainvestment.com:31000"
my_token: ""
my_agent: "Mozilla/5.0"
"""
FILLED = {
    "app": "PSlive",
    "sec": "livesecret",
    "paper_app": "PSpaper",
    "paper_sec": "papersecret",
    "stock": "01234567",
    "paper_stock": "50123456",
    "prod": "01",
}


def devlp(folder: Path, **changes: str) -> Path:
    path = folder / "kis_devlp.yaml"
    path.write_text(OFFICIAL.format(**FILLED | changes), encoding="utf-8")
    return path


def test_an_official_file_gives_both_environments(tmp_path: Path) -> None:
    found = read_kis_devlp(devlp(tmp_path))
    environment, credential = found.need(EnvironmentName.LIVE)
    assert environment == LIVE
    assert credential.account.get_secret_value() == "01234567", "an unquoted account keeps its leading zero"
    assert credential.product == "01"
    assert credential.hts_id is not None
    environment, credential = found.need(EnvironmentName.PAPER)
    assert environment == PAPER
    assert credential.appkey.get_secret_value() == "PSpaper"


def test_placeholders_count_as_missing_and_the_key_is_named(tmp_path: Path) -> None:
    found = read_kis_devlp(devlp(tmp_path, app="앱키", paper_sec=""))
    assert found.live is None
    assert found.paper is None
    with pytest.raises(CredentialError, match="my_app"):
        found.need(EnvironmentName.LIVE)
    with pytest.raises(CredentialError, match="paper_sec"):
        found.need(EnvironmentName.PAPER)


def test_a_malformed_account_is_named_without_being_told(tmp_path: Path) -> None:
    found = read_kis_devlp(devlp(tmp_path, stock="1234"))
    with pytest.raises(CredentialError, match="my_acct_stock") as caught:
        found.need(EnvironmentName.LIVE)
    assert "1234" not in str(caught.value)


def test_an_account_written_with_its_product_code_is_split(tmp_path: Path) -> None:
    _, credential = read_kis_devlp(devlp(tmp_path, stock="12345678-22")).need(EnvironmentName.LIVE)
    assert (credential.account.get_secret_value(), credential.product) == ("12345678", "22")


def test_keys_do_not_travel_in_clear(tmp_path: Path) -> None:
    path = devlp(tmp_path)
    path.write_text(path.read_text().replace("https://openapi.k", "http://openapi.k"), encoding="utf-8")
    with pytest.raises(CredentialError, match="https address in prod"):
        read_kis_devlp(path).need(EnvironmentName.LIVE)
    assert read_kis_devlp(path).paper is not None


def test_broken_yaml_is_an_error_that_quotes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kis_devlp.yaml"
    path.write_text('my_app: "PSsecretkey\nmy_sec: [', encoding="utf-8")
    with pytest.raises(CredentialError) as caught:
        read_kis_devlp(path)
    assert "PSsecretkey" not in str(caught.value) + str(caught.value.__context__)
    with pytest.raises(CredentialError):
        read_kis_devlp(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("real", "paper"),
    [
        ("TTTC0012U", "VTTC0012U"),
        ("CTSC9215R", "VTSC9215R"),
        ("FHKST01010100", "FHKST01010100"),
        ("HHKDB669102C0", "HHKDB669102C0"),
    ],
)
def test_paper_swaps_the_first_letter_of_order_and_account_trs_only(real: str, paper: str) -> None:
    assert LIVE.tr(real) == real
    assert PAPER.tr(real) == paper


def test_the_environments_differ_in_one_table() -> None:
    assert (LIVE.rate_per_second, PAPER.rate_per_second) == (18, 1)
    assert (LIVE.balance_page, PAPER.balance_page) == (50, 20)
    assert (LIVE.executions_page, PAPER.executions_page) == (100, 15)
    assert (LIVE.notice_tr, PAPER.notice_tr) == ("H0STCNI0", "H0STCNI9")
    assert PAPER.features == frozenset()
    assert not PAPER.has_open_orders
    here = sim("http://127.0.0.1:8123/")
    assert (here.rest_url, here.ws_url) == ("http://127.0.0.1:8123", "ws://127.0.0.1:8123")
    assert here.notice_tr == "H0STCNI0"
    assert here.has_open_orders
    assert here.has_sellable


def test_a_credential_shows_a_fingerprint_only(kit: Any) -> None:
    text = repr(kit.credential())
    assert not [secret for secret in kit.SECRETS if secret in text]
    with pytest.raises(CredentialError):
        Credential(EnvironmentName.LIVE, SecretStr("앱키"), SecretStr("x"), SecretStr("12345678"), "01")


def test_a_client_refuses_the_credential_of_another_environment(kit: Any) -> None:
    nothing: Any = None
    with pytest.raises(ValueError, match="expected a credential for live"):
        KisClient(LIVE, kit.credential(), clock=nothing, budget=nothing, store=nothing, box=nothing, rng=nothing)


def test_a_sealed_value_opens_under_its_own_name_and_key_only() -> None:
    box = FernetBox(b"k" * 32)
    sealed = box.seal("token:live", b"plain")
    assert b"plain" not in sealed
    assert box.open("token:live", sealed) == b"plain"
    assert box.open("token:paper", sealed) is None
    assert FernetBox(b"j" * 32).open("token:live", sealed) is None
    assert box.open("token:live", sealed[:-4]) is None
    with pytest.raises(ValueError, match="32 bytes"):
        FernetBox(b"short")
