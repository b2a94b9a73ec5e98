"""What the profile room says: Korean texts made from a profile, nothing decided here.

Contract: pure; short lines; every number comes from the profile or the limits table.
"""

from __future__ import annotations

from domain.contradictions import Contradiction
from domain.decimals import percent
from domain.hangul import josa
from domain.limits import Limits
from domain.money import format_won
from domain.profile import CAPITAL, WISHES, Profile, Source
from domain.suitability import Item, allowed_products, answer_label, item_label, options, question

CAPITAL_QUESTION = "얼마로 투자를 시작하고 싶으세요?"
CAPITAL_OPTIONS = ("500만원", "1천만원", "2천만원", "5천만원")
LOSS_OPTIONS = ("10%", "15%", "20%", "30%")
CONFIRM = ("맞아요", "고칠래요")
CONSENT = ("안전한 값으로", "둘러보기")
CONSENT_CAPITAL = ("100만원으로", "둘러보기")
START = ("시작하기", "다음에")
GRADE_UP = (
    "성향 등급은 제가 올려 드릴 수 없어요. 답변으로만 정해지고, 이건 손실에서 지켜 드리려는 규칙이에요.\n"
    "상황이 달라졌다면 답변을 고치거나 '성향 다시'로 진단을 새로 할 수 있어요."
)
NO_GUARANTEE = "원금이나 수익을 약속할 수 있는 투자는 없어요. 대신 감당할 수 있는 손실 안에서 도와드릴게요."
STOPPED = "알겠어요. 답하신 내용은 기억해 둘게요. 이어서 하려면 '성향 알아보기'라고 해 주세요."
MUST_KNOW = (
    "추천과 매수는 성향을 확인해야 도와드릴 수 있어요. 말하기 싫은 항목은 가장 안전한 값으로 둘 수 있어요.\n"
    "시세와 분석은 성향 없이도 볼 수 있어요."
)
PATIENCE = "질문이 많아서 번거로우시죠. {left}개만 더 여쭤볼게요. 번호만 눌러도 되고, 싫은 건 '패스'라고 해 주세요."
PATIENCE_CARD = "번거로우셨죠. 이제 마지막 확인만 남았어요."
CORRECTED = "알려 주신 대로 고쳤어요."
CAPITAL_RANGE = "투자금은 범위로 말씀하셔서 적은 쪽으로 잡았어요."
TOO_SMALL = "투자금은 10만원부터 시작할 수 있어요."
TOO_LARGE = "그 금액은 제가 다룰 수 있는 범위를 넘어요. 숫자를 한 번 더 확인해 주세요."
UNSURE_HELP = {
    Item.AGE.value: "나이대만 알려 주셔도 돼요.",
    Item.HORIZON.value: "이 돈을 언제쯤 쓸지 떠올려 보세요. 1년 안에 쓸 돈이면 짧은 쪽을 골라 주세요.",
    Item.EXPERIENCE.value: "해 본 것 가운데 가장 위험한 것 하나만 골라 주세요. 없으면 1번이에요.",
    Item.KNOWLEDGE.value: "뉴스에 나오는 주식·채권·ETF 차이를 설명할 수 있으면 2번, 어렵다면 1번이 맞아요.",
    Item.ASSET_SHARE.value: "예금까지 합친 돈이 5천만원이고 이번에 1천만원을 쓰면 20%예요.",
    Item.INCOME.value: "앞으로 몇 년 동안 들어올 돈이 어떨지 골라 주세요.",
    Item.LOSS_TOLERANCE.value: "100만원이 90만원이 되어도 괜찮으면 2번이나 3번, 안 되면 1번이에요.",
    CAPITAL: "나중에 바꿀 수 있어요. 당장 쓰지 않을 여윳돈만 적어 주세요.",
}


def ask_text(field: str, step: int, total: int) -> tuple[str, tuple[str, ...]]:
    """(question with its place, options)."""
    if field == CAPITAL:
        return f"({step}/{total}) {CAPITAL_QUESTION}", CAPITAL_OPTIONS
    item = Item(field)
    return f"({step}/{total}) {question(item)}", tuple(label for _, label in options(item))


