"""영수증: a decision from the words that asked for it to what its orders cost, told from its receipt.

Contract: only a receipt of this person's own account is told of; without one it says so and makes nothing up. The card
below offers the whole as a file.
"""

from __future__ import annotations

from uuid import UUID

from domain.receipt import Step, StepKind, newest
from nodes.account.context import Desk, Outcome, says
from nodes.account.receipt_words import headline, short
from nodes.asking import Block, block

NONE_YET = "아직 보여 드릴 영수증이 없어요. 주문을 하시거나 제안을 주문하시면 처음부터 끝까지 남겨 둘게요."
HOW = "'영수증 보여줘'라고 하면 처음부터 끝까지 보여 드려요."
_LOOK_BACK = 30  # journal lines


async def receipt(desk: Desk) -> Outcome:
    chain = await newest_receipt(desk)
    return says(NONE_YET) if not chain else Outcome((told(chain),))


def told(chain: list[Step]) -> Block:
    """The block that the card is drawn from."""
    return block("receipt", "\n".join([headline(chain), *short(chain)]), plan_id=str(chain[0].receipt_id))


def pointed(chain: list[Step]) -> Block:
    """A line that it is there, under an answer of something else."""
    text = f"이 결정의 영수증: {headline(chain)}\n{HOW}"
    return block("receipt", text, plan_id=str(chain[0].receipt_id))


async def newest_receipt(desk: Desk) -> list[Step]:
    """Of the last decision, or of the last about the names that were said; empty when there is none."""
    chains = [await own_receipt(desk, plan_id) for plan_id in await _plans(desk)]
    wanted = set(desk.reading.tickers)
    fitting = [chain for chain in chains if chain and (not wanted or wanted & _tickers(chain))]
    return max(fitting, key=lambda chain: chain[0].at, default=[])


async def own_receipt(desk: Desk, plan_id: UUID) -> list[Step]:
    """The receipt of a plan of this person's account; anybody else's is none."""
    chain = await desk.ports.receipts.chain(plan_id)
    plan = (newest(chain, StepKind.PLAN) or {}).get("plan") or {}
    mine = (plan.get("user_id"), plan.get("account_ref")) == (str(desk.who.user_id), desk.who.account_ref)
    return chain if mine else []


async def _plans(desk: Desk) -> list[UUID]:
    """Of this conversation, then of the journal, newest first."""
    entries = await desk.ports.desk.journal(desk.who.user_id, ("order", "refusal"), _LOOK_BACK)
    named = [desk.state.get("plan_id"), *(entry.detail.get("plan_id") for entry in entries)]
    found: list[UUID] = []
    for text in dict.fromkeys(str(each) for each in named if each):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found[: _LOOK_BACK // 3]


def _tickers(chain: list[Step]) -> set[str]:
    plan = (newest(chain, StepKind.PLAN) or {}).get("plan") or {}
    return {str(leg["ticker"]) for leg in plan.get("legs") or []}
