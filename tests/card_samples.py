"""Answers of the API as the cards meet them: a day with three orders, a book, a profile, a strategy, a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from execution.desk.card import EXITS

APPROVAL = "11111111-1111-4111-8111-111111111111"
NEWER = "22222222-2222-4222-8222-222222222222"
PLAN = "33333333-3333-4333-8333-333333333333"
LEGS = (
    ("005930", "삼성전자", "buy", 10, 71_300, "실적 개선 기대와 거래량 증가"),
    ("000660", "SK하이닉스", "buy", 8, 178_500, "메모리 가격 상승 흐름"),
    ("035420", "NAVER", "sell", 5, 201_000, "비중이 목표보다 높아요"),
)


def at(seconds: int = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def leg(number: int, ticker: str, name: str, side: str, qty: int, price: int, reason: str) -> dict[str, Any]:
    amount = qty * price
    return {
        "leg": number, "ticker": ticker, "name": name, "side": side, "qty": qty, "order_type": "limit",
        "price": price, "amount": amount, "fee": amount * 14 // 100_000, "tax": amount // 500 if side == "sell" else 0,
        "reference": price + 100, "reason": reason, "initiative": "agent", "after_leg": None,
        "needs_unsuitable_ack": False,
    }  # fmt: skip


def approval(
    state: str = "open", *, legs: int = 3, ack: bool = False, limits: bool = True, seconds: int = 272, **more: Any
) -> dict[str, Any]:
    shown = [leg(number, *row) for number, row in enumerate(LEGS[:legs], start=1)]
    found = [
        {"code": "WEIGHT_NAME", "effect": "clamp", "leg": 2, "was": 2_500, "limit": 2_000,
         "message": "SK하이닉스 비중은 20%까지예요. 12주에서 8주로 줄였어요."},
        {"code": "VOLUME", "effect": "warn", "leg": 1, "was": 0, "limit": 0,
         "message": "오늘 거래량이 평소보다 적어요."},
    ]  # fmt: skip
    return {
        "id": APPROVAL, "plan_id": PLAN, "state": state, "note": "", "created_at": at(-20), "expires_at": at(seconds),
        "now": at(), "decision": None, "newer": None, "orders": [],
        "card": {
            "plan_id": PLAN, "version": 1, "sleeve": "main", "legs": shown,
            "buy_amount": sum(row["amount"] for row in shown if row["side"] == "buy"),
            "sell_amount": sum(row["amount"] for row in shown if row["side"] == "sell"),
            "fee": sum(row["fee"] for row in shown), "tax": sum(row["tax"] for row in shown),
            "cash_before": 20_000_000, "cash_after": 17_858_700, "limits": found if limits and legs > 1 else [],
            "needs_unsuitable_ack": ack, "label": "모의 시세", "why_again": None, "exits": EXITS,
            "expires_at": at(seconds),
        },
        **more,
    }  # fmt: skip


def decided(decision: str, quantities: dict[str, int] | None = None) -> dict[str, Any]:
    return {"decision": decision, "quantities": quantities or {}, "unsuitable_ack": False, "channel": "browser",
            "decided_at": at()}  # fmt: skip


def order(number: int = 1, state: str = "ACKED", words: str = "미체결", filled: int = 0, **more: Any) -> dict[str, Any]:
    ticker, name, side, qty, price, reason = LEGS[number - 1]
    open_ = state in ("NEW", "ACKED", "PARTIAL", "CANCEL_PENDING")
    return {
        "intent_id": f"intent-{number}", "plan_id": PLAN, "leg": number, "ticker": ticker, "name": name, "side": side,
        "order_type": "limit", "price": price, "qty": qty, "filled": filled, "provisional": filled,
        "filled_amount": filled * price, "fee": 0, "tax": 0, "state": state, "state_text": words, "note": "",
        "reason": reason, "created_at": at(), "updated_at": at(), "cancelable": open_, "open": open_, **more,
    }  # fmt: skip


def held(ticker: str, name: str, qty: int, cost: int, price: int) -> dict[str, Any]:
    value, paid = qty * price, qty * cost
    return {
        "ticker": ticker, "name": name, "qty": qty, "sellable": qty, "cost": paid, "price": price, "value": value,
        "unrealised": value - paid, "unrealised_pct": (value - paid) * 100 / paid, "sector": "반도체",
        "weight_pct": 10.0, "sleeves": {"main": qty},
    }  # fmt: skip


BOOK: dict[str, Any] = {
    "cash": 17_858_700, "deposit": 20_000_000, "buying_power": 17_858_700, "withdrawable": 17_000_000,
    "total_value": 101_234_500, "realised_today": -12_300, "realised_total": 0, "unrealised": 1_246_800,
    "fees_total": 1_420, "taxes_total": 0, "day_change": 534_500, "trading_state": "ACTIVE",
    "trading_state_reason": "", "reconciled": True, "as_of": at(), "label": "모의 시세",
    "holdings": [
        held("005930", "삼성전자", 120, 70_000, 71_300), held("000660", "SK하이닉스", 60, 165_000, 178_500),
        held("035420", "NAVER", 30, 215_000, 201_000), held("035720", "카카오", 100, 41_000, 41_000),
        held("373220", "LG에너지솔루션", 5, 380_000, 395_500), held("105560", "KB금융", 20, 80_000, 84_100),
    ],
}  # fmt: skip

PROFILE: dict[str, Any] = {
    "grade": "위험중립형", "score": 53, "capital_krw": 20_000_000, "monthly_krw": 300_000, "horizon_months": 30,
    "preferred_sectors": ["반도체"], "excluded_sectors": ["도박"], "max_loss_pct": 5.0, "confirmed": False,
    "missing": ["income", "experience"], "expires_at": None,
    "contradictions": [{
        "code": "LOSS_VS_SECTOR", "text": "손실 한도 5%와 반도체 위주 투자는 함께 지키기 어려워요.",
        "ways_out": ["손실 한도 10%로", "반도체 비중 줄이기"],
    }],
}  # fmt: skip

STRATEGY: dict[str, Any] = {
    "id": "s-1", "version": 2, "hash": "ab" * 32, "name": "반도체 위주 분할 매수", "created_at": at(),
    "summary_lines": ["전략 카드 v2: 반도체 위주", "· 한 종목 20%까지", "· 매주 월요일 점검"], "lines": [],
    "spec": {"schema_version": 1, "metadata": {"name": "반도체 위주 분할 매수"}, "limits": {"max_names": 5}},
    "kis": {"missing": [{"part": "universe", "label": "거래할 종목"}, {"part": "sizing", "label": "비중"}],
            "problems": []},
}  # fmt: skip

RUNS: dict[str, Any] = {
    "label": "모의 시세",
    "runs": [{
        "strategy_id": "s-1", "name": "반도체 위주 분할 매수", "version": 2, "newest": 2, "changed": False,
        "state": "active", "state_text": "켜져 있어요.", "signed": False, "offer_note": "",
        "note": "아직 서명하신 위임이 없어 주문하지 않아요. 서명하시면 거래를 시작해요.",
        "mandate": {"id": "m-1", "state": "offered", "label": "전략 자동매매",
                    "lines": ["종류: 전략 자동매매", "범위: 삼성전자(005930)", "하루에: 2천만원까지"]},
        "watch": "조건은 장이 끝난 뒤에 보고(매일), 맞으면 다음 장에서 주문해요.",
        "value": 19_180_000, "unrealised": 158_400, "unrealised_pct": 0.83, "costs": 1_260,
        "holdings": [{"ticker": "005930", "name": "삼성전자", "qty": 120, "value": 8_556_000, "unrealised": 156_000,
                      "unrealised_pct": 1.86}],
        "parked": {"ticker": "488770", "name": "KODEX 머니마켓액티브", "qty": 100, "value": 10_624_000,
                   "unrealised": 2_400, "unrealised_pct": 0.02},
        "trades": [{"id": "o-9", "ticker": "005930", "name": "삼성전자", "side": "buy", "qty": 120, "price": 70_000,
                    "reason": "매수 조건이 맞았어요.", "at": at()}],
    }],
}  # fmt: skip

PROPOSALS: dict[str, Any] = {
    "kind": "proposals", "created_at": at(),
    "body": {"proposals": [leg(number, *row) for number, row in enumerate(LEGS, start=1)], "more": 2},
}  # fmt: skip


def chart(period: str = "D") -> dict[str, Any]:
    days = [f"2026-11-{day:02}" for day in range(2, 21)]
    price = [70_000 + (day * 37 % 11) * 300 for day in range(len(days))]
    return {
        "figure": {
            "data": [{
                "type": "candlestick", "x": days, "open": price,
                "close": [each + (at % 3 - 1) * 500 for at, each in enumerate(price)],
                "high": [p + 700 for p in price], "low": [p - 700 for p in price], "name": "삼성전자",
                "increasing": {"line": {"color": "#c81e2c"}}, "decreasing": {"line": {"color": "#1d5fd1"}},
            }],
            "layout": {"margin": {"l": 48, "r": 8, "t": 8, "b": 32}, "xaxis": {"type": "category", "nticks": 5,
                       "rangeslider": {"visible": False}}, "yaxis": {"tickformat": ",d"}, "width": 900},
        },
        "label": "모의 시세", "as_of": at(), "empty": None,
        "summary": f"삼성전자 {period} 19개 봉: 70,000원에서 71,300원으로 +1.9%.",
        "reading": reading() if period == "D" else None, "notice": "",
    }  # fmt: skip


def reading() -> dict[str, Any]:
    """What the technical analyst's rules read off the days."""

    def figure(key: str, label: str, text: str) -> dict[str, Any]:
        return {"id": f"t.{key}", "label": label, "text": text, "source": "모의 거래소 일봉 2026-11-20", "as_of": at()}

    return {
        "stance": "bullish", "stance_text": "긍정적", "confidence": 60, "status": "ok", "reason": "", "as_of": at(),
        "drivers": [{"text": "20일째 뚜렷한 오름세로 20일 평균 70,100원 위에 있어요.", "figures": ["t.trend_days"]}],
        "risks": [{"text": "저항선 72,000원 가까이에 있어요.", "figures": ["t.resistance1"]}],
        "figures": [figure("close", "종가", "71,300원"), figure("rsi", "RSI(14)", "61.2"),
                    figure("resistance1", "저항선", "72,000원"), figure("resistance1_on", "저항선 날짜", "11월 12일")],
    }  # fmt: skip