def understood(profile: Profile) -> str:
    """'이렇게 이해했어요' with everything known so far."""
    parts: list[str] = []
    if profile.capital_krw:
        parts.append(f"투자금 {format_won(profile.capital_krw)}")
    if profile.monthly_krw:
        parts.append(f"매달 {format_won(profile.monthly_krw)}")
    if profile.preferred_sectors:
        parts.append(f"선호 {'·'.join(profile.preferred_sectors)}")
    if profile.excluded_sectors:
        parts.append(f"제외 {'·'.join(profile.excluded_sectors)}")
    if profile.max_loss_bps is not None:
        parts.append(f"손실 한도 {percent(profile.max_loss_bps)}")
    if profile.horizon_months:
        parts.append(f"기간 {months(profile.horizon_months)}")
    if profile.wishes:
        parts.append(f"바라는 것 {'·'.join(WISHES[wish] for wish in profile.wishes)}")
    said = []
    for item, answer in profile.answers.items():
        if item is Item.HORIZON and profile.horizon_months:
            continue
        if item is Item.LOSS_TOLERANCE and profile.max_loss_bps is not None:
            continue
        quote = (
            f"('{answer.quote[:14]}')"
            if answer.source is Source.TEXT and answer.quote != answer_label(item, answer.value)
            else ""
        )
        said.append(f"{item_label(item)} {answer_label(item, answer.value)}{quote}")
    lines = ["이렇게 이해했어요."]
    if parts:
        lines.append("· " + " · ".join(parts))
    if said:
        lines.append("· " + " · ".join(said))
    return "\n".join(lines)


def contradiction_text(found: Contradiction) -> str:
    return f"서로 부딪치는 점이 있어요. {found.text}\n어떻게 할까요?"


def settled_along_text(found: Contradiction, way: str) -> str:
    return f"{found.text} 앞에서 고르신 대로 할게요: {way}."


def card_text(profile: Profile) -> str:
    """The result, for confirming."""
    assessment, limits = profile.assessment(), profile.advice()
    assert assessment is not None
    lines = [f"성향 카드: {assessment.grade.label} ({assessment.score}점/100점)"]
    lines.append("· " + " · ".join(answer_label(item, answer.value) for item, answer in profile.answers.items()))
    wishes = []
    if profile.capital_krw:
        wishes.append(f"투자금 {format_won(profile.capital_krw)}")
    if profile.preferred_sectors:
        wishes.append(f"선호 {'·'.join(profile.preferred_sectors)}")
    if profile.excluded_sectors:
        wishes.append(f"제외 {'·'.join(profile.excluded_sectors)}")
    if profile.max_loss_bps is not None:
        wishes.append(f"손실 한도 {percent(profile.max_loss_bps)}")
    if wishes:
        lines.append("· " + " · ".join(wishes))
    grades = sorted(allowed_products(assessment.grade))
    lines.append(
        f"· 권할 수 있는 상품: 위험등급 {grades[0]}~{grades[-1]}등급"
        if len(grades) > 1
        else f"· 권할 수 있는 상품: 위험등급 {grades[0]}등급(매우 낮은 위험)"
    )
    if limits is not None:
        lines.append(limits_line(limits))
    return "\n".join(lines)


def limits_line(limits: Limits) -> str:
    most = limits.name_weights.stock
    names = f"한 종목 최대 {percent(most)}" if most else "개별 주식은 빼고"
    return (
        f"· 주식 비중 최대 {percent(limits.max_equity_bps)} · {names} · 하루 손실 한도 {percent(limits.daily_loss_bps)}"
    )


def saved_text(profile: Profile) -> str:
    grade = profile.grade
    assert grade is not None
    until = profile.expires_at
    date = f"{until.year}년 {until.month}월 {until.day}일까지" if until else ""
    return f"{josa(grade.label, '으로/로')} 저장했어요. {date} 쓰고, 언제든 '성향 다시'로 바꿀 수 있어요."


def noted(item: Item, value: str, quote: str) -> str:
    """How free words were mapped, so that a mistake is seen at once."""
    label = josa(f"'{answer_label(item, value)}'", "으로/로")
    return f"{item_label(item)}: {quote[:20]} → {label} 적었어요."


def months(count: int) -> str:
    years, rest = divmod(count, 12)
    if not years:
        return f"{rest}개월"
    return f"{years}년" + (f" {rest}개월" if rest else "")
