"""Conversations of people who do not answer as asked: out of order, in dialect, in English, changing their minds."""

from __future__ import annotations

from typing import Any

import pytest
from conversing import Talk, profiled
from fakes import USER


def stored(talk: Talk) -> Any:
    return talk.ports.desk.profiles[USER.user_id][-1]


def answers(talk: Talk) -> dict[str, str]:
    draft = talk.values["profile_draft"]["profile"]["answers"]
    return {item: answer["value"] for item, answer in draft.items()}


# Each ends, without an approval in between, at a card; then the order is approved and filled.
PEOPLE = {
    "old man in his own words": [
        "안녕하시오",
        "나는 칠십둘이고 은퇴했소",
        "돈은 한 삼천만원쯤 되는데",
        "원금은 꼭 지켜야 하오",
        "일년 뒤에 손자 등록금으로 쓸 거요",
        "예금이랑 적금만 해봤지",
        "주식은 하나도 몰라",
        "통장에 있는 거 다요",
        "그렇소",
        "추천 좀 해보시오",
        "그래요 그걸로 합시다",
    ],
    "angry and in a hurry": [
        "야 씨발 빨리 추천이나 해",
        "천만원",
        "아 진짜 뭘 자꾸 물어",
        "30",
        "몰라",
        "5년",
        "주식 했음",
        "알만큼 알아",
        "10퍼",
        "직장인",
        "상관없어 돈만 벌면 돼",
        "맞다고",
        "추천",
        "ㄱㄱ",
    ],
    "young and short": [
        "ㅎㅇ",
        "나 24살인데 알바해서 모은 돈 300",
        "1년만 굴릴거",
        "주식 첨임",
        "1도 몰라",
        "전재산인데",
        "조금은 잃어도 됨",
        "ㅇㅋ",
        "추천ㄱ",
        "1번만",
    ],
    "everything in one breath": [
        "저기 있잖아 내가 지금 서른두살인데 월급쟁이고 여윳돈이 한 천오백 정도 있거든 "
        "근데 이걸 한 삼년 정도 굴려보고 싶은데 주식은 조금 해봤고 손실은 한 십퍼센트까지는 괜찮을거 같아",
        "주식은 조금 아는 편이야",
        "전체 돈의 한 이십 퍼센트 정도",
        "어 맞아",
        "추천 보여줘",
        "응 그걸로",
    ],
    "half English": [
        "Hi I want to start investing",
        "2천만원",
        "age는 33",
        "long term이요",
        "stock 해봤어요",
        "little",
        "10%",
        "salary",
        "some",
        "yes",
        "추천 please",
        "ok",
    ],
    "would rather not say": [
        "추천해줘",
        "싫어",
        "네",
        "비밀",
        "응",
        "됐고",
        "네",
        "패스",
        "네",
        "모른다고",
        "패스",
        "응",
        "말하기 싫어",
        "그래",
        "원금은 지켜야죠",
        "네",
        "추천",
        "네",
    ],
    "wants the impossible": [
        "원금보장 되면서 두배 되는거 500만원",
        "1",
        "25살",
        "6개월",
        "안해봄",
        "하나도 몰라",
        "전부",
        "월급",
        "네",
        "추천",
        "1번",
    ],
}


@pytest.mark.parametrize("who", PEOPLE)
async def test_everybody_gets_to_an_order_in_their_own_words(who: str) -> None:
    talk = Talk()
    await talk.say(*PEOPLE[who])
    assert talk.approval_id is not None, talk.replies[-3:]
    assert talk.ports.oms.submits == []
    assert "체결됐어요" in await talk.approve()
    assert len(talk.ports.oms.submits) == 1


async def test_golden_sentence_needs_at_most_twelve_messages_to_a_fill() -> None:
    talk = Talk()
    said = ["2천만원으로 반도체 위주, 손실은 5%까지만", "3", "2", "5", "4", "2", "1", "1", "네", "추천", "네"]
    await talk.say(*said)
    assert "체결됐어요" in await talk.approve()
    assert len(said) + 1 <= 12


async def test_changing_ones_mind_on_the_way_counts() -> None:
    talk = Talk()
    await talk.say(
        "3천만원으로 바이오",
        "아 아니다 2천만원",
        "바이오 말고 반도체로",
        "38살",
        "아니 48살",
        "2년",
        "아 3년으로 바꿀게",
    )
    assert talk.asked == "experience"
    assert answers(talk) == {"age": "to_50", "horizon": "from_3y"}
    profile = talk.values["profile_draft"]["profile"]
    assert profile["capital_krw"] == 20_000_000
    assert profile["preferred_sectors"] == ["반도체"]
    assert profile["excluded_sectors"] == ["바이오"]


