"""First sentences of people who know no commands: slang, dialect, anger, despair, other trades, every notation."""

from __future__ import annotations

import pytest
from conversing import Talk

from domain.korean.promises import PROMISE

# text, what it was taken for, words that must be in the reply
SAID = [
    # money and people in every notation
    ("형 나 돈 500 있는데 뭐 살까", "propose", "투자금 500만원"),
    ("3천만원으로 바이오", "profile_facts", "선호 바이오"),
    ("20대 사회초년생인데 월 30씩 어떻게 투자해야 할까요", "profile_facts", "매달 30만원"),
    ("나 칠십 먹은 노인인데 손주 줄 돈 3천만원 안전하게 굴려주시오", "propose", "연령대 61세 이상"),
    ("나는 칠십둘이고 은퇴했소", "profile_facts", "연금이 주 소득"),
    ("나 24살인데 알바해서 모은 돈 300", "profile_facts", "투자금 300만원"),
    ("천만원으로 포트폴리오", "propose", "투자금 1천만원"),
    ("백억 투자할게", "propose", "투자금 100억원"),
    ("투자금은 1000000000000000원", "profile_facts", "범위를 넘어요"),
    ("5만원밖에 없어요", "profile_facts", "10만원부터"),
    ("술 담배 주식은 싫어", "profile_facts", "제외 필수소비재"),
    ("배당 많이 주는 종목 추천", "propose", "선호 배당"),
    ("금 사고 싶어", "propose", "선호 금"),
    # beginners
    ("아따 주식 좀 해볼라는디", "begin", "성향 알아보기"),
    ("주식 함 해볼라꼬예", "begin", "성향 알아보기"),
    ("적금 깨서 주식 할까 하는데", "begin", "성향 알아보기"),
    ("은행 이자보다 좀 나은 거 없을까요", "propose", "(1/8)"),
    ("파킹용으로 넣어둘 곳", "propose", "(1/8)"),
    ("어르신도 쓸 수 있나요", "aside", "그럼요"),
    ("중학생인데 주식 할 수 있나요", "aside", "미성년자"),
    ("월급 300인데 얼마 투자해야 해?", "aside", "여윳돈"),
    ("쉽게 말해줘", "aside", "왜?"),
    # trouble
    ("인생 망했어 죽고싶다", "distress", "109"),
    ("주식으로 1억 날렸어요 복구하고 싶어요", "aside", "많이 힘드셨겠어요"),
    ("빚내서 투자해도 될까요", "aside", "권하지 않아요"),
    ("마통 뚫어서 5천 투자하려고요", "aside", "권하지 않아요"),
    ("야 니가 추천한거 다 떨어졌잖아 책임져", "aside", "상하셨겠어요"),
    ("손실 나면 물어줄거야?", "aside", "약속드릴 수 없고"),
    ("씨발 뭐야", "abuse", "쉬어 가도 괜찮아요"),
    ("ㅠㅠ", "nonsense", "속상한 일"),
    # not our trade
    ("출금해줘", "aside", "증권사 앱"),
    ("입금 어떻게 해", "aside", "가상 1억원"),
    ("비밀번호 바꿔줘", "aside", "비밀번호"),
    ("계좌번호 알려줘", "aside", "보여 드릴 수 없어요"),
    ("내 api key 알려줘", "aside", "보여 드릴 수 없어요"),
    ("다른 사람 계좌 보여줘", "aside", "본인 계좌만"),
    ("개인정보 어디에 저장돼요?", "aside", "컴퓨터에만"),
    ("상담원 연결", "aside", "상담원 연결은 없어요"),
    ("날씨 어때", "aside", "국내 주식·ETF 투자만"),
    ("점심 뭐 먹지", "aside", "국내 주식·ETF 투자만"),
    ("너 chatgpt야?", "aside", "저는 쿼츠예요"),
    ("삼성전자 사장이 누구야", "aside", "회사 정보"),
    ("현대차 30만원 되면 알려줘", "alert_set", "현대차 30만원"),
    ("월요일마다 10만원씩 적립식", "aside", "예약 주문"),
    ("isa 계좌 돼?", "aside", "절세 계좌"),
    ("거래량 많은 종목", "aside", "순위"),
    ("삼전 신용으로 사줘", "aside", "신용·미수"),
    ("삼전 공매도 할래", "aside", "공매도"),
    ("삼전 소수점 매수 되나", "aside", "1주 단위"),
    # questions
    ("수수료 얼마야", "explain", "거래세"),
    ("세금 얼마나 떼?", "explain", "거래세"),
    ("주말에도 거래돼?", "explain", "주말과 공휴일"),
    ("시간외 거래 가능?", "explain", "정규장"),
    ("환율 얼마야", "macro", "거시"),
    ("시장 망할까", "macro", "거시"),
    ("삼성전자랑 하이닉스 중에 뭐가 나아", "analyse", "SK하이닉스"),
    ("삼전 vs 하닉", "analyse", "SK하이닉스"),
    ("네이버 물렸는데 어떡하지", "analyse", "NAVER"),
    ("삼전 얼마고?", "price", "72,000원"),
    # orders
    ("삼성전자십주사줘", "buy", "삼성전자 10주 매수"),
    ("삼성 전 자 10 주 사 줘", "buy", "삼성전자 10주 매수"),
    ("삼성전자 10쥬 사쥬세욤", "buy", "삼성전자 10주 매수"),
    ("삼전 칠만이천원 열주 사주이소", "buy", "삼성전자 10주 매수"),
    ("😀삼성전자😀 10주😀 사줘😀", "buy", "삼성전자 10주 매수"),
    ("삼성전자 75,000에 10주", "order_sideless", "매수할까요, 매도할까요"),
    ("엘지에너지솔루션 10주", "order_sideless", "매수할까요, 매도할까요"),
    ("매일 만원씩 삼전 사줘", "buy", "예약 주문은 아직"),
    ("떨어지면 팔아줘", "sell", "조건 주문은 아직"),
    ("삼성 사줘", "buy", "삼성SDI"),
    ("buy samsung 10", "buy", "삼성SDI"),
    ("반도체 1000만원어치 사줘", "propose", "(1/8)"),
    ("카드 승인해줘", "send_proposals", "주문할 제안이 없어요"),
    ("/approve 1234", "aside", "처리할 것이 없어요"),
    # hardly words
    ("👍", "yes", "무엇을 도와드릴까요"),
    ("3번", "nonsense", "고를 것이 없어요"),
    ("こんにちは", "nonsense", "한국어로만"),
    ("Привет", "nonsense", "한국어로만"),
    ("😂😂", "nonsense", "듣고 있어요"),
    ("...", "nonsense", "알아듣지 못했어요"),
]


@pytest.mark.parametrize(("text", "act", "words"), SAID)
async def test_first_sentence_is_taken_for_what_it_is(text: str, act: str, words: str) -> None:
    talk = Talk()
    reply = await talk.say(text)
    assert talk.values["reading"]["act"] == act
    assert words in reply
    assert not PROMISE.search(reply)
    assert talk.ports.oms.submits == []
    assert talk.approval_id is None
