"""전략 켜줘, 멈춰, 꺼줘, 어떻게 돼가?: starting a strategy under a mandate of its own, pausing, stopping, telling.

Contract: starting writes that this very version runs, and offers the mandate without which nothing is ordered; only the
person's signature, given outside the graph, makes it trade. A pause enters nothing and goes on leaving; a stop decides
nothing, and what is held stays under its exits. Faces call `start` and `change`; the rooms answer in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.clock import format_moment
from domain.limits import Approval
from domain.mandate import describe
from domain.strategy.problems import StrategyError
from domain.strategy.running import RunState, strategy_mandate
from domain.strategy.serving import unserved
from domain.strategy.spec import StrategySpec, parse_spec
from nodes.account.context import Desk, Outcome, Sheet, figured, says
from nodes.account.strategy_runs import MOST, PARKS, lines_of, mandates_for, name_of, running, version_of
from nodes.asking import block, question
from nodes.investor import investor_for
from tools.ports import Identity, JournalEntry, Ports, StoredMandate, StoredStrategy

NEEDS_STRATEGY = "켤 전략이 아직 없어요. 먼저 전략을 만들까요?"
NEEDS_PROFILE = "전략을 켜려면 투자성향부터 확인해야 해요. 지금 알아볼까요?"
NEEDS_NAMES = "이 전략은 거래할 종목이 정해지지 않아 켤 수 없어요. 종목을 먼저 정해 주세요."
UNSERVED = "'{name}' 전략은 지금 켤 수 없어요. {why}"
BROKEN = "저장된 전략을 읽을 수 없어요. 전략을 다시 만들어 주세요."
NONE = "켜 둔 전략이 없어요. 시작하려면 '전략 켜줘'라고 해 주세요."
SALES_ONLY = "{grade} 성향은 살 때마다 직접 승인해야 해서, 이 전략은 조건에 따른 매도만 스스로 할 수 있어요."
SIGN = "시작하려면 이 카드나 주문판의 '위임'에서 서명해 주세요. 서명하시기 전에는 아무것도 주문하지 않아요."
SIGNED = "서명하신 위임이 {until}까지 유효해서 지금부터 거래해요."
DONE = {
    RunState.PAUSED: "'{name}' 전략을 잠시 멈췄어요. 새로 사지 않고, 가진 종목은 매도 조건에 따라 팔아요.",
    RunState.STOPPED: "'{name}' 전략을 껐어요. 새 판단은 하지 않고, 가진 종목은 손절·익절 기준만 지켜봐요.",
}
AS_IT_STANDS = "지금은 이래요."
IN_FLIGHT = "이미 나간 주문은 그대로 있어요. 취소하려면 '미체결 보기'라고 해 주세요."


class NotStarted(Exception):
    """What is missing, in Korean; `options` lead there."""

    def __init__(self, text: str, *options: str) -> None:
        super().__init__(text)
        self.text = text
        self.options = options


@dataclass(frozen=True, slots=True)
class Started:
    """`lines` for the person; `offer` is the mandate that waits for a signature, None when one is in force."""

    name: str
    lines: tuple[str, ...]
    offer: UUID | None


async def start(ports: Ports, who: Identity, origin: tuple[str | int, ...], channel: str) -> Started:
    """The newest strategy runs from now on, once its mandate is signed. Raises NotStarted, PortUnavailable."""
    stored = next(iter(await ports.desk.strategies(who.user_id, 1)), None)
    if stored is None:
        raise NotStarted(NEEDS_STRATEGY, "전략 만들기", "나중에")
    spec = read(stored)
    if not spec.is_bound:
        raise NotStarted(NEEDS_NAMES)
    if lacking := unserved(spec):
        raise NotStarted(UNSERVED.format(name=spec.metadata.name, why=" ".join(each.text for each in lacking)))
    investor = await investor_for(ports, who, (await ports.oms.book(who)).total_value)
    if investor is None:
        raise NotStarted(NEEDS_PROFILE, "성향 알아보기", "나중에")
    now, clock = ports.clock.now(), await ports.market.market_clock()
    await ports.desk.set_strategy_run(who, stored, RunState.ACTIVE, channel)
    text = f"'{spec.metadata.name}' v{stored.version} 전략을 켰어요."
    detail = {"strategy_id": str(stored.strategy_id), "version": stored.version, "hash": stored.hash, "state": "active"}
    await ports.desk.note(who.user_id, JournalEntry(now, "strategy", str(stored.strategy_id), text, detail))
    live, _ = mandates_for(await ports.desk.mandates(who.account_ref), stored.hash, now)
    if live is not None:
        return Started(spec.metadata.name, (text, SIGNED.format(until=format_moment(live.expires_at))), None)
    mandate = strategy_mandate(
        who.account_ref, spec, investor.hard, investor.base, ports.instruments, clock.calendar, now, origin
    )
    await ports.desk.offer_mandate(who, StoredMandate.offer(mandate))
    names = {row.ticker: row.name for row in ports.instruments.all()}
    lines = [f"'{spec.metadata.name}' 전략은 이 위임에 서명하시면 거래를 시작해요."]
    if investor.hard.approval is Approval.ALWAYS:
        lines.append(SALES_ONLY.format(grade=investor.grade.value))
    lines += [f"· {line}" for line in describe(mandate, names)]
    lines += [PARKS] if spec.sizing.parking else []
    lines += [SIGN, f"터미널에서는 /sign {mandate.mandate_id}"]
    return Started(spec.metadata.name, tuple(lines), mandate.mandate_id)


async def change(ports: Ports, who: Identity, state: RunState, channel: str) -> list[str]:
    """Pauses or stops every strategy that is not so already; a line each. Raises PortUnavailable."""
    lines = []
    runs = [r for r in await ports.desk.strategy_runs(who.account_ref) if r.state not in (RunState.STOPPED, state)]
    known = await ports.desk.strategies(who.user_id, MOST) if runs else []
    for run in runs:
        stored = version_of(known, run)
        if stored is None:
            continue
        await ports.desk.set_strategy_run(who, stored, state, channel)
        text = DONE[state].format(name=name_of(stored))
        detail = {"strategy_id": str(run.strategy_id), "hash": run.hash, "state": state.value}
        entry = JournalEntry(ports.clock.now(), "strategy", str(run.strategy_id), text, detail)
        await ports.desk.note(who.user_id, entry)
        lines.append(text)
    return lines


def read(stored: StoredStrategy) -> StrategySpec:
    try:
        return parse_spec(dict(stored.spec))
    except StrategyError as error:
        raise NotStarted(BROKEN, "전략 만들기", "나중에") from error


async def start_strategy(desk: Desk) -> Outcome:
    try:
        made = await start(desk.ports, desk.who, ("chat", desk.message_id), "chat")
    except NotStarted as missing:
        if not missing.options:
            return says(missing.text)
        return Outcome(ask=question("supervisor", "next", missing.text, list(missing.options), desk.now, optional=True))
    return Outcome((block("card", "\n".join(made.lines), card="runs"),))


async def pause_strategy(desk: Desk) -> Outcome:
    return await _changed(desk, RunState.PAUSED)


async def stop_strategy(desk: Desk) -> Outcome:
    return await _changed(desk, RunState.STOPPED)


async def _changed(desk: Desk, state: RunState) -> Outcome:
    lines = await change(desk.ports, desk.who, state, "chat")
    if lines:
        return Outcome((block("text", "\n".join([*lines, IN_FLIGHT])), block("card", AS_IT_STANDS, card="runs")))
    runs = await desk.ports.desk.strategy_runs(desk.who.account_ref)
    if any(run.state is state for run in runs):
        return says("이미 잠시 멈춰 있어요." if state is RunState.PAUSED else "이미 꺼져 있어요.")
    return says(NONE)


async def strategy_status(desk: Desk) -> Outcome:
    """Each strategy: on or not, under which mandate, what it holds."""
    sheet = Sheet("OMS 장부", desk.now)
    lines = await status_lines(desk.ports, desk.who, sheet)
    return Outcome((figured("card", lines, sheet, card="runs"),)) if lines else says(NONE)


async def status_lines(ports: Ports, who: Identity, sheet: Sheet) -> list[str]:
    """Empty when no strategy was ever started. Raises PortUnavailable."""
    return [line for each in await running(ports, who) for line in lines_of(each, sheet)]
