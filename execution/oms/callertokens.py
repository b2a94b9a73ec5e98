"""Tokens that a person gives to programs of their own: for one account, on mandates alone, taken back at any time.

Contract: a token is shown once, when it is made; kept are its hash, what it is for and when it was taken back, sealed
in the ledger and read when the process starts. Taking one back is durable before it is answered and binds the very
next call. Who holds one is a `worker` of that account and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from domain.proto import oms_pb2 as pb
from execution.oms.errors import Refusal
from execution.oms.ledger.port import Ledger, Tx
from tools.kis.sealed import FernetBox

log = structlog.get_logger("oms.tokens")
PRINCIPAL = "worker"
PREFIX = "qt_"
_MOST = 50  # good ones at a time
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Issued:
    """`digest` is the token's hash; `user_id` the person whose account it is. Times ISO 8601, "" for not yet."""

    token_id: str
    label: str
    account_ref: str
    user_id: str
    digest: str
    issued_at: str
    revoked_at: str = ""

    @property
    def owner(self) -> UUID:
        return UUID(self.user_id)


class CallerTokens:
    """`source` makes what nobody may guess."""

    def __init__(self, ledger: Ledger, box: FernetBox, source: random.Random) -> None:
        self._ledger = ledger
        self._box = box
        self._source = source
        self._name = f"caller-tokens:{ledger.environment}"
        self._by_digest: dict[str, Issued] = {}

    async def load(self, tx: Tx) -> None:
        self._take(await self._kept(tx))

    def known(self, token: str) -> Issued | None:
        """Whose token it is; None for one that was never made, or was taken back."""
        found = self._by_digest.get(_digest(token))
        return found if found is not None and not found.revoked_at else None

    def good(self, token_id: str) -> bool:
        return any(one.token_id == token_id and not one.revoked_at for one in self._by_digest.values())

    def all(self) -> list[Issued]:
        """Oldest first."""
        return list(self._by_digest.values())

    async def issue(self, account_ref: str, owner: UUID, label: str, by: str) -> tuple[Issued, str]:
        """A new one and the token itself, which nobody can show again. Raises Refusal."""
        label = label.strip()
        if not label or len(label) > _LONGEST_LABEL or not label.isprintable():
            raise Refusal("LABEL", f"어느 프로그램의 것인지 {_LONGEST_LABEL}자 안으로 적어 주세요.")
        token_id = f"{self._source.getrandbits(32):08x}"
        secret = base64.urlsafe_b64encode(self._source.getrandbits(256).to_bytes(32, "big")).decode().rstrip("=")
        token = f"{PREFIX}{token_id}_{secret}"

        def add(kept: list[Issued], now: datetime) -> Issued:
            if sum(not one.revoked_at for one in kept) >= _MOST:
                raise Refusal("TOO_MANY", f"토큰은 {_MOST}개까지예요. 쓰지 않는 것을 거둬 주세요.")
            made = Issued(token_id, label, account_ref, str(owner), _digest(token), now.isoformat())
            kept.append(made)
            return made

        made = await self._change(add, by, "token_issued")
        return made, token

    async def revoke(self, token_id: str, by: str) -> Issued:
        """Taken back for good; again is no error. Raises Refusal for an id that is none."""

        def end(kept: list[Issued], now: datetime) -> Issued:
            for place, one in enumerate(kept):
                if one.token_id == token_id:
                    kept[place] = replace(one, revoked_at=one.revoked_at or now.isoformat())
                    return kept[place]
            raise Refusal("TOKEN_UNKNOWN", "그런 토큰이 없어요.")

        return await self._change(end, by, "token_revoked")

    # The parts ------------------------------------------------------------------------------------------------------

    async def _change(self, change: Callable[[list[Issued], datetime], Issued], by: str, event: str) -> Issued:
        async with self._ledger.write(None) as tx:
            kept = await self._kept(tx)
            one = change(kept, tx.now)
            plain = json.dumps([asdict(row) for row in kept]).encode()
            await tx.states.put_secret(self._name, self._box.seal(self._name, plain), tx.now)
            evidence = {"by": by, "label": one.label}
            becomes = "REVOKED" if one.revoked_at else "GOOD"
            await tx.journal.transition(
                tx.now, one.account_ref, "caller_token", one.token_id, "", event, becomes, evidence
            )
        self._take(kept)
        log.info(event, token=one.token_id, account=one.account_ref)
        return one

    async def _kept(self, tx: Tx) -> list[Issued]:
        sealed = await tx.states.secret(self._name)
        plain = self._box.open(self._name, sealed) if sealed else None
        return [Issued(**row) for row in json.loads(plain)] if plain is not None else []

    def _take(self, kept: list[Issued]) -> None:
        self._by_digest = {one.digest: one for one in kept}


def token_message(one: Issued) -> pb.CallerToken:
    message = pb.CallerToken(token_id=one.token_id, label=one.label, principal=PRINCIPAL, account_ref=one.account_ref)
    message.issued_at.FromDatetime(datetime.fromisoformat(one.issued_at))
    if one.revoked_at:
        message.revoked_at.FromDatetime(datetime.fromisoformat(one.revoked_at))
    return message


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
