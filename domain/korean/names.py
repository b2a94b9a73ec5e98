"""Names in orders that are no listed instrument of ours: foreign shares, coins, and slips of the finger.

Contract: `foreign_in` knows well-known things Quartz does not trade; `nearest` offers at most three listed names that a
misspelt word may have meant, by jamo distance. An offer is a question to the user, never an answer.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache

from domain.instruments import Instrument, Instruments, Kind
from domain.mentions import Finder

_FOREIGN = [
    "애플",
    "테슬라",
    "엔비디아",
    "마이크로소프트",
    "마소",
    "구글",
    "알파벳",
    "아마존",
    "메타",
    "넷플릭스",
    "페이스북",
    "팔란티어",
    "아이온큐",
    "브로드컴",
    "인텔",
    "AMD",
    "퀄컴",
    "TSMC",
    "마이크론",
    "코카콜라",
    "스타벅스",
    "디즈니",
    "버크셔",
    "보잉",
    "알리바바",
    "텐센트",
    "샤오미",
    "비야디",
    "BYD",
    "소니",
    "도요타",
    "토요타",
    "닌텐도",
    "쿠팡",
    "루시드",
    "리비안",
    "게임스탑",
    "로블록스",
    "TQQQ",
    "SQQQ",
    "SOXL",
    "SOXS",
    "QQQ",
    "SPY",
    "VOO",
    "SCHD",
    "TSLA",
    "AAPL",
    "NVDA",
    "MSFT",
    "GOOGL",
    "AMZN",
    "비트코인",
    "이더리움",
    "도지코인",
    "도지",
    "리플",
    "솔라나",
    "코인",
    "가상화폐",
    "암호화폐",
    "알트코인",
    "비트",
    "BTC",
    "ETH",
    "XRP",
    "금괴",
    "달러",
    "엔화",
    "아파트",
    "부동산",
    "원유선물",
    "해외선물",
    "니케이",
    "항셍",
    "Apple",
    "Tesla",
    "Nvidia",
    "Bitcoin",
    "Google",
    "Amazon",
    "Microsoft",
    "Netflix",
    "Ethereum",
    "Palantir",
]
_finder = Finder({name: name for name in _FOREIGN})

# What is left of an order sentence when numbers, verbs and small words are taken out: perhaps a name.
_VERBS = re.compile(
    r"(?:매수|매도|구매|매입|주문|추매|손절|익절|처분|정리|청산|취소|정정|분석|시세|차트|주가|현재가|얼마|가격|전망|뉴스|호가)[가-힣]*|(?:사|살|팔|담|던|털|줍|질러|들어가)(?:줘|자|래|게|께|아|고|라|주|려|지|볼|까|도|요|세)[가-힣]*"
    r"|지정가[가-힣]*|시장가[가-힣]*|전량|전부|절반|몽땅|어치[가-힣]*|[\d,.]+[가-힣%]*|한주|두주|세주|열주|어때[가-힣]*|보여[가-힣]*|알려[가-힣]*|해줘[가-힣]*|해주[가-힣]*|부탁[가-힣]*"
)
_SMALL = frozenset(
    [
        "좀",
        "다",
        "더",
        "또",
        "제발",
        "지금",
        "바로",
        "당장",
        "오늘",
        "그냥",
        "일단",
        "빨리",
        "정도",
        "만큼",
        "나",
        "내",
        "저",
        "제",
        "이",
        "그",
        "저거",
        "그거",
        "이거",
        "주식",
        "종목",
        "주",
        "원",
        "만원",
        "그리고",
        "하고",
        "혹시",
        "이제",
        "한번",
        "먼저",
        "어서",
        "걍",
        "진짜",
        "그럼",
        "네",
        "응",
        "아",
        "음",
        "사",
        "팔아",
        "사줘",
        "뭐",
        "뭘",
        "요즘",
        "왜",
        "무슨",
        "어떤",
        "어느",
        "현재",
        "전부다",
        "있는",
        "가진",
        "보유",
        "보유한",
        "예수금",
        "예수금으로",
        "돈",
        "돈으로",
        "아까",
        "방금",
        "말한",
        "추천한",
        *(
            "수량",
            "하나",
            "하나만",
            "두개",
            "세개",
            "나머지",
            "반으로",
            "줄여서",
            "늘려서",
            "다른",
            "새로",
            "대신",
            "남은",
            "같은",
            "이어서",
            "마저",
        ),
        "추천",
        "제안",
        "코스피",
        "코스닥",
        "증시",
        "시장",
        "장",
        "수익",
        "손익",
        "수수료",
        "세금",
        "싶어",
        "싶어요",
        "싶은데",
        "싶다",
        "사고",
        "팔고",
        "거기",
        "걔",
        "안에",
        "앞으로",
        "반도체",
        "이대로",
        "그대로",
        "있어",
        "없어",
        "괜찮아",
        "좋아",
        "요새",
        "친구가",
        "친구",
        "회사",
        "뉴스에서",
        "유튜브에서",
        "사람들이",
        "다들",
        "것",
        "거",
        "걸",
        "게",
        "싹",
        "모두",
        "모든",
        "종목을",
        "주식을",
        "주식은",
        "ㄱㄱ",
        "please",
        "buy",
        "sell",
        "stock",
        "shares",
        "share",
        "of",
        "the",
    ]
)
_ROMAN = {
    "samsung": "삼성",
    "hyundai": "현대",
    "kakao": "카카오",
    "hynix": "하이닉스",
    "kia": "기아",
    "celltrion": "셀트리온",
}
_PARTICLE = re.compile(r"(?:은|는|이|가|을|를|도|만|의|로|으로|에|랑|이랑|하고|요|주식|주)$")


def foreign_in(source: str) -> tuple[str, ...]:
    """Names of things that are not traded here: '테슬라', '비트코인'."""
    return tuple(dict.fromkeys(mention.value for mention in _finder.find(source)))


def leftover(source: str) -> tuple[str, ...]:
    """Words of an order sentence that may be a name we do not know."""
    words = []
    for word in re.split(r"[\s,.!?~…·]+", _VERBS.sub(" ", source)):
        bare = _PARTICLE.sub("", word) if len(word) > 2 else word
        if len(bare) >= 2 and bare not in _SMALL and word not in _SMALL and re.search(r"[가-힣A-Za-z]{2}", bare):
            words.append(bare)
    return tuple(dict.fromkeys(words))[:3]


@cache
def _table() -> tuple[tuple[str, Instrument], ...]:
    rows = []
    for row in Instruments.load().all():
        for name in (row.name, *row.aliases):
            if len(name) >= 3:
                rows.append((_jamo(name), row))
    return tuple(rows)


def nearest(word: str, *, limit: int = 3) -> tuple[Instrument, ...]:
    """Listed instruments whose name looks much like `word`: '삼성젼자' → 삼성전자; () when none is close."""
    word = _ROMAN.get(word.lower(), word)
    if not 2 <= len(word) <= 20:
        return ()
    said = _jamo(word)
    begins = tuple(row for name, row in _table() if len(word) < 4 and name.startswith(said) and row.kind is Kind.STOCK)
    if begins:  # '삼성' may be several; the user says which
        return tuple(dict.fromkeys(begins))[:limit]
    best: dict[str, tuple[float, Instrument]] = {}
    for name, row in _table():
        if abs(len(name) - len(said)) > 4:
            continue
        matcher = SequenceMatcher(None, said, name)
        if matcher.quick_ratio() < 0.78:
            continue
        ratio = matcher.ratio()
        if ratio >= 0.78 and ratio > best.get(row.ticker, (0.0, row))[0]:
            best[row.ticker] = (ratio, row)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    return tuple(row for ratio, row in ranked[:limit] if ratio >= ranked[0][0] - 0.12)


def _jamo(text: str) -> str:
    return unicodedata.normalize("NFD", text.replace(" ", "").lower())