def candidates() -> dict[str, Any]:
    """Two names of the news with the parts of their scores."""
    weights = {"cap_tier": 0.25, "sentiment": 0.4, "count": 0.25, "priority": 0.1}

    def row(code: str, name: str, title: str, **values: float) -> dict[str, Any]:
        parts = {key: {"value": values[key], "weight": each, "share": each * values[key]}
                 for key, each in weights.items()}  # fmt: skip
        score = sum(part["share"] for part in parts.values())
        return {"code": code, "name": name, "sector": "반도체", "market": "KOSPI", "score": score, "parts": parts,
                "headlines": 12, "titles": [title], "product_risk": 2}  # fmt: skip

    return {
        "at": at(), "label": "20시간 전 자료", "demo": False, "left_out": [], "sources": [],
        "advice": "뉴스로 고른 볼거리이지 매수 권유가 아니에요. 투자 판단과 책임은 투자자에게 있어요.",
        "candidates": [
            row("005930", "삼성전자", "삼성전자, 3분기 영업이익 시장 예상 웃돌아…메모리 가격 강세",
                cap_tier=1, sentiment=0.86, count=1, priority=1),
            row("403870", "HPSP", "HPSP, 고압 수소 어닐링 장비 공급계약",
                cap_tier=0.6, sentiment=0.7, count=0.4, priority=0),
        ],
    }  # fmt: skip


def past(state: str = "ready", message: str = "") -> dict[str, Any]:
    """A strategy's backtest as its card asks for it."""
    ready = state == "ready"
    lines = ["모의 시세로 검증했어요(2023.11~2026.11).", "· 수익률 +12.3%, 코스피200 ETF +25.0%"]
    drawn = chart()
    return {
        "state": state, "message": message, "version": 2, "empty": None, "label": drawn["label"],
        "figure": drawn["figure"] if ready else None, "lines": lines if ready else [],
        "summary": "2023.11.23에 20,000,000원으로 시작해 2026.11.20에 22,460,000원 (+12.3%)" if ready else "",
    }  # fmt: skip
