"""Speech acts: the closed list of things a sentence can do, and the patterns that show them.

Contract: `acts_in` returns the acts of plain (blank-free, lower-case) text in order of precedence; several may hold.
Patterns are data (`domain/data/speech_acts.yaml`). Verbs that are negated, asked about, reported or past are no orders:
they are blanked out before the order rows are tried. Whether an order is complete is not decided here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from domain.tables import table


class Act(StrEnum):
    """In order of precedence where two hold at once."""

    INJECTION = "injection"
    DISTRESS = "distress"  # despair: a hand is held out before anything else
    SAVINGS_STOP = "savings_stop"  # "적립식 그만"
    SAVINGS_PAUSE = "savings_pause"  # "적립식 멈춰"
    SAVINGS_RESUME = "savings_resume"
    WATCH_DROP = "watch_drop"  # "관심종목에서 빼줘"
    WATCH_ADD = "watch_add"  # "관심종목에 넣어줘"
    WATCH_SHOW = "watch_show"
    ALERT_HOURS = "alert_hours"  # "밤에는 알림 보내지 마"
    ALERT_OFF = "alert_off"  # "알림 꺼줘"
    ALERT_SET = "alert_set"  # "8만원 넘으면 알려줘"
    ALERT_SHOW = "alert_show"  # "알림 목록"
    SAVINGS_MAKE = "savings_make"  # "매달 25일에 KODEX 200 30만원씩 사줘"
    SAVINGS_SHOW = "savings_show"
    CHECKS_STOP = "checks_stop"  # "자동 점검 꺼줘"
    CHECKS_START = "checks_start"  # "자동 점검 켜줘"
    CHECKS_SHOW = "checks_show"
    DIARY = "diary"  # "오늘 일지": what the checks saw and did
    MANDATE_REVOKE = "mandate_revoke"
    STRATEGY_PAUSE = "strategy_pause"  # "전략 멈춰": enters no more
    STRATEGY_STOP = "strategy_stop"  # "전략 꺼줘"
    HALT = "halt"
    RESUME = "resume"
    CANCEL_LAST = "cancel_last"
    CANCEL_ORDER = "cancel_order"
    WHY_HALTED = "why_halted"  # "왜 멈췄어?": why the account does not trade
    STRATEGY_EDIT = "strategy_edit"
    REVISE_ORDER = "revise_order"
    START_OVER = "start_over"
    BACK = "back"
    RECEIPT = "receipt"  # "영수증 보여줘": a decision from the words to the costs
    WHY = "why"
    GRADE_UP = "grade_up"
    GRADE_DOWN = "grade_down"
    PROFILE_REDO = "profile_redo"
    PROFILE_START = "profile_start"
    PROFILE_SHOW = "profile_show"
    STRATEGY_REVERT = "strategy_revert"
    BACKTEST = "backtest"  # "백테스트", "과거에는 어땠어?": the strategy on past prices
    STRATEGY_START = "strategy_start"  # "전략 켜줘"
    STRATEGY_STATUS = "strategy_status"  # "전략 어떻게 돼가?"
    STRATEGY_MAKE = "strategy_make"
    STOPS = "stops"  # "손절 어디야?": at which prices the guard sells
    STRATEGY_SHOW = "strategy_show"
    MANDATE_OFFER = "mandate_offer"  # "알아서 리밸런싱해줘": to be handed something standing
    MANDATE_SHOW = "mandate_show"
    OPEN_ORDERS = "open_orders"
    HISTORY = "history"
    BUY = "buy"
    SELL = "sell"
    ORDER_SIDELESS = "order_sideless"
    SEND_PROPOSALS = "send_proposals"
    REJECT_WORDS = "reject_words"
    FEWER = "fewer"  # less of what was proposed
    ASIDE = "aside"  # something we do not do, answered from a table
    GUARANTEE = "guarantee_wish"
    EQUITY = "equity"  # the account's own curve: '수익률 그래프', '내 자산 추이'
    CHART = "chart"
    ANALYSE = "analyse"
    PNL = "pnl"
    BALANCE = "balance"
    PRICE = "price"
    NEWS = "news"
    MACRO = "macro"
    PROPOSE = "propose"
    EXPLAIN = "explain"
    HELP = "help"
    CORRECTION = "correction"
    NOT_THAT = "not_that"
    LOOK_AROUND = "look_around"
    IMPATIENT = "impatient"  # tired of our questions
    BEGIN = "begin"  # wants to start, says nothing else
    NO_ANSWER = "no_answer"  # will not say
    NO_ORDER = "no_order"  # "사지 마"
    PROFILE_FACTS = "profile_facts"
    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    THANKS = "thanks"
    BYE = "bye"
    GREET = "greet"
    ABUSE = "abuse"
    ENGLISH = "english"
    NONSENSE = "nonsense"


@dataclass(frozen=True, slots=True)
class Row:
    """One act: shown by `when`, taken back by `unless`."""

    act: Act
    when: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Patterns:
    """The table of `domain/data/speech_acts.yaml`, compiled."""

    rows: tuple[Row, ...]
    negated: re.Pattern[str]
    undo: re.Pattern[str]


@cache
def patterns() -> Patterns:
    """Compiled once a process. ValueError when table and enum name different acts."""
    data = table("speech_acts")
    unknown = set(data["acts"]) - {act.value for act in Act}
    if unknown:
        raise ValueError(f"expected acts of the code in speech_acts.yaml, were {', '.join(sorted(unknown))}")
    undo = data["undo"]
    rows = [Row(Act.ASIDE, _any([row["say"] for row in table("asides")["topics"]]), None)]
    for name, row in data["acts"].items():
        when = row["when"] + (undo["asked"] if name == Act.ANALYSE else [])
        rows.append(Row(Act(name), _any(when), _any(row["unless"]) if "unless" in row else None))
    return Patterns(tuple(rows), _any(undo["negated"]), _any([*undo["negated"], *undo["asked"], *undo["reported"]]))


def _any(alternatives: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


def acts_in(text: str) -> tuple[Act, ...]:
    """The acts that plain text shows, in order of precedence; orders only from verbs that mean 'do it'."""
    known = patterns()
    commanding = known.undo.sub("·", text)
    found = []
    for row in known.rows:
        subject = commanding if row.act in _COMMANDS else text
        if row.when.search(subject) and not (row.unless and row.unless.search(text)):
            found.append(row.act)
    return tuple(sorted(dict.fromkeys(found), key=_PRECEDENCE.__getitem__))


def negated_order(text: str) -> bool:
    """'사지 마', '안 팔래' …"""
    return bool(patterns().negated.search(text))


WATCHING = (
    *(Act.SAVINGS_STOP, Act.SAVINGS_PAUSE, Act.SAVINGS_RESUME, Act.WATCH_DROP, Act.WATCH_ADD, Act.WATCH_SHOW),
    *(Act.ALERT_HOURS, Act.ALERT_OFF, Act.ALERT_SET, Act.ALERT_SHOW, Act.SAVINGS_MAKE, Act.SAVINGS_SHOW),
)  # about what is watched, announced and saved, whatever else a sentence holds
CHECKS = (Act.CHECKS_STOP, Act.CHECKS_START, Act.CHECKS_SHOW, Act.DIARY)  # about what runs by itself
_COMMANDS = frozenset({Act.BUY, Act.SELL, Act.ORDER_SIDELESS, Act.SEND_PROPOSALS, Act.SAVINGS_MAKE})
_PRECEDENCE = {act: at for at, act in enumerate(Act)}
