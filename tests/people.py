"""Answers of five kinds of people to the questionnaire, one for each grade."""

from __future__ import annotations

CAREFUL = {
    "capital_krw": "1000만원",
    "age": "예순다섯이에요",
    "horizon": "6개월 정도요",
    "experience": "예금만 해봤어요",
    "knowledge": "거의 몰라요",
    "asset_share": "절반 넘어요",
    "income": "연금으로 생활해요",
    "loss_tolerance": "원금은 지켜야 해요",
}
ACTIVE = {
    "capital_krw": "3천만원",
    "age": "30대",
    "horizon": "3년 이상이요",
    "experience": "주식 해봤어요",
    "knowledge": "높은 편이에요",
    "asset_share": "10% 이하예요",
    "income": "꾸준해요",
    "loss_tolerance": "어느 정도 손실은 괜찮아요",
}
GRADES: dict[str, dict[str, str]] = {
    "안정형": CAREFUL,
    "안정추구형": CAREFUL
    | {"age": "45살", "horizon": "1년 반", "knowledge": "조금 알아요", "asset_share": "30% 넘어요"},
    "위험중립형": CAREFUL
    | {
        "age": "40대",
        "horizon": "2년 정도",
        "experience": "주식 해봤어요",
        "asset_share": "20%에서 30% 사이",
        "income": "월급이 꾸준해요",
        "loss_tolerance": "최소한의 손실만 괜찮아요",
    },
    "적극투자형": ACTIVE | {"age": "50대", "horizon": "2년 반", "asset_share": "10%에서 20%"},
    "공격투자형": ACTIVE
    | {
        "experience": "선물옵션 해봤어요",
        "knowledge": "아주 잘 알아요",
        "loss_tolerance": "수익을 위해 큰 손실도 감수해요",
    },
}
