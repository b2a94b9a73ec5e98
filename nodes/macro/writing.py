"""The report on the economy as the rules write it: every sentence from the sheet, every number a figure. Pure.

Contract: always a whole report, with ten sentences in the summary, however little there is to say; what is old, missing
or left out is said. It is what stands when no model writes, or when what a model wrote does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from domain.evidence import Figure, Unit
from domain.hangul import josa
from domain.macro.report import SENTENCES, Line, MacroReport, hint_of, sheet_hash
from domain.reports import AnalystReport
from nodes.macro.features import Feature, features, place, sentence
from tools.ports import MacroSnapshot

_HINTS = {"bullish": "긍정적인 쪽이에요", "bearish": "부담이 되는 쪽이에요", "uncertain": "어느 쪽이라고 하기 어려워요"}
NOTHING_GOOD = "지금 지표에는 주식에 힘이 된다고 할 만한 변화가 없어요."
NOTHING_BAD = "지금 지표에는 주식에 부담이 된다고 할 만한 변화가 없어요."
# What is always true of such a summary; enough to fill it when there is little to tell.
_RESERVE: Final = (
    "지표는 발표가 늦어서 지금의 시장보다 한발 뒤에 있어요.",
    "한 지표의 변화만으로는 시장의 방향을 알 수 없어요.",
    "이미 알려진 변화는 주가에 먼저 담겨 있을 수 있어요.",
    "지표는 나중에 고쳐지기도 해서 새 값이 나오면 다시 봐요.",
    "이 판단은 시장 전체에 대한 것이고 종목마다 사정이 달라요.",
    "추세에서 벗어난 값은 한 번의 일인지 더 지켜봐야 해요.",
    "금리와 물가, 환율, 수출을 함께 봐야 그림이 맞아요.",
    "주문의 크기와 한도는 이 요약이 아니라 투자성향이 정해요.",
)


def written_by_rules(snapshot: MacroSnapshot, view: AnalystReport, now: datetime) -> MacroReport:
    """The report on `snapshot`. `view` must have something to tell (not `unavailable`)."""
    sheet = features(snapshot)
    good = [feature for feature in sheet if feature.voices > 0]
    bad = [feature for feature in sheet if feature.voices < 0]
    counted = (
        _count("good", len(good), "좋은 쪽 지표", snapshot),
        _count("bad", len(bad), "부담이 되는 지표", snapshot),
        _count("all", len(sheet), "살펴본 지표", snapshot),
    )
    hint = hint_of(view.stance)
    return MacroReport(
        made_at=now,
        sheet_hash=sheet_hash(snapshot.series),
        market_bias_hint=hint,
        view=view,
        positive=_lines(good) or (Line(text=NOTHING_GOOD),),
        negative=_lines(bad) or (Line(text=NOTHING_BAD),),
        summary=_summary(sheet, snapshot, hint),
        figures=(*view.figures, *counted),
        notes=(*snapshot.notes, *snapshot.left_out),
        written_by="rules",
        demo=snapshot.demo,
    )


def _lines(chosen: Sequence[Feature]) -> tuple[Line, ...]:
    """Each with what happened, what that tends to mean, and how it stands to its trend; the loudest first."""
    found: list[Line] = []
    for feature in sorted(chosen, key=lambda each: -abs(each.voices)):
        parts = [sentence(feature), feature.meaning, _against_trend(feature)]
        found += [Line(text=text) for text in parts if text]
    return tuple(found)


def _against_trend(feature: Feature) -> str:
    if feature.trend is None or feature.surprise_sign == 0:
        return ""
    side = "높아요" if feature.value > feature.trend else "낮아요"
    return f"{josa(feature.name, '은/는')} 추세로 본 {place(feature, '.trend')}보다 눈에 띄게 {side}."


def _summary(sheet: Sequence[Feature], snapshot: MacroSnapshot, hint: str) -> tuple[Line, ...]:
    told = list(dict.fromkeys(_told(sheet, snapshot, hint)))[:SENTENCES]
    return tuple(Line(text=text) for text in [*told, *_RESERVE][:SENTENCES])


def _told(sheet: Sequence[Feature], snapshot: MacroSnapshot, hint: str) -> Iterator[str]:
    yield f"지표로 본 한국 주식 시장은 {_HINTS[hint]}."
    yield (
        "살펴본 지표 {{f:macro.count.all}} 가운데 좋은 쪽이 {{f:macro.count.good}}, "
        "부담이 되는 쪽이 {{f:macro.count.bad}}예요."
    )
    if snapshot.notes:
        yield "새 값을 받지 못했거나 오래된 지표가 있어 방향을 판단하지 않았어요."
    loud = sorted(sheet, key=lambda each: -abs(each.voices))
    yield from (sentence(feature) for feature in loud[:5])
    yield from (text for feature in loud if (text := _against_trend(feature)))
    if not any(feature.surprise_sign for feature in sheet) and any(feature.trend is not None for feature in sheet):
        yield "추세에서 눈에 띄게 벗어난 지표는 없어요."
    yield from (feature.meaning for feature in loud[:2] if feature.voices and feature.meaning)


def _count(part: str, number: int, label: str, snapshot: MacroSnapshot) -> Figure:
    return Figure(
        id=f"macro.count.{part}",
        value=number,
        unit=Unit.COUNT,
        source=snapshot.source,
        as_of=snapshot.as_of,
        label=label,
    )
