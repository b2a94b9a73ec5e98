"""Greeting, help, explanations and the things we do not do: fixed Korean texts.

Contract: no promises, no figures beyond the venue's plain facts; an attempt to command the program is answered as
text and does nothing.
"""

from __future__ import annotations

import re

from langchain_core.messages import AIMessage

from domain.korean.acts import Act
from domain.korean.text import plain
from domain.tables import table
from nodes.account.alerts import unread_lines
from nodes.account.context import Desk, Outcome, says
from nodes.account.wishes import FOREIGN
from nodes.asking import FEWER, FEWER_OPTIONS, Block, block, question
from nodes.user_profile.words import UNSURE_HELP
from tools.ports import PortUnavailable

STARTERS = ("성향 알아보기", "종목 추천", "시장 보기", "도움말")
KNOWN_STARTERS = ("추천 보기", "잔고 보기", "시장 보기", "도움말")
ONE_SENTENCE = "하고 싶은 걸 한 문장으로 말씀해 주세요."
HELLO_AGAIN = "네, 안녕하세요! 무엇을 도와드릴까요?"
_VENUES = {
    "sim": "지금은 모의 시세와 가상 1억원으로 연습해요. 실제 주문은 나가지 않아요.",
    "paper": "지금은 한국투자증권 모의투자 계좌예요. 실제 돈은 쓰지 않아요.",
    "live": "지금은 실제 계좌예요. 승인하면 실제 주문이 나가요.",
}
HELP = (
    "이렇게 말해 보세요.\n"
    "· 시작: '2천만원으로 반도체 위주, 손실은 5%까지만' · '추천'\n"
    "· 보기: '삼성전자 시세' '현대차 차트' '카카오 분석' '시장 어때'\n"
    "· 주문: '삼전 10주 매수' '카뱅 절반 매도' '미체결' '취소' '7만원으로 정정'\n"
    "· 내 것: '잔고' '수익' '수익률 그래프' '주문 내역' '성향' '전략' '위임'\n"
    "· 자동 점검: '자동 점검 켜줘' '오늘 일지'\n"
    "· 지켜보기: '관심종목' '삼성전자 8만원 넘으면 알려줘' '적립식'\n"
    "· 언제든: '왜?' '정지' '재개' '처음부터'"
)
TEXTS: dict[str, str] = {
    Act.DISTRESS: "지금 많이 힘드신 것 같아요. 혼자 견디지 않으셔도 돼요.\n"
    "자살예방 상담전화 109에서 24시간 이야기를 들어 드려요. 위급하면 119로 전화해 주세요.\n"
    "투자는 급하지 않아요. 걸려 있는 주문이 걱정되면 '정지'로 멈출 수 있어요.",
    Act.IMPATIENT: "번거로우셨죠. 짧게 말씀하셔도 돼요. '추천', '잔고', '삼성전자 시세'처럼요.",
    Act.INJECTION: "그런 지시로는 규칙이나 한도, 승인 절차를 바꿀 수 없어요. 주문은 직접 하신 말씀과 "
    "승인 카드로만 나가요.\n원하는 주문이 있으면 '삼성전자 10주 매수'처럼 말씀해 주세요.",
    Act.GUARANTEE: "원금이나 수익을 약속할 수 있는 주식은 없어요. 오를지 내릴지는 아무도 장담할 수 없어요.\n"
    "대신 감당할 수 있는 손실 안에서 나눠 담는 방법은 도와드릴 수 있어요. "
    "'성향 알아보기'나 '추천'이라고 해 주세요.",
    Act.THANKS: "도움이 됐다니 기뻐요. 또 궁금한 게 있으면 말씀해 주세요.",
    Act.BYE: "다음에 또 만나요. 걸어 둔 주문은 '미체결'에서 볼 수 있어요.",
    Act.ABUSE: "마음이 많이 상하셨나 봐요. 급한 마음에 주문하기보다 잠시 "
    "쉬어 가도 괜찮아요.\n'잔고'나 '왜?'로 지금 상황을 같이 볼 수 있어요.",
    Act.NO_ORDER: "알겠어요. 주문하지 않을게요.",
    Act.REJECT_WORDS: "알겠어요. 진행하지 않을게요.",
    Act.YES: "네. 무엇을 도와드릴까요? '추천', '잔고', '도움말' 가운데 말씀해 주세요.",
    Act.NO: "알겠어요. 필요할 때 말씀해 주세요.",
    Act.UNSURE: "괜찮아요. 무엇부터 할지 모르겠다면 '성향 알아보기'나 '시장 어때'부터 해 보세요.",
    Act.NO_ANSWER: "말씀하지 않으셔도 괜찮아요. 시세와 분석은 바로 볼 수 있어요.",
    Act.LOOK_AROUND: "편하게 둘러보세요. '삼성전자 시세', '시장 어때', '카카오 분석'은 성향 없이도 볼 수 있어요.",
    Act.NOT_THAT: "알겠어요. 그럼 무엇을 볼까요? '추천', '시세', '잔고'처럼 말씀해 주세요.",
    Act.SEND_PROPOSALS: "지금 주문할 제안이 없어요. 먼저 '추천'을 받거나 '삼성전자 10주 매수'처럼 말씀해 주세요.",
    Act.BACK: "돌아갈 이전 질문이 없어요.",
    Act.NEWS: "어느 종목이나 업종 소식이 궁금하세요? 예: '반도체 뉴스'",
    Act.ANALYSE: "어느 종목을 볼까요? 예: '삼성전자 분석', '반도체 전망'. 시장 전체는 '시장 어때'라고 해 주세요.",
}
QUOTED = "따옴표나 붙여 넣은 글은 참고만 하고 지시로 받지 않아요. 원하시는 걸 직접 한 문장으로 말씀해 주세요."
WHY_ASK = (
    "투자성향은 법(금융소비자보호법)에 따라 맞지 않는 상품을 권하지 "
    "않으려고 여쭤봐요. 답은 이 계좌의 한도를 정하는 데만 써요."
)


