"""An answer to an open question wins over the keywords in it; in doubt it is the more careful one, or asked again."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.clock import KST
from domain.korean.reading import Reading, read
from domain.suitability import Item, options

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
CAPITAL_OPTIONS = ["500만원", "1천만원", "2천만원", "5천만원"]


def answer_to(item: str, text: str) -> Reading:
    labels = CAPITAL_OPTIONS if item == "capital_krw" else [label for _, label in options(Item(item))]
    return read(text, pending={"owner": "user_profile", "field": item, "options": labels}, now=NOW)


# item -> answer -> what people say
SAID: dict[str, dict[str, list[str]]] = {
    "capital_krw": {
        "5000000": ["500만원", "오백", "오백이요", "5백", "현금 오백만원이요", "500"],
        "10000000": [
            "천",
            "천만원쯤?",
            "한 천정도",
            "1000",
            "1000만",
            "10,000,000원",
            "10000000",
            "월급 모은 거 천만원",
            "천만원 조금 넘어요",
            "시장에 천만원 투자할래",
        ],
        "20000000": [
            "2천",
            "이천만원",
            "예금 2천만원 깨서요",
            "2~3천",
            "2천만원으로 추천해줘",
            "잔고에 2천만원 있어요",
            "２천만원",
        ],
        "30000000": ["3000만원 있어요", "주식에 3천만원 넣을게요"],
        "100000000": ["1억"],
        "150000000": ["일억오천"],
        "15000000": ["적금 탄 돈 천오백만원"],
        "3000000": ["삼백"],
        "120000000": ["퇴직금 1억 2천이요"],
        "2000000": ["돈은 많이 없고 200만원"],
        "7000000": ["매수할 돈은 700만원"],
        "1000000": ["100만원부터 시작해볼게요"],
        "500000": ["오십", "50만"],
    },
    "age": {
        "to_40": [
            "30대",
            "서른다섯",
            "35",
            "마흔",
            "92년생",
            "스물셋임ㅋ",
            "서른 초반",
            "30초",
            "삼십대 후반",
            "이십대",
            "40",
            "서른",
        ],
        "to_50": ["만 41세", "40대", "마흔둘이요", "85년생 주식쟁이", "사십이요", "사십셋"],
        "from_61": ["일흔이오", "칠십", "70먹은 노인이오", "62", "58년 개띠", "예순하나", "61세", "60대"],
        "to_60": ["올해 환갑이에요", "쉰여덟", "5학년 3반", "60", "주식하기엔 늦은 55세", "50대 중반"],
        "upto_19": ["고등학생이요", "열아홉", "18살"],
        "no_answer": ["비밀"],
    },
    "horizon": {
        "upto_1y": ["1년", "한 1~2년", "내년에 전세금 내야돼서", "1년 뒤에 집 살거라", "일년", "1년 안에 취소할 수도"],
        "upto_2y": ["2년 정도", "2년", "1년 반", "18개월", "이년", "한 2년은 안 건드릴 돈", "24개월"],
        "from_3y": [
            "3년",
            "3년 정도",
            "5년 이상",
            "길게요",
            "오래 묻어둘거야",
            "은퇴할 때까지",
            "평생",
            "주식은 10년은 봐야죠",
            "삼년",
            "2030년까지",
            "10년",
            "5",
        ],
        "upto_6m": [
            "6개월",
            "반년",
            "육개월이요",
            "단타요",
            "짧게 치고 빠질래",
            "내년 봄까지",
            "몇달만",
            "두세달",
            "3개월 안에 팔거에요",
            "일주일",
            "하루이틀",
            "1",
        ],
        "under_3y": ["2년 반", "30개월"],
    },
    "experience": {
        "deposits": [
            "예금만 해봤어요",
            "적금이요",
            "없어요",
            "처음이에요",
            "전혀요",
            "주식은 안해봤고 예금만",
            "현금만 들고있었어요",
            "은행에만 넣어놨지",
            "통장",
            "주식은 한번도 안 해봤어요",
            "아무것도 안해봄",
        ],
        "stocks": [
            "주식 해봤어요",
            "삼성전자 주식 조금",
            "펀드 조금 했어요",
            "ETF만 했어요",
            "미국주식 해요",
            "주식 3년 했어요",
            "주식으로 수익 좀 봤어요",
            "주식 손실만 봤어요",
            "주식 추천받아서 사봤어요",
            "주식이랑 코인",
        ],
        "derivatives": ["선물옵션", "신용으로 매수해본적", "곱버스도 해봄", "인버스 레버리지 ETF요"],
        "good_bonds": ["채권", "국채만요"],
        "mid_bonds": ["회사채 해봤어요"],
    },
    "knowledge": {
        "very_low": ["거의 몰라요", "하나도 모릅니다", "초보", "1도 몰라", "완전 초보", "까막눈이야", "모릅니다"],
        "low": [
            "조금 알아요",
            "쪼끔",
            "주식은 조금 아는데 채권은 몰라요",
            "남들만큼",
            "보통이요",
            "잘 몰라요",
            "시장 흐름은 좀 알아",
            "공부 중이에요",
            "잘 모름",
            "잘은 몰라도 조금은 알아",
        ],
        "high": ["잘 알아요", "높은 편이에요", "제법 합니다", "주식 잘 알아요"],
        "very_high": ["아주 잘 알아요", "증권사 다녀요", "빠삭하지", "매우 잘"],
        "unsure": ["모르겠어요"],
    },
    "asset_share": {
        "upto_10": [
            "10%",
            "10프로",
            "10% 이하예요",
            "예금이 대부분이라 10%도 안돼요",
            "5%",
            "얼마 안돼요",
            "10분의 1",
            "열에 하나",
        ],
        "upto_30": ["20%에서 30% 사이", "20~30%", "20에서 30", "30프로쯤", "25%", "반의 반"],
        "upto_20": ["10%에서 20%", "오분의 일", "15", "이십퍼", "주식 빼면 20%", "20% 미만"],
        "upto_40": ["30% 넘어요", "3분의 1", "40% 이하", "30% 이상", "35"],
        "over_40": [
            "절반",
            "반 정도",
            "전부요",
            "다예요",
            "절반 넘어요",
            "전체 현금의 반",
            "100%",
            "50퍼센트",
            "거의 다",
            "40% 초과",
        ],
    },
    "income": {
        "steady": [
            "월급 받아요",
            "월급이 꾸준해요",
            "공무원",
            "늘어날 것 같아요",
            "가게 하는데 꾸준해요",
            "월세 받아요",
            "안정적이에요",
            "고정수입 있음",
            "매달 300 들어와요",
            "군인이요",
            "의사입니다",
        ],
        "unstable": [
            "프리랜서",
            "알바해요",
            "백수",
            "취준생",
            "들쭉날쭉해요",
            "줄어들 듯",
            "자영업",
            "장사",
            "주부예요",
            "용돈 받아요",
            "정규직인데 회사 어려워요",
            "안정적이지 않아요",
            "일정하지 않아요",
            "수입 없음",
            "실업급여",
            "없어",
            "꾸준하진 않아",
            "학생",
            "퇴사했어요",
            "월급쟁인데 곧 그만둬요",
        ],
        "pension": ["연금으로 생활해요", "연금밖에 없어", "기초연금 받소", "은퇴했어요"],
    },
    "loss_tolerance": {
        "none": [
            "원금은 지켜야 해요",
            "원금은 반드시 지켜야 함",
            "손실 싫어요",
            "절대 안돼요",
            "잃기 싫어",
            "손실이 조금이라도 나면 싫어요",
            "하나도 잃기 싫어요",
            "조금도 싫어",
            "조금도 안돼",
            "0%",
            "1원도 잃기 싫다",
            "무서워요",
            "원금보장 추천해줘",
            "안 잃었으면 좋겠어요",
            "손실 감수 못해요",
            "손실 감당 안돼요",
            "감수 못합니다",
            "어느정도도 싫어요",
        ],
        "minimal": [
            "최소한의 손실만 괜찮아요",
            "최소한만",
            "조금은 괜찮아요",
            "-10%",
            "10프로까지",
            "반토막은 안돼요",
            "수익 낼 수 있으면 조금 손실은 괜찮아요",
            "예금처럼 안전하게",
            "5% 정도",
            "큰 손실은 싫어요",
            "너무 큰 손실만 아니면",
            "많이는 싫어",
            "약간의 손실",
            "뉴스처럼 반토막은 싫고 10% 정도",
            "최대한 안전하게",
            "큰 손실 감당 못해",
        ],
        "some": [
            "어느 정도 손실은 괜찮아요",
            "20%까지는",
            "20",
            "30% 정도",
            "주식이니까 어느정도는",
            "적당히",
            "감수할게요",
            "버틸만한 정도",
            "원금 손실 괜찮아요",
        ],
        "any": [
            "수익을 위해 큰 손실도 감수해요",
            "큰 손실도 괜찮아",
            "손실 상관없어요",
            "50%",
            "반토막 나도 됨",
            "수익이 높으면 손실 감수",
            "고수익이면 상관없음",
            "화끈하게",
            "수익 높다면 큰 손실도",
            "얼마든지요",
            "다 잃어도 돼",
            "다 날려도 상관X",
        ],
        "unsure": ["잘 모르겠어요", "몰라 니가 알아서"],
    },
}

# Too little, too vague or about somebody else: the question comes again.
UNCLEAR = [
    ("capital_krw", "0원"),
    ("capital_krw", "마이너스 통장 3천이요"),
    ("capital_krw", "많이요"),
    ("capital_krw", "조금만요"),
    ("capital_krw", "5장"),
    ("capital_krw", "한장"),
    ("age", "대학생이에요"),
    ("age", "나이는 왜요?"),
    ("age", "먹을만큼 먹었어"),
    ("horizon", "시장 좋아질 때까지"),
    ("horizon", "수익 날 때까지"),
    ("horizon", "5년물 예금처럼"),
    ("horizon", "당장 쓸 돈은 아니에요"),
    ("horizon", "애 대학갈때까지"),
    ("experience", "코인"),
    ("experience", "매수 매도 해봤지"),
    ("experience", "리딩방에서 손해봤어요"),
    ("experience", "아버지가 주식해서 망했어요"),
    ("experience", "삼전 10주 있어요"),
    ("experience", "주식 뉴스만 봤어요"),
    ("knowledge", "뉴스는 챙겨봐요"),
    ("knowledge", "초보는 아니에요"),
    ("knowledge", "경제학과 나왔어요"),
    ("knowledge", "별로"),
    ("knowledge", "그닥"),
    ("asset_share", "조금"),
    ("asset_share", "일부"),
    ("asset_share", "많지 않아요"),
    ("asset_share", "30 넘음"),
    ("asset_share", "두 배"),
    ("income", "남편이 벌어요"),
    ("income", "배당 수익으로 살아요"),
    ("income", "주식 수익이요"),
    ("income", "그냥 그래요"),
    ("loss_tolerance", "손실 나면 바로 매도할래"),
    ("loss_tolerance", "손실 나면 취소하고 싶어"),
    ("loss_tolerance", "시장이 안좋으면 어쩔 수 없죠"),
    ("loss_tolerance", "괜찮아요"),
    ("loss_tolerance", "잃어도 되는 돈이에요"),
    ("loss_tolerance", "투자는 원래 손실 나는거지 뭐"),
    ("loss_tolerance", "100만원까지는 괜찮아"),
    ("loss_tolerance", "많이 잃어도 괜찮진 않아요"),
    ("loss_tolerance", "상관없지 않아요"),
    ("loss_tolerance", "손실 상관있어요"),
]

# What an open question must not swallow: item, text.
DIGRESSIONS = [
    (item, text)
    for item in ("capital_krw", "age", "horizon", "experience", "knowledge", "asset_share", "income", "loss_tolerance")
    for text in (
        "삼성전자 현재가?",
        "잔고 보여줘",
        "수익률이 뭐야?",
        "내 수익 알려줘",
        "미체결",
        "정지",
        "카카오 차트",
        "오늘 시장 어때?",
        "처음부터",
        "왜?",
    )
]


@pytest.mark.parametrize("item", SAID)
def test_answers_in_peoples_own_words_are_understood(item: str) -> None:
    wrong = {}
    for value, texts in SAID[item].items():
        for text in texts:
            reading = answer_to(item, text)
            given = None if reading.answer is None else reading.answer.value
            if item == "capital_krw":
                given = None if reading.answer is None else str(reading.facts.capital_krw)
            if given != value:
                wrong[text] = given
    assert wrong == {}


@pytest.mark.parametrize(("item", "text"), UNCLEAR)
def test_what_is_unclear_is_asked_again(item: str, text: str) -> None:
    answer = answer_to(item, text).answer
    assert answer is None or answer.confidence < 60 or answer.value in ("yes", "no", "unsure", "no_answer")


@pytest.mark.parametrize(("item", "text"), DIGRESSIONS)
def test_real_digressions_are_no_answers(item: str, text: str) -> None:
    assert answer_to(item, text).answer is None


def test_of_a_range_the_careful_end_counts() -> None:
    assert answer_to("asset_share", "20%에서 30% 사이").facts.answers["asset_share"].value == "upto_30"
    assert answer_to("loss_tolerance", "10%에서 20%").facts.max_loss_bps == 1_000
    assert answer_to("capital_krw", "2~3천").facts.capital_krw == 20_000_000
    assert answer_to("horizon", "1~2년").facts.horizon_months == 12
