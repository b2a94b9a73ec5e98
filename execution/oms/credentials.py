"""Whose key opens which account. Sealed in the ledger, opened here and handed to the KIS client alone.

On the paper exchange every account gets a key pair, an account number and an HTS id of its own, made at first use;
"house" is one more of them, for prices. On KIS the owner's is in the settings or an existing kis_devlp.yaml; everybody
may bring keys of their own (`ownkeys`). No repr, log line or error shows a value.
"""

from __future__ import annotations

import hashlib
import json
import random
import string

from pydantic import SecretStr

from execution.oms.errors import NotReady
from execution.oms.ledger.port import Ledger
from tools.kis.credentials import Credential, KisDevlp, read_kis_devlp
from tools.kis.environment import LIVE, PAPER, Environment, EnvironmentName
from tools.kis.sealed import FernetBox
from tools.settings import Broker, Settings

HOUSE = "house"
_ALPHABET = string.ascii_letters + string.digits
_ATTEMPTS = 20


class LedgerSecrets:
    """The KIS client's sealed values (tokens, approval keys) in the ledger. A durable `put`, fenced like any write."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def get(self, name: str) -> bytes | None:
        async with self._ledger.read() as tx:
            return await tx.states.secret(name)

    async def put(self, name: str, value: bytes) -> None:
        async with self._ledger.write(None) as tx:
            await tx.states.put_secret(name, value, tx.now)


class SimCredentials:
    """Key pairs for the paper exchange, made lazily from `source`, kept for good."""

    def __init__(self, ledger: Ledger, box: FernetBox, source: random.Random) -> None:
        self._ledger = ledger
        self._box = box
        self._source = source

    async def of(self, account_ref: str) -> tuple[Credential, bool]:
        """The account's key, and whether it was made just now: such a key has asked for nothing yet."""
        async with self._ledger.read() as tx:
            sealed = await tx.states.credential(account_ref)
        if sealed is not None:
            return unsealed(self._box, account_ref, sealed, EnvironmentName.SIM), False
        for _ in range(_ATTEMPTS):
            await self._make(account_ref)
            async with self._ledger.read() as tx:
                sealed = await tx.states.credential(account_ref)
            if sealed is not None:
                return unsealed(self._box, account_ref, sealed, EnvironmentName.SIM), True
        raise NotReady("모의 계좌를 여는 데 실패했어요. 잠시 후 다시 시도해 주세요.")

    async def _make(self, account_ref: str) -> None:
        made = Credential(
            environment=EnvironmentName.SIM,
            appkey=SecretStr(self._random(36)),
            appsecret=SecretStr(self._random(180)),
            account=SecretStr(str(50_000_000 + self._source.randrange(40_000_000))),
            product="01",
            hts_id=SecretStr("q" + self._random(9).lower()),
        )
        key, number = (_hash(value.get_secret_value()) for value in (made.appkey, made.account))
        async with self._ledger.write(None) as tx:
            await tx.states.keep_credential(account_ref, key, number, seal(self._box, account_ref, made), tx.now)

    def _random(self, length: int) -> str:
        return "".join(self._source.choice(_ALPHABET) for _ in range(length))


def seal(box: FernetBox, account_ref: str, credential: Credential) -> bytes:
    """For the ledger; opens under this account's name alone."""
    values = {
        "appkey": credential.appkey.get_secret_value(),
        "appsecret": credential.appsecret.get_secret_value(),
        "account": credential.account.get_secret_value(),
        "product": credential.product,
        "hts_id": credential.hts_id.get_secret_value() if credential.hts_id is not None else "",
    }
    return box.seal(_name(account_ref), json.dumps(values).encode())


def unsealed(box: FernetBox, account_ref: str, sealed: bytes, environment: EnvironmentName) -> Credential:
    """Raises NotReady when this installation's secret is not the one that sealed it."""
    plain = box.open(_name(account_ref), sealed)
    if plain is None:
        raise NotReady("이 계좌의 키를 열 수 없어요. QUARTZ_HOME의 secret.key가 바뀌었는지 확인해 주세요.")
    values = json.loads(plain)
    return Credential(
        environment=environment,
        appkey=SecretStr(values["appkey"]),
        appsecret=SecretStr(values["appsecret"]),
        account=SecretStr(values["account"]),
        product=values.get("product", "01"),
        hts_id=SecretStr(values["hts_id"]) if values["hts_id"] else None,
    )


def owners_credential(settings: Settings) -> tuple[Environment, Credential]:
    """The KIS environment and key of the settings. Raises CredentialError, naming the setting to mend."""
    name = EnvironmentName(settings.broker.value)
    part = settings.broker.value
    key = getattr(settings, f"kis_{part}_app_key")
    if key is None and settings.kis_devlp is not None:
        found: KisDevlp = read_kis_devlp(settings.kis_devlp)
        return found.need(name)
    secret = getattr(settings, f"kis_{part}_app_secret")
    account = getattr(settings, f"kis_{part}_account")
    if key is None or secret is None or account is None:
        raise NotReady(f"QUARTZ_KIS_{part.upper()}_APP_KEY, _APP_SECRET, _ACCOUNT 설정이 필요해요.")
    number = account.get_secret_value().replace("-", "")
    environment = LIVE if settings.broker is Broker.LIVE else PAPER
    return environment, Credential(
        environment=name,
        appkey=key,
        appsecret=secret,
        account=SecretStr(number[:8]),
        product=number[8:],
        hts_id=settings.kis_hts_id,
    )


def _name(account_ref: str) -> str:
    return f"credential:{account_ref}"


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()
