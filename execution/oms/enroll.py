"""A person's own KIS keys: checked for shape, tried once, sealed, used for that person's account, and taken back.

Contract: keys that KIS does not take, or that could not be tried, leave nothing behind. New keys replace a running
session only while the account has no open order, and only for the account number whose shares the book holds. Keys are
taken back under the same conditions, and then nothing of them is left that opens anything. No answer, log line or event
tells a value; what is wrong is said by the name of the field.
"""

from __future__ import annotations

import re

import structlog
from pydantic import SecretStr

from domain.proto import oms_pb2 as pb
from execution.oms.accounts import Accounts
from execution.oms.auth import Caller
from execution.oms.core import Core
from execution.oms.errors import NotReady, Refusal, Taken
from execution.oms.ledger.desk import DeskAccount
from execution.oms.ledger.port import Tx
from execution.oms.ownkeys import OwnKeys, Tried
from execution.oms.quiet import nothing_open
from tools.kis.credentials import Credential

log = structlog.get_logger("oms.enroll")
_ACCOUNT = re.compile(r"[0-9]{8}-[0-9]{2}")
_APP_KEY = re.compile(r"[!-~]{16,128}")
_APP_SECRET = re.compile(r"[!-~]{16,512}")
_HTS_ID = re.compile(r"[!-~]{0,40}")
_REASONS = {
    Tried.BAD_PAIR: ("BAD_KEYS", "한국투자가 이 앱키와 시크릿을 받지 않았어요. 다시 확인해 주세요."),
    Tried.BAD_ACCOUNT: ("BAD_KEYS", "이 키로는 그 계좌를 조회할 수 없었어요. 계좌번호를 확인해 주세요."),
    Tried.TOO_SOON: ("UNREACHABLE", "한국투자는 키를 1분에 한 번만 확인해 줘요. 1분 뒤에 다시 해 주세요."),
    Tried.SILENT: ("UNREACHABLE", "한국투자에 닿지 않아 키를 확인하지 못했어요. 잠시 후 다시 해 주세요."),
}
_TAKEN = Refusal("TAKEN", "다른 사람이 이미 등록한 키나 계좌번호예요.")
ELSEWHERE = "이 프로그램은 지금 그 증권사 환경에 연결돼 있지 않아 키를 등록할 수 없어요."


