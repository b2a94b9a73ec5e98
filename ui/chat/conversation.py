"""One person's words and decisions in one conversation, the same for every face.

Contract: text goes to the graph's runner; a decision is written first, by the role that may, and only then told to the
graph, so that a crash in between is found by the sweeper. What comes back is the graph's own result; faces draw it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from execution.desk.card import card_text
from graph.events import OnEvent
from graph.turn import TurnResult
from tools.ports import ApprovalRequest, Identity
from tools.store.decisions import MESSAGES, Recorded
from ui.wiring import Assembled

HELLO = "안녕하세요"
WAITS = "승인을 기다리는 주문이 있어요."
_NOTHING_WRITTEN = (Recorded.NEEDS_ACK, Recorded.BAD_QUANTITY, Recorded.UNKNOWN)


class Conversation:
    """`thread` is the face's own name of it, `channel` what is written beside a decision."""

    def __init__(self, parts: Assembled, who: Identity, *, thread: str, channel: str) -> None:
        self._parts = parts
        self._channel = channel
        self.who = who
        self.thread = thread

    async def look(self) -> TurnResult:
        """Where it stands; nothing runs."""
        return await self._parts.runner.look(self.who, self.thread)

    async def greeting(self, message_id: str) -> TurnResult:
        """What a person sees first: the card that waits, of the conversation or of a cycle, or a greeting."""
        standing = await self.look()
        if standing.approval is not None or standing.failed:
            return standing
        waiting = await self.waiting()
        if waiting:
            card = waiting[0]
            text = f"{WAITS}\n{card_text(card.card, card.expires_at)}"
            return TurnResult(text, (), standing.values, card, fresh=False)
        return await self.hello(message_id)

    async def hello(self, message_id: str) -> TurnResult:
        """The greeting as the rooms say it."""
        return await self.say(HELLO, message_id)

    async def waiting(self) -> list[ApprovalRequest]:
        """Every question to this person that can still be answered, wherever it was asked."""
        return await self._parts.ports.desk.pending_approvals(self.who.user_id, self._parts.clock.now())

    async def say(self, text: str, message_id: str, on_event: OnEvent | None = None) -> TurnResult:
        """One message; the same id again is answered once."""
        return await self._parts.runner.say(self.who, self.thread, text, message_id, on_event)

    async def decide(
        self, approval_id: UUID, verdict: str, quantities: Mapping[int, int], *, unsuitable_ack: bool
    ) -> tuple[Recorded, TurnResult | None]:
        """What was recorded, and what the graph made of it; None when nothing could be recorded."""
        recorded = await self._parts.decisions.decide(
            self.who.user_id,
            approval_id,
            verdict,
            channel=self._channel,
            quantities=quantities,
            unsuitable_ack=unsuitable_ack,
        )
        if recorded in _NOTHING_WRITTEN:
            return recorded, None
        result = await self._parts.runner.resume(self.who, approval_id)
        return recorded, result if recorded is Recorded.RECORDED else _prefixed(MESSAGES[recorded], result)

    async def sign(self, mandate_id: UUID) -> Recorded:
        return await self._parts.decisions.sign_mandate(self.who.user_id, mandate_id, channel=self._channel)

    async def revoke(self, mandate_id: UUID) -> Recorded:
        return await self._parts.decisions.revoke_mandate(self.who.user_id, mandate_id, channel=self._channel)


def _prefixed(text: str, result: TurnResult) -> TurnResult:
    reply = text if text in result.reply else f"{text}\n{result.reply}".strip()
    return replace(result, reply=reply)
