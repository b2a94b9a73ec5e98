"""The diary of the regular checks: what was seen, what was done or not, why and what was missing. Korean, pure.

Contract: at most three lines a check, each at most `MAX_LINE` characters; a check that saw nothing and missed nothing
is one line. Sentences come filled in from the rooms that wrote them; nothing is reasoned up here, and what could not be
read is always said, because a check that was half blind must not look like one that saw everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.instruments import Instruments

MAX_LINE = 200
MAX_SEEN = 3
NOTHING = "벗어난 것이 없어요"
NO_BOOK = "잔고를 읽지 못해 이번 점검은 쉬었어요"
NOT_PROPOSED = "주문은 제안하지 않았어요."
TITLES = {"cycle": "점검", "rebalance": "비중 점검"}
_DONE = {
    "submitted": "주문을 보냈어요.",
    "refused": "한도 점검에서 막혀 주문하지 않았어요.",
    "rejected": "거절하셔서 주문하지 않았어요.",
    "expired": "승인이 없어 주문하지 않았어요.",
    "repriced": "시세가 달라져 주문하지 않았어요.",
    "unavailable": "주문 창구가 답하지 않아 확인이 필요해요.",
}
AGAIN = "오늘 {}에 여쭌 제안과 같아서 다시 여쭙지 않았어요."
_ONLY_TOLD = "제안만 하고 주문하지 않았어요."
_SIDES = {"buy": "매수", "sell": "매도"}
_NEVER_LEFT = frozenset({"REFUSED", "WITHDRAWN", "ABSENT"})  # by the last gate, or before anything was sent
# Why a model's answer was not used, by the first word of the outcome.
_BAD_ANSWER = frozenset({"check_failed", "bad_reply", "cut", "empty", "refused"})


@dataclass(frozen=True, slots=True)
class Check:
    """One check as it ended. `seen` and `missing` are without full stops, `why` whole sentences; `again` is the hour of
    an equal proposal of the same day that led to nothing."""

    slot: str
    loop: str = "cycle"
    seen: Sequence[str] = ()
    sold: Sequence[str] = ()  # by the guard since the last check, without full stops
    orders: Sequence[Mapping[str, Any]] = ()  # {name, qty, side}
    outcome: str | None = None
    why: str = ""
    missing: Sequence[str] = ()
    again: str = ""


def diary(check: Check) -> str:
    """Its lines."""
    title = f"{check.slot} {TITLES.get(check.loop, '점검')}"
    if check.again:  # the same words at every check of the day, so that they can be told as one
        told = "; ".join([*check.sold, AGAIN.format(check.again)])
        return "\n".join(_short(line) for line in (f"{title}: {told}", _missed(check.missing)) if line)
    seen = f"{title}: {'; '.join([*check.sold, *check.seen][:MAX_SEEN]) or NOTHING}."
    done = _done(check)
    last = " ".join(part for part in (check.why, _missed(check.missing)) if part)
    if not check.orders and check.outcome is None and not (check.seen or check.sold or last):
        return f"{seen} {done}"
    if not check.orders and check.outcome is None and len(done) + len(last) < MAX_LINE:
        return "\n".join([_short(seen), " ".join([done, last]).strip()])
    return "\n".join(_short(line) for line in (seen, done, _fitted(check)) if line)


def missing(reports: Iterable[Mapping[str, Any]], notices: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a check could not read, in a few words each: from the turn's reports, and what a model was not used for."""
    found: list[str] = []
    charts: list[str] = []
    for report in reports:
        status, analyst = report.get("status", "ok"), report.get("analyst")
        if status == "ok":
            continue
        if analyst == "technical" and report.get("ticker"):
            charts.append(_name(str(report["ticker"])))
        elif analyst == "macro":
            found.append("거시 지표" if status == "unavailable" else "새 거시 지표(지난 값으로 봤어요)")
        elif analyst == "selector":
            found.append("뉴스" if status == "stale" else "후보")
        elif analyst in ("technical", "portfolio", "risk"):
            found.append({"technical": "차트", "portfolio": "비중", "risk": "주문 수량"}[analyst])
    if charts:
        more = f" 외 {len(charts) - 1}종목" if len(charts) > 1 else ""
        found.append(f"{charts[0]}{more} 차트")
    return [*dict.fromkeys(found), *_without_model(notices)]


def _without_model(notices: Iterable[Mapping[str, Any]]) -> list[str]:
    """Who was answered for by rules although a model was asked, and why."""
    by_why: dict[str, list[str]] = {}
    for row in notices:
        if row.get("code") != "answered_by" or row.get("by") != "rules":
            continue
        codes = {part.strip().partition(":")[0] for part in str(row.get("why", "")).split(";")}
        why = "budget" if "budget" in codes else "bad" if codes & _BAD_ANSWER else "silent"
        by_why.setdefault(why, []).append(_part(str(row.get("what", ""))))
    said = {
        "budget": "언어모델의 도움({})은 오늘 예산을 다 써서 규칙이 대신했어요",
        "bad": "언어모델의 답({})은 자료와 맞지 않아 버리고 규칙이 대신했어요",
        "silent": "언어모델의 답({})이 없어 규칙이 대신했어요",
    }
    return [said[why].format(", ".join(dict.fromkeys(what))) for why, what in by_why.items()]


def went_out(submitted: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Of the orders that the order desk handed over: those that left, and a sentence about each that did not."""
    sent, kept = [], []
    for order in submitted:
        if str(order.get("state")) in _NEVER_LEFT:
            note = f" {order['note']}" if order.get("note") else ""
            kept.append(f"{order['name']} 주문은 나가지 않았어요.{note}")
        else:
            sent.append({"name": order["name"], "qty": order["qty"], "side": order["side"]})
    return sent, kept


def _part(what: str) -> str:
    """'기술적 분석 가운데 삼성전자(005930), …' in two words: which names they were, the reports say."""
    room, some, _ = what.partition(" 가운데 ")
    return f"{room} 일부" if some else room


def _done(check: Check) -> str:
    if not check.orders and check.outcome is None:
        return NOT_PROPOSED
    names = ", ".join(f"{row['name']} {int(row['qty']):,}주 {_SIDES.get(str(row['side']), '')}" for row in check.orders)
    return f"{names or '제안'}: {_DONE.get(check.outcome or '', _ONLY_TOLD)}"


def _missed(found: Sequence[str]) -> str:
    """'못 본 것: 거시 지표, 삼성전자 차트.' and what a model was not used for as sentences of their own."""
    things = [each for each in found if not each.endswith("어요")]
    said = [f"{each}." for each in found if each.endswith("어요")]
    return " ".join(([f"못 본 것: {', '.join(things)}."] if things else []) + said)


def _fitted(check: Check) -> str:
    """Why, and what was missing; the reason gives way when both are too long for a line."""
    missed = _missed(check.missing)
    why = check.why
    room = MAX_LINE - len(missed) - 1
    if len(why) > room:
        why = "" if room < 20 else f"{why[: room - 1].rstrip(' ,.')}…"
    return " ".join(part for part in (why, missed) if part)


def _short(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1].rstrip(' ,.;')}…"


def _name(ticker: str) -> str:
    row = Instruments.load().get(ticker)
    return row.name if row is not None else ticker
