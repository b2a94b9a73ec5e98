"""A strategy's past in a few Korean lines: what it made, against what, what to distrust, how a change moved it. Pure.

Contract: every number is the trial's; at most six lines; weaknesses stand beside the return, and the last line is that
the past is no promise. "Worse than holding" is a weakness whatever else is said.
"""

from __future__ import annotations

from domain.limits import Limits
from domain.profile import Profile
from domain.strategy.presets import DEFAULT_CAPITAL_KRW
from domain.strategy.trial import Trial

NO_PROMISE = "지난 성과는 앞으로의 수익을 보장하지 않아요."
UNDER_WAY = "과거 시세로 검증하고 있어요. 끝나면 전략 카드에 나와요. '백테스트'라고 하시면 말씀도 드릴게요."
MOST_WEAKNESSES = 2
_SHORT = {
    "few_trades": "거래가 {trades:,}건뿐이라 운일 수 있어요.",
    "short_history": "1년이 안 되는 기간이라 믿기 일러요.",
    "drawdown_limit": "낙폭 한도에 걸려 사지 않은 때가 있어요.",
    "uncertain": "운에 따라서는 손실일 수도 있었어요.",
    "liquidity": "주문이 거래량에 견줘 커서 다 체결되지 않았어요.",
    "limits": "한도 때문에 넘긴 신호가 있어요.",
    "small": "금액이 작아 사지 못한 신호가 있어요.",
}
"""In the order of how much each weighs; the report has them in full."""


def account_of(profile: Profile | None) -> tuple[int, Limits | None]:
    """With what money and within which limits of the account a strategy of this person is tried."""
    capital = (profile.capital_krw if profile else None) or DEFAULT_CAPITAL_KRW
    return capital, profile.limits(capital) if profile else None


def trial_lines(trial: Trial, *, made_up: bool = False) -> tuple[str, ...]:
    """The outcome; `made_up` prices are called so."""
    span = f"{trial.first:%Y.%m}~{trial.last:%Y.%m}"
    return (
        f"{'모의' if made_up else '과거'} 시세로 검증했어요({span}).",
        f"· 수익률 {part(trial.total_return)}, {_against(trial)}",
        f"· 최대 낙폭 {part(-trial.depth)}, 거래 {trial.trades:,}건, 비용 {_won(trial.cost)}",
        *(f"· 약점: {text}" for text in weak_points(trial)),
        NO_PROMISE,
    )


def compared_lines(before: Trial, after: Trial) -> tuple[str, ...]:
    """The newer version beside the one before, over what each was tried on."""
    if _figures(before) == _figures(after):
        return ("지난 시세에서는 바꾸기 전과 결과가 같아요. 그동안 이 조건에 닿은 적이 없었어요.", NO_PROMISE)
    better = round(after.total_return, 3) - round(before.total_return, 3)  # of what is shown below
    moved = f"{abs(better) * 100:.1f}%포인트 {'높아졌어요' if better > 0 else '낮아졌어요'}"
    verdict = f"수익률이 바꾸기 전보다 {moved}." if abs(better) >= 0.0005 else "수익률은 그대로예요."
    return (
        f"다시 검증했어요. {verdict}",
        f"· 수익률 {part(before.total_return)} → {part(after.total_return)}",
        f"· 최대 낙폭 {part(-before.depth)} → {part(-after.depth)}",
        f"· 거래 {before.trades:,}건 → {after.trades:,}건, 비용 {_won(before.cost)} → {_won(after.cost)}",
        *(f"· 약점: {text}" for text in weak_points(after)[:1]),
        NO_PROMISE,
    )


def weak_points(trial: Trial) -> tuple[str, ...]:
    """The weightiest ones."""
    texts = []
    if trial.held_return is not None and trial.held_return > trial.total_return:
        texts.append(f"그냥 보유했다면 {part(trial.held_return)}로 나았어요.")
    elif trial.index_return is not None and trial.index_return > trial.total_return:
        texts.append(f"{trial.index_name} 보유는 {part(trial.index_return)}로 나았어요.")
    if not trial.trades and not trial.open_trades:
        return ("한 번도 사지 않아서 이 조건이 통하는지 알 수 없어요.", *texts[:1])
    found = {weak.code for weak in trial.weaknesses}
    texts += [text.format(trades=trial.trades) for code, text in _SHORT.items() if code in found]
    return tuple(texts[:MOST_WEAKNESSES])


def part(value: float) -> str:
    """0.123 as +12.3%."""
    text = f"{value * 100:+.1f}%"
    return "0.0%" if text in ("+0.0%", "-0.0%") else text


def _won(amount: int) -> str:
    return f"{amount / 10_000:,.1f}만원" if amount >= 10_000 else f"{amount:,}원"


def _against(trial: Trial) -> str:
    if trial.index_return is not None:
        return f"{trial.index_name} {part(trial.index_return)}"
    if trial.held_return is not None:
        return f"같은 종목 보유 {part(trial.held_return)}"
    return "견줄 지수의 시세는 받지 못했어요"


def _figures(trial: Trial) -> tuple[float, float, int, int]:
    return trial.total_return, trial.depth, trial.trades, trial.cost
