"""Keys and account of one environment, and reading them from the official sample's kis_devlp.yaml.

Nothing here prints a value: reprs show the environment and a fingerprint, errors name the missing setting.
The file's placeholders (Korean text such as "앱키") count as missing. YAML numbers are read as text, because an
unquoted account 01234567 would otherwise turn into another number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import SecretStr

from tools.kis.environment import LIVE, PAPER, Environment, EnvironmentName
from tools.kis.errors import CredentialError


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """One app key with the account it trades. `hts_id` is needed for execution notices only (case matters)."""

    environment: EnvironmentName
    appkey: SecretStr
    appsecret: SecretStr
    account: SecretStr  # CANO, 8 digits
    product: str  # ACNT_PRDT_CD, 2 digits; "01" = securities
    hts_id: SecretStr | None = None

    def __post_init__(self) -> None:
        for name, secret in (("appkey", self.appkey), ("appsecret", self.appsecret)):
            value = secret.get_secret_value()
            if not value or not value.isascii() or value != value.strip():
                raise CredentialError(f"expected a KIS {name} for {self.environment}, was empty or a placeholder")
        account = self.account.get_secret_value()
        if len(account) != 8 or not (account.isascii() and account.isdigit()):
            raise CredentialError(f"expected an 8-digit account for {self.environment}, was {len(account)} characters")
        if len(self.product) != 2 or not (self.product.isascii() and self.product.isdigit()):
            raise CredentialError(f"expected a 2-digit account product code, was {len(self.product)} characters")

    @property
    def fingerprint(self) -> str:
        """Names the key in stores and logs without telling it: 12 hex digits."""
        return hashlib.sha256(f"{self.environment}:{self.appkey.get_secret_value()}".encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"Credential({self.environment}, key {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class KisDevlp:
    """What an existing kis_devlp.yaml gives: an environment with its addresses, and the keys for it, or the reason
    why there are none."""

    live: tuple[Environment, Credential] | None
    paper: tuple[Environment, Credential] | None
    missing: Mapping[str, str]  # environment name -> what to mend

    def need(self, name: EnvironmentName) -> tuple[Environment, Credential]:
        found = self.live if name is EnvironmentName.LIVE else self.paper if name is EnvironmentName.PAPER else None
        if found is None:
            raise CredentialError(self.missing.get(name, f"expected live or paper, was {name}"))
        return found


def read_kis_devlp(path: Path) -> KisDevlp:
    """Reads the official sample's file. Raises CredentialError when it is not such a file at all."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=yaml.BaseLoader)  # noqa: S506 (text only, builds no objects)
    except (OSError, UnicodeDecodeError):
        raise CredentialError(f"expected a readable kis_devlp.yaml at {path}") from None
    except yaml.YAMLError:
        loaded = None  # a YAML error quotes the line, and the line may be a key
    if not isinstance(loaded, dict):
        raise CredentialError(f"expected keys such as my_app in {path}, was not a YAML mapping")
    values = {str(key): value.strip() for key, value in loaded.items() if isinstance(value, str)}
    missing: dict[str, str] = {}
    found: dict[EnvironmentName, tuple[Environment, Credential]] = {}
    for environment, app, secret, account, rest, socket in (
        (LIVE, "my_app", "my_sec", "my_acct_stock", "prod", "ops"),
        (PAPER, "paper_app", "paper_sec", "my_paper_stock", "vps", "vops"),
    ):
        try:
            credential = _credential(values, environment.name, app, secret, account)
        except CredentialError as error:
            missing[environment.name] = f"{path.name}: {error.message}"
            continue
        if values.get(rest) and not values[rest].startswith("https://"):
            missing[environment.name] = (
                f"{path.name}: expected an https address in {rest}, keys must not travel in clear"
            )
            continue
        found[environment.name] = (environment.at(values.get(rest), values.get(socket)), credential)
    return KisDevlp(found.get(EnvironmentName.LIVE), found.get(EnvironmentName.PAPER), missing)


def _credential(
    values: Mapping[str, str], environment: EnvironmentName, app: str, secret: str, account: str
) -> Credential:
    for key in (app, secret, account):
        if not _given(values.get(key)):
            raise CredentialError(f"expected {key} for {environment}, was empty or a placeholder")
    number = values[account].replace("-", "")
    product = values.get("my_prod") or "01"
    if len(number) == 10:  # written with its product code
        number, product = number[:8], number[8:]
    hts_id = values.get("my_htsid")
    try:
        return Credential(
            environment=environment,
            appkey=SecretStr(values[app]),
            appsecret=SecretStr(values[secret]),
            account=SecretStr(number),
            product=product,
            hts_id=SecretStr(hts_id) if hts_id and _given(hts_id) else None,
        )
    except CredentialError as error:
        raise CredentialError(f"{account} or my_prod: {error.message}") from None


def _given(value: str | None) -> bool:
    return bool(value) and value is not None and value.isascii()
