"""What a profile says that does not go together: surfaced with its ways out, never averaged.

Contract: pure; each contradiction has a code, a Korean sentence and at least two ways out that the user can choose.
A contradiction does not block: the grade is what the answers give, and the limits hold whatever the user chooses.
Does not choose for the user.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.hangul import josa
from domain.instruments import Instruments
from domain.profile import Profile
from domain.suitability import (
    Age,
    AssetShare,
    Experience,
    Grade,
    Horizon,
    Income,
    Item,
    Knowledge,
    LossTolerance,
)

# A stock sector has lost more than this within a year often enough that a smaller tolerated loss contradicts it.
SECTOR_LOSS_BPS = 1_000
SAFE_SECTORS = frozenset({"채권", "현금성"})


@dataclass(frozen=True, slots=True)
class WayOut:
    """One thing the user may choose. `changes` names the profile field that would change, if any."""

    key: str
    text: str
    changes: str = ""


@dataclass(frozen=True, slots=True)
class Contradiction:
    code: str
    text: str
    ways_out: tuple[WayOut, ...]


_LOWER_SHARE = WayOut("lower_share", "주식 비중을 낮추고 나머지는 현금성 상품에 두기")
_ACCEPT_LOSS = WayOut("accept_loss", "손실 한도를 더 크게 받아들이기", "max_loss_bps")
_MIX_BONDS = WayOut("mix_bonds", "채권·채권혼합 ETF와 섞어서 투자하기")
_KEEP_PRINCIPAL = WayOut("keep_principal", "원금을 우선하고 현금성·단기채 ETF로 시작하기", "wishes")
_LONGER = WayOut("longer", "투자 기간을 늘리기", "horizon")
_ACCEPT_RISK = WayOut("accept_risk", "원금 손실 가능성을 받아들이고 성향 답변을 고치기", "loss_tolerance")
_DROP_WISH = WayOut("drop_wish", "그 바람은 접고 성향에 맞는 상품으로 보기", "wishes")
_LASTING = frozenset({_KEEP_PRINCIPAL.key})
_SMALL = WayOut("small", "아주 작은 금액으로만 직접 주문하기")
_LEARN = WayOut("learn", "지수 ETF처럼 이해하기 쉬운 상품부터 시작하기")


def contradictions(profile: Profile) -> tuple[Contradiction, ...]:
    """All contradictions of what is known so far, the gravest first."""
    return tuple(found for rule in _RULES if (found := rule(profile)) is not None)


def with_standing_ways(profile: Profile) -> Profile:
    """The profile without the chosen ways out of contradictions that no longer exist.

    A way that changed the profile itself has ended its contradiction and stays: it says what the user wants.
    """
    still = {found.code for found in contradictions(profile)}
    kept = {code: key for code, key in profile.ways_out.items() if code in still or key in _LASTING}
    return profile if kept == profile.ways_out else profile.changed(ways_out=kept)


def _stock_sectors(profile: Profile) -> tuple[str, ...]:
    return tuple(sector for sector in profile.preferred_sectors if sector not in SAFE_SECTORS)


def _sector_excluded(profile: Profile) -> Contradiction | None:
    both = [sector for sector in profile.preferred_sectors if sector in profile.excluded_sectors]
    if not both:
        return None
    names = ", ".join(both)
    return Contradiction(
        "sector_both_ways",
        f"{josa(names, '은/는')} 좋다고도, 빼 달라고도 하셨어요. 어느 쪽인지 정해 주세요.",
        (
            WayOut("prefer", f"{names} 넣기", "excluded_sectors"),
            WayOut("exclude", f"{names} 빼기", "preferred_sectors"),
        ),
    )


def _principal_and_thrill(profile: Profile) -> Contradiction | None:
    careful = profile.answer(Item.LOSS_TOLERANCE) in (LossTolerance.NONE, LossTolerance.MINIMAL)
    wished = [wish for wish in profile.wishes if wish in ("momentum", "geared", "aggressive")]
    if not careful or not wished:
        return None
    what = {"momentum": "급등주", "geared": "레버리지·인버스", "aggressive": "공격적인 투자"}[wished[0]]
    return Contradiction(
        "principal_and_thrill",
        f"원금 손실은 싫다고 하셨는데 {josa(what, '은/는')} 원금을 크게 잃을 수 있어요.",
        (_KEEP_PRINCIPAL, _ACCEPT_RISK, _MIX_BONDS),
    )


def _sector_and_loss(profile: Profile) -> Contradiction | None:
    sectors = _stock_sectors(profile)
    if not sectors or profile.max_loss_bps is None or profile.max_loss_bps >= SECTOR_LOSS_BPS:
        return None
    return Contradiction(
        "sector_and_loss",
        f"{', '.join(sectors)} 위주 투자는 한 해에 {SECTOR_LOSS_BPS // 100}% 넘게 떨어지는 일이 흔해서, "
        f"손실 {_percent(profile.max_loss_bps)}%까지만이라는 조건과 부딪쳐요.",
        (_LOWER_SHARE, _ACCEPT_LOSS, _MIX_BONDS),
    )


def _loss_answer_and_number(profile: Profile) -> Contradiction | None:
    answer, loss = profile.answer(Item.LOSS_TOLERANCE), profile.max_loss_bps
    if loss is None or answer is None:
        return None
    principal = WayOut("number_zero", "손실 한도를 0%에 가깝게 낮추기", "max_loss_bps")
    if answer is LossTolerance.NONE and loss > 0:
        text = f"원금은 반드시 지켜야 한다고 하셨는데 손실은 {_percent(loss)}%까지 괜찮다고도 하셨어요."
        return Contradiction("loss_both_ways", text, (principal, _ACCEPT_RISK))
    if answer is LossTolerance.ANY and loss < SECTOR_LOSS_BPS:
        text = f"큰 손실도 감수한다고 하셨는데 손실 한도는 {_percent(loss)}%로 작게 말씀하셨어요."
        lower = WayOut("lower_answer", "손실 감내 답변을 낮추기", "loss_tolerance")
        return Contradiction("loss_both_ways", text, (lower, _ACCEPT_LOSS))
    return None


def _sector_above_grade(profile: Profile) -> Contradiction | None:
    grade, sectors = profile.grade, _stock_sectors(profile)
    limits = profile.limits(profile.capital_krw or 1)
    if grade is None or limits is None or not sectors:
        return None
    table = Instruments.load()
    blocked = [sector for sector in sectors if not any(limits.allows(row) for row in table.by_sector(sector))]
    if not blocked:
        return None
    names = ", ".join(blocked)
    return Contradiction(
        "sector_above_grade",
        f"{grade.label}에는 {names} 상품을 권해 드릴 수 없어요. 위험등급이 성향보다 높아요.",
        (
            WayOut("fitting", "성향에 맞는 상품으로 대신하기", "preferred_sectors"),
            WayOut("own_order", "부적합 확인을 하고 한도 안에서 직접 주문하기"),
            WayOut("redo", "성향 진단을 다시 하기"),
        ),
    )


def _short_and_stocks(profile: Profile) -> Contradiction | None:
    short = profile.answer(Item.HORIZON) in (Horizon.UPTO_6M, Horizon.UPTO_1Y)
    if not short or not (_stock_sectors(profile) or set(profile.wishes) & {"momentum", "geared", "aggressive"}):
        return None
    return Contradiction(
        "short_and_stocks",
        "1년 안에 쓸 돈인데 주식 위주를 원하셨어요. 필요한 때에 떨어져 있으면 손해를 보고 팔아야 해요.",
        (_LONGER, _LOWER_SHARE, _MIX_BONDS),
    )


def _elderly_and_aggressive(profile: Profile) -> Contradiction | None:
    elderly = profile.answer(Item.AGE) is Age.FROM_61 or profile.answer(Item.INCOME) is Income.PENSION
    bold = profile.grade in (Grade.ACTIVE, Grade.AGGRESSIVE) or set(profile.wishes) & {"aggressive", "geared"}
    if not elderly or not bold:
        return None
    return Contradiction(
        "elderly_and_aggressive",
        "은퇴 이후의 자금은 손실을 회복할 시간이 짧은데, 원하시는 투자는 위험이 큰 편이에요.",
        (_LOWER_SHARE, _MIX_BONDS, WayOut("sure", "위험을 알고 그대로 하기")),
    )


def _no_knowledge_and_bold(profile: Profile) -> Contradiction | None:
    novice = profile.answer(Item.KNOWLEDGE) is Knowledge.VERY_LOW or (
        profile.answer(Item.EXPERIENCE) is Experience.DEPOSITS
    )
    bold = profile.grade in (Grade.ACTIVE, Grade.AGGRESSIVE) or set(profile.wishes) & {"aggressive", "geared"}
    if not novice or not bold:
        return None
    return Contradiction(
        "novice_and_bold",
        "투자 상품을 거의 접해 보지 않으셨는데 위험이 큰 투자를 원하셨어요.",
        (_LEARN, _SMALL, _MIX_BONDS),
    )


def _all_savings_and_bold(profile: Profile) -> Contradiction | None:
    if profile.answer(Item.ASSET_SHARE) is not AssetShare.OVER_40:
        return None
    if not (profile.grade is Grade.AGGRESSIVE or set(profile.wishes) & {"momentum", "geared", "aggressive"}):
        return None
    return Contradiction(
        "savings_and_bold",
        "금융자산의 절반 가까이를 위험이 큰 투자에 넣으려고 하셨어요. 생활비나 비상금까지 흔들릴 수 있어요.",
        (
            WayOut("less_capital", "투자 금액을 줄이기", "capital_krw"),
            _LOWER_SHARE,
            WayOut("sure", "위험을 알고 그대로 하기"),
        ),
    )


def _guaranteed(profile: Profile) -> Contradiction | None:
    wants_gain = profile.answer(Item.LOSS_TOLERANCE) in (LossTolerance.SOME, LossTolerance.ANY)
    if "guaranteed" not in profile.wishes or not (wants_gain or _stock_sectors(profile)):
        return None
    return Contradiction(
        "guaranteed",
        "원금이 보장되는 주식 투자는 없어요. 원금을 지키는 것과 주식 수익은 함께 약속할 수 없어요.",
        (_KEEP_PRINCIPAL, _DROP_WISH, _MIX_BONDS),
    )


def _percent(bps: int) -> str:
    whole, rest = divmod(bps, 100)
    return f"{whole}" if not rest else f"{whole}.{rest:02d}".rstrip("0")


_RULES = (
    _sector_excluded,
    _principal_and_thrill,
    _guaranteed,
    _sector_and_loss,
    _loss_answer_and_number,
    _sector_above_grade,
    _short_and_stocks,
    _elderly_and_aggressive,
    _no_knowledge_and_bold,
    _all_savings_and_bold,
)