async def test_answers_full_of_trigger_words_stay_answers() -> None:
    talk = Talk()
    await talk.say(
        "추천해줘", "예금 2천만원 깨서요", "주식하기엔 늦은 55세", "3개월 안에 팔거에요", "주식으로 수익 좀 봤어요"
    )
    await talk.say("시장 흐름은 좀 알아", "전체 현금의 반", "매달 300 들어와요", "수익을 위해 큰 손실도 감수해요")
    assert answers(talk) == {
        "age": "to_60",
        "horizon": "upto_6m",
        "experience": "stocks",
        "knowledge": "low",
        "asset_share": "over_40",
        "income": "steady",
        "loss_tolerance": "any",
    }
    assert talk.values["profile_draft"]["profile"]["capital_krw"] == 20_000_000


async def test_moderate_person_ends_in_the_middle_grade() -> None:
    talk = Talk()
    await talk.say("추천해줘", "천만원", "40대", "2년 정도", "주식 해봤어요", "거의 몰라요", "20%에서 30% 사이")
    await talk.say("월급이 꾸준해요", "최소한의 손실만 괜찮아요", "네")
    assert (stored(talk).grade, stored(talk).score) == ("위험중립형", 59)


async def test_talk_goes_on_about_the_same_name() -> None:
    talk = await profiled("공격투자형")
    await talk.say("삼성전자 얼마야?")
    assert "삼성전자(005930)" in await talk.say("차트도 보여줘")
    assert "삼성전자(005930) 3주 매수" in await talk.say("그거 3주 사줘")
    await talk.reject()
    await talk.say("하이닉스 어때")
    assert "혹시 SK하이닉스를" in await talk.say("살래")
    await talk.say("네", "2주")
    assert talk.approval_id is not None
    assert talk.ports.oms.submits == []


async def test_two_names_a_moment_ago_are_asked_about() -> None:
    talk = await profiled("공격투자형")
    await talk.say("삼전 vs 하닉")
    reply = await talk.say("그거 2주 사줘")
    assert "1) 삼성전자" in reply
    assert "2) SK하이닉스" in reply
    assert talk.approval_id is None


async def test_too_much_while_the_card_waits_says_how_to_get_less() -> None:
    talk = await profiled("적극투자형")
    await talk.say("추천해줘", "응 그걸로")
    assert "/reject" in await talk.say("너무 많아 줄여줘")
    await talk.reject()
    await talk.say("반만 사줘")
    assert talk.approval_id is not None


async def test_digressions_of_all_kinds_lead_back_to_the_question() -> None:
    talk = Talk()
    await talk.say("알아서 굴려줘", "천만원")
    for text in ("근데 수수료 얼마야", "삼전 얼마야", "ETF가 뭐야", "날씨 어때", "책임져줄거야?", "너 이름이 뭐야"):
        await talk.say(text)
        assert talk.asked == "age", text
    assert "개만 더 여쭤볼게요" in await talk.say("질문이 너무 많아")
    await talk.say("40대")
    assert talk.asked == "horizon"


async def test_contradiction_is_settled_by_a_number_behind_a_no_or_by_a_new_percentage() -> None:
    talk = Talk()
    await talk.say("2천만원으로 반도체 위주, 손실은 5%까지만", "아니 그냥 2번")
    assert talk.asked == "max_loss"
    other = Talk()
    await other.say("2천만원으로 반도체 위주, 손실은 5%까지만", "그럼 15%")
    assert other.values["profile_draft"]["profile"]["max_loss_bps"] == 1_500


async def test_asking_why_keeps_the_offer_open() -> None:
    talk = await profiled("안정형")
    await talk.say("추천해줘")
    why = await talk.say("왜?")
    assert len(why.split("\n")) <= 6
    assert why.count("제안") == len(talk.values["proposals"])
    await talk.say("네")
    assert talk.approval_id is not None


async def test_rejecting_the_card_does_not_say_prepared_again() -> None:
    talk = await profiled("공격투자형")
    await talk.say("카카오 2주 매수")
    reply = await talk.reject()
    assert "준비했어요" not in reply
    assert "주문은 나가지 않았어요" in reply
