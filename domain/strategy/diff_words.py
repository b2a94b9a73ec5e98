"""What the places of a strategy and their values are called where two versions are compared. Tables alone.

Contract: keys are the paths of the document; a place without a row here is called by its path.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.strategy.render import CATEGORIES, WEEKDAYS
from domain.strategy.wording import TIMEFRAMES

LABELS = {
    "metadata.name": "이름",
    "metadata.description": "설명",
    "metadata.author": "만든 사람",
    "metadata.tags": "태그",
    "strategy.id": "이름표",
    "strategy.category": "갈래",
    "strategy.entry.logic": "매수 조건 묶음",
    "strategy.exit.logic": "매도 조건 묶음",
    "risk.stop_loss": "손절",
    "risk.take_profit": "익절",
    "risk.trailing_stop": "추적 손절",
    "risk.time_stop": "보유 기간",
    "risk.max_position_size": "한 종목 최대 비중",
    "universe.tickers": "종목",
    "universe.sectors": "고른 업종",
    "universe.excluded_sectors": "뺀 업종",
    "timeframe": "봉 주기",
    "sizing.method": "비중 방식",
    "sizing.targets": "비중",
    "sizing.name_bps": "종목당 비중",
    "sizing.parking": "남는 돈을 두는 종목",
    "sizing.volatility_bps": "목표 변동성",
    "sizing.risk_bps": "손절 때 잃을 비율",
    "sizing.lookback": "변동성을 재는 거래일 수",
    "constraints.max_positions": "최대 종목 수",
    "constraints.max_name_bps": "한 종목 비중 한도",
    "constraints.max_sector_bps": "한 업종 비중 한도",
    "constraints.max_equity_bps": "주식 비중 한도",
    "constraints.max_turnover_bps": "하루 매수 한도",
    "constraints.min_order_krw": "최소 주문 금액",
    "schedule.every": "점검 주기",
    "schedule.session_of_month": "매월 점검하는 거래일",
    "schedule.weekday": "점검 요일",
    "schedule.max_trades_a_week": "한 주에 새로 사는 횟수 한도",
    "orders.type": "주문 방식",
    "orders.slippage_bps": "주문 가격 폭",
    "profile_version": "투자성향 버전",
}
WORDS: dict[str, Mapping[str, str]] = {
    "strategy.category": CATEGORIES,
    "timeframe": {frame.value: words for frame, words in TIMEFRAMES.items()},
    "schedule.weekday": WEEKDAYS,
    "schedule.every": {"close": "매일 마감 무렵", "bar": "봉마다", "30m": "30분마다", "week": "매주", "month": "매월"},
    "orders.type": {"limit": "지정가", "market": "시장가"},
    "sizing.method": {
        "targets": "정해진 비중",
        "per_signal": "신호마다 같은 비중",
        "volatility_target": "변동성에 맞춘 비중",
        "risk_per_trade": "손절 폭에 맞춘 비중",
    },
    "strategy.entry.logic": {"AND": "모두 맞을 때", "OR": "하나라도 맞을 때"},
    "strategy.exit.logic": {"AND": "모두 맞을 때", "OR": "하나라도 맞을 때"},
}
UNITS = {
    "schedule.max_trades_a_week": "{}번",
    "schedule.session_of_month": "{}번째",
    "constraints.max_positions": "{}종목",
    "sizing.lookback": "{}거래일",
    "profile_version": "v{}",
}
SETTINGS = {  # what the numbers of indicators are, for people; the rest is called as in the document
    "period": "기간",
    "fast": "짧은 기간",
    "slow": "긴 기간",
    "short_period": "짧은 기간",
    "long_period": "긴 기간",
    "signal": "시그널 기간",
    "signal_period": "시그널 기간",
    "k_period": "%K 기간",
    "d_period": "%D 기간",
    "multiplier": "배수",
    "std": "표준편차 배수",
    "tenkan": "전환선 기간",
    "kijun": "기준선 기간",
    "senkou_b": "선행스팬2 기간",
    "direction": "방향",
}