class Enrolment:
    """`house` is the settings' credential, the owner's; None on the paper exchange, where keys are our own."""

    def __init__(self, core: Core, accounts: Accounts, keys: OwnKeys | None, house: Credential | None) -> None:
        self._core = core
        self._accounts = accounts
        self._keys = keys
        self._house = house

    async def enrol(self, caller: Caller, account: DeskAccount, request: pb.EnrollRequest) -> pb.EnrollReply:
        """The account has been verified as the caller's."""
        if self._keys is None or self._house is None:
            return pb.EnrollReply(code="WRONG_VENUE", message=ELSEWHERE)
        try:
            await self._enrol(self._keys, self._house, caller, account, request)
        except Refusal as refusal:
            log.info("keys_refused", account=account.account_ref, code=refusal.code)
            return pb.EnrollReply(code=refusal.code, message=refusal.message)
        return pb.EnrollReply(accepted=True, code="OK", message="등록했어요. 이제 이 계좌는 이 키로 주문해요.")

    async def unenrol(self, caller: Caller, account: DeskAccount) -> pb.EnrollReply:
        """Takes a person's own keys back. The account has been verified as the caller's."""
        if self._keys is None or self._house is None:
            return pb.EnrollReply(code="WRONG_VENUE", message=ELSEWHERE)
        try:
            text = await self._unenrol(self._keys, self._house, caller, account)
        except Refusal as refusal:
            log.info("keys_not_withdrawn", account=account.account_ref, code=refusal.code)
            return pb.EnrollReply(code=refusal.code, message=refusal.message)
        return pb.EnrollReply(accepted=True, code="OK", message=text)

    async def whose(self, account: DeskAccount) -> str:
        """Whose keys the account is served with: own | house | none."""
        if self._keys is None:
            return "house"
        async with self._core.ledger.read() as tx:
            if await self._keys.enrolled(tx, account.account_ref):
                return "own"
            return "house" if await tx.desk.is_owner(account.owner) else "none"

    async def _unenrol(self, keys: OwnKeys, house: Credential, caller: Caller, account: DeskAccount) -> str:
        """What the person reads. Raises Refusal; then everything is as it was."""
        ref = account.account_ref
        async with self._core.ledger.read() as tx:
            owner = await tx.desk.is_owner(account.owner)
            await self._may_go(tx, keys, house, ref, owner)
        try:
            own = await keys.of(ref)
        except NotReady:  # sealed by a secret that is gone: it can be erased all the same
            own = None
        if own is not None and own.fingerprint == house.fingerprint:
            own = None  # the settings' token and approval key stay theirs

        async def erase(tx: Tx) -> None:
            await self._may_go(tx, keys, house, ref, owner)
            await keys.erase(tx, ref, own, keep_number=await _holds(tx, ref))
            evidence = {"by": caller.name, "key": own.fingerprint if own is not None else ""}
            await tx.journal.transition(tx.now, ref, "credential", ref, "KEPT", "keys_withdrawn", "ERASED", evidence)
            text = "한국투자 키를 지웠어요. 직접 하지 않았다면 모두 멈추고 비밀번호를 바꿔 주세요."
            await tx.journal.event(tx.now, ref, "notice", text)

        await self._accounts.unlink(ref, erase)
        log.info("keys_withdrawn", account=ref)
        if owner:
            return "키를 지웠어요. 이제 이 계좌는 설정에 적힌 키로 주문해요."
        return "키를 지웠어요. 이 계좌로는 더 주문하지 않고, 손절과 익절도 하지 않아요."

    async def _may_go(self, tx: Tx, keys: OwnKeys, house: Credential, account_ref: str, owner: bool) -> None:
        if not await keys.enrolled(tx, account_ref):
            raise Refusal("NOT_ENROLLED", "등록한 한국투자 키가 없어요.")
        await nothing_open(tx, account_ref)
        if owner and await keys.number_of(tx, account_ref) != keys.number_hash(house) and await _holds(tx, account_ref):
            raise Refusal(
                "OTHER_ACCOUNT",
                "보유 주식이 있는데 설정에 적힌 키는 다른 계좌번호의 것이에요. 모두 판 뒤에 지워 주세요.",
            )

    async def _enrol(
        self, keys: OwnKeys, house: Credential, caller: Caller, account: DeskAccount, request: pb.EnrollRequest
    ) -> None:
        """Raises Refusal; then nothing was kept."""
        credential = _credential(keys, request)
        async with self._core.ledger.read() as tx:
            owner = await tx.desk.is_owner(account.owner)
            await nothing_open(tx, account.account_ref)  # before KIS's one token a minute is spent
        if not owner and (
            credential.fingerprint == house.fingerprint or keys.number_hash(credential) == keys.number_hash(house)
        ):
            raise _TAKEN
        if credential.fingerprint == house.fingerprint and not _same_number(credential, house):
            raise Refusal("BAD_KEYS", "설정에 적힌 앱키는 설정에 적힌 계좌에만 쓸 수 있어요.")
        tried, tokens = await keys.attempt(credential)
        if tried is not Tried.GOOD:
            raise Refusal(*_REASONS[tried])

        async def keep(tx: Tx) -> None:
            known = await keys.number_of(tx, account.account_ref)
            if known is None and owner:
                known = keys.number_hash(house)
            if known not in (None, keys.number_hash(credential)) and await _holds(tx, account.account_ref):
                raise Refusal(
                    "OTHER_ACCOUNT", "장부에 다른 계좌번호의 보유 주식이 있어요. 같은 계좌번호의 키만 등록할 수 있어요."
                )
            await keys.keep(tx, account.account_ref, credential, tokens)
            evidence = {"by": caller.name, "key": credential.fingerprint}
            await tx.journal.transition(
                tx.now, account.account_ref, "credential", account.account_ref, "", "keys_enrolled", "KEPT", evidence
            )
            text = "한국투자 키를 등록했어요. 직접 하지 않았다면 모두 멈추고 키를 바꿔 주세요."
            await tx.journal.event(tx.now, account.account_ref, "notice", text)

        try:
            await self._accounts.renew(account.account_ref, keep)
        except Taken:
            raise _TAKEN from None
        log.info("keys_enrolled", account=account.account_ref, key=credential.fingerprint)


def _credential(keys: OwnKeys, request: pb.EnrollRequest) -> Credential:
    """Raises Refusal that names the field."""
    for pattern, value, name in (
        (_APP_KEY, request.app_key, "앱키(App Key)"),
        (_APP_SECRET, request.app_secret, "앱시크릿(App Secret)"),
        (_HTS_ID, request.hts_id, "HTS ID"),
    ):
        if pattern.fullmatch(value) is None:
            raise Refusal("BAD_KEYS", f"{name}의 형식이 올바르지 않아요. 빈칸 없이 그대로 붙여 넣어 주세요.")
    if _ACCOUNT.fullmatch(request.account_no) is None:
        raise Refusal("BAD_KEYS", "계좌번호는 12345678-01처럼 적어 주세요.")
    return Credential(
        environment=keys.environment,
        appkey=SecretStr(request.app_key),
        appsecret=SecretStr(request.app_secret),
        account=SecretStr(request.account_no[:8]),
        product=request.account_no[9:],
        hts_id=SecretStr(request.hts_id) if request.hts_id else None,
    )


def _same_number(one: Credential, other: Credential) -> bool:
    numbers = [item.account.get_secret_value() + item.product for item in (one, other)]
    return numbers[0] == numbers[1]


async def _holds(tx: Tx, account_ref: str) -> bool:
    return any(sleeve.position.quantity for sleeve in await tx.books.sleeves(account_ref))