# Messages without words: what is said depends on what they are made of.
_WORDLESS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"^(?=.*[ㅠㅜ😭😢😥🥲💔😞😔])[ㅠㅜㅡ.!?~\s😭😢😥🥲💔😞😔]+$"),
        "속상한 일이 있으셨나요? '잔고'로 지금 상황을 같이 볼 수 있어요.",
    ),
    (re.compile(r"^(?=.*[ㅋㅎ😂🤣😆😄😊👍🙏🚀])[ㅋㅎㅇㄱ.!?~^\s😂🤣😆😄😊👍🙏🚀]+$"), "네, 듣고 있어요."),
    (re.compile(r"^(?:\d+번?|[첫두세네]번째?(?:거)?)[.!\s]*$"), "지금은 번호로 고를 것이 없어요."),
    (
        re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]"),
        "저는 한국어로만 대답할 수 있어요.",
    ),
)
TRY = "'추천', '삼성전자 시세', '잔고'처럼 말씀해 주시거나 '도움말'이라고 해 주세요."
NONSENSE = f"제가 알아듣지 못했어요. {TRY}"


async def aside(desk: Desk) -> Outcome:
    """What is not our trade, from the table."""
    text = plain(desk.reading.text).text
    found = next((row for row in table("asides")["topics"] if re.search(row["say"], text)), None)
    return says(str(found["text"]).strip() if found else NONSENSE)


async def fewer(desk: Desk) -> Outcome:
    """'너무 많아': how much less is the user's to say."""
    return Outcome(
        ask=question("supervisor", FEWER, "제안한 주문을 얼마나 줄일까요?", FEWER_OPTIONS, desk.now, optional=True)
    )


async def begin(desk: Desk) -> Outcome:
    """Somebody wants to start and says nothing else."""
    if desk.state.get("profile_version"):
        text, ways = "좋아요. 무엇부터 할까요?", ("추천 보기", "시장 보기", "잔고 보기")
    else:
        text = "좋아요. 투자성향부터 알아보면 맞는 상품만 권해 드릴 수 있어요. 질문은 최대 8개예요."
        ways = ("성향 알아보기", "시장 보기", "도움말")
    return Outcome(ask=question("supervisor", "starter", text, ways, desk.now, optional=True))


def greeting(venue: str) -> str:
    """What a conversation opens with, in three lines."""
    lines = ("안녕하세요! 국내 주식·ETF 투자를 돕는 쿼츠예요.", _VENUES.get(venue, _VENUES["sim"]), ONE_SENTENCE)
    return "\n".join(lines)


async def greet(desk: Desk) -> Outcome:
    """The whole greeting opens a conversation; a hello later is returned."""
    pending = desk.state.get("pending_question")
    if pending is not None and not pending.get("about", {}).get("optional"):
        return says("네, 안녕하세요!")
    missed = await _missed(desk)
    ways = KNOWN_STARTERS if desk.state.get("profile_version") else STARTERS
    if any(isinstance(message, AIMessage) for message in desk.state.get("messages") or []):
        real = "" if desk.who.venue == "sim" else f"{_VENUES[desk.who.venue]}\n"  # said at every opening
        asked = question("supervisor", "starter", f"{real}{HELLO_AGAIN}", ways, desk.now, optional=True)
        return Outcome(missed, ask=asked)
    asked = question("supervisor", "starter", "이렇게 시작할 수 있어요.", ways, desk.now, optional=True)
    return Outcome((block("greeting", greeting(desk.who.venue)), *missed), ask=asked)


async def _missed(desk: Desk) -> tuple[Block, ...]:
    """Alerts that came since the last look; an inbox that is silent does not keep anybody from being greeted."""
    try:
        lines = await unread_lines(desk)
    except PortUnavailable:
        return ()
    return (block("text", "\n".join(lines)),) if lines else ()


async def help_page(desk: Desk) -> Outcome:
    return says(HELP, "help")


async def explain(desk: Desk) -> Outcome:
    """A word of the trade, from the glossary; else help."""
    text = plain(desk.reading.text).text
    if re.search(r"왜물어|왜궁금|왜필요|왜알려", text):
        return says(WHY_ASK)
    for row in table("glossary")["terms"]:
        if any(word in text for word in row["words"]):
            return says(str(row["text"]).strip(), "explain")
    pending = desk.state.get("pending_question")
    if pending is not None and pending["owner"] == "user_profile" and pending["field"] in UNSURE_HELP:
        return says(UNSURE_HELP[pending["field"]])
    return says("그 말은 아직 제 설명집에 없어요. 종목이 궁금하면 '삼성전자 분석', 쓰는 법은 '도움말'이라고 해 주세요.")


async def fixed(desk: Desk) -> Outcome:
    """The fixed text of the act; nonsense when there is none."""
    reading = desk.reading
    if reading.foreign:
        return says(FOREIGN.format(name=reading.foreign[0]))
    if reading.quoted and reading.act != Act.INJECTION:
        return says(QUOTED)
    if not reading.text:
        return Outcome()
    if reading.act in TEXTS:
        return says(TEXTS[reading.act])
    wordless = next((text for pattern, text in _WORDLESS if pattern.search(reading.text)), None)
    return says(f"{wordless} {TRY}" if wordless else NONSENSE)
