"""The mood of a headline: words, what turns them around, and what has no mood at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.news.moods import Mood, mood_of

GOOD, FLAT, BAD = Mood.POSITIVE, Mood.NEUTRAL, Mood.NEGATIVE


@pytest.mark.parametrize(
    ("title", "mood"),
    [
        ("가나전자, 3분기 영업익 30% 증가", GOOD),
        ("가나전자, 3분기 영업익 30% 감소", BAD),
        ("가나전자, 적자 축소…재무구조 개선", GOOD),
        ("가나전자, 적자 폭 확대", BAD),
        ("가나전자, 흑자 전환", GOOD),
        ("가나전자, 적자 전환", BAD),
        ("무역분쟁 우려 해소에 증시 안도", GOOD),
        ("무역분쟁 우려 커져 증시 불안", BAD),
        ("코스피, 1.2% 하락 마감", BAD),
        ("코스피, 사흘 만에 상승 마감", GOOD),
        ("하락세 멈춘 가나전자", GOOD),
        ("상승세 꺾인 가나전자", BAD),
        ("가나전자 목표가 9만원으로 상향", GOOD),
        ("가나전자 목표가 5만원으로 하향", BAD),
        ("가나전자, 목표주가 12%↑-다라증권", GOOD),
        ("가나전자, 목표주가 12%↓-다라증권", BAD),
        ("사상 최대 실적에도 주가는 급락", BAD),
        ("실적 부진에도 주가는 강세", GOOD),
        ("성장 모멘텀 부재", BAD),
        ("수요 둔화에 실적 전망 하향", BAD),
        ("가나전자, 1조원 규모 공급계약 체결", GOOD),
        ("가나전자, 1조원 규모 공급계약 해지", BAD),
        ("가나바이오, 임상 3상 성공", GOOD),
        ("가나바이오, 임상 3상 실패", BAD),
        ("시장 기대치 웃돈 실적", GOOD),
        ("시장 기대치 밑돈 실적", BAD),
        ("상장폐지 사유 해소", GOOD),
        ("상장폐지 사유 발생", BAD),
        ("외국인 순매수에 2600선 탈환", GOOD),
        ("외국인 매도 폭탄에 2600선 붕괴", BAD),
        ("가나증권, 신규 고객 대상 이벤트 실시", FLAT),
        ("가나전자, 정기 주주총회 개최", FLAT),
        ("[표] 코스피 공매도 잔고 상위 50종목", FLAT),
        ("코스피 보합 마감", FLAT),
        ("가나증권, 화상회의 서비스 시작", FLAT),
        ("", FLAT),
    ],
)
def test_mood_follows_the_words_and_what_turns_them(title: str, mood: Mood) -> None:
    assert mood_of(title).mood is mood


def test_the_words_that_decided_are_named() -> None:
    reading = mood_of("가나전자, 호실적에 급등")
    assert reading.words == ("호실적", "급등")
    assert reading.score > 0.5


def test_a_question_says_less_than_a_statement() -> None:
    assert 0 < mood_of("가나전자, 급등할까?").score < mood_of("가나전자, 급등").score


def test_the_signing_house_has_no_mood() -> None:
    assert mood_of("가나전자, 영업익 감소-상승증권").mood is BAD


@given(st.text(max_size=200))
def test_any_text_has_a_mood_and_label_and_score_agree(text: str) -> None:
    reading = mood_of(text)
    assert -1 <= reading.score <= 1
    assert (reading.score > 0, reading.score < 0) == (reading.mood is GOOD, reading.mood is BAD)
    assert mood_of(text) == reading


def test_a_very_long_line_costs_no_time() -> None:
    began = time.process_time()
    for text in ("목표가 " * 100_000, "하" * 500_000, "실적0" * 100_000):
        mood_of(text)
    assert time.process_time() - began < 0.5
