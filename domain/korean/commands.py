"""Words by which a text gives orders to a program instead of telling a reader something. Pure.

Contract: `commands(text)` is True for texts that speak to an assistant, name its instructions, approvals, limits or
secrets, hold an address, or look like a program's own message. It is one guard more, not the one that holds: text from
outside cannot reach a plan, a limit or an approval whatever it says. What is caught is set aside and counted; a real
headline is caught rarely (none of the four hundred that the tests read). Take invisible signs out first.
"""

from __future__ import annotations

import re

_DO = r"(?:하라(?!\s?법)|해라|하십시오|하세요|내라|내주세요|해\s*주세요|해야\s*한다|할\s*것)"
_PARTS = (
    # who is spoken to, and as what it speaks
    r"(?:이전|앞선|위의|기존)\s*(?:지시|명령|프롬프트)",
    rf"(?:지시|명령|규칙)\S{{0,3}}\s*(?:모두\s*)?(?:무시|따르|어기|실행)\S{{0,3}}\s*{_DO}?|지시문|지시입니다|매매\s*지시|주문\s*지시",
    r"시스템\s*(?:프롬프트|메시지)|시스템\s*:|개발자\s*모드|역할극|나는\s*관리자|관리자(?:다|입니다)|규칙이\s*없는|너(?:는|의)\s",
    rf"(?:AI|모델|프로그램|시스템|비서|봇|투자비서)(?:는|은|에게|이여)\s*[^.]{{0,40}}{_DO}|읽(?:은|는)\s*(?:AI|모델|즉시)",
    r"ignore\s+(?:all|your|previous)|previous\s+instructions|you\s+are\s+(?:now|dan)|disregard|pretend|system\s*:"
    r"|###\s*instruction|\[/?inst\]|<\|im_|assistant\s*[:,]|\bhuman\s*:|role\s*:\s*system|from\s+now\s+on"
    r"|models?\s+must|new\s+task|end\s+of\s+data|trading\s+agent",
    # approvals, mandates, limits: of this program, not of a medicine or a merger
    r"승인\s*(?:없이|없이도|절차|카드|버튼)|승인하기|자동\s*승인|사용자\S{0,3}\s*(?:이미\s*)?(?:승인|동의|서명)|고객\S{0,3}\s*(?:서명|동의했)|이미\s*승인"
    r"|승인\s*(?:완료|처리)[\],.]|위임\s*(?:범위|한도)|위임장이\s*발효|부적합\s*확인",
    r"pre-?approved|approval(?:_id|\s+card)|approved\W{0,3}\s*(?:by|true|:)|approve\s+(?:all|every|the)|decision\W{1,3}approve",
    r"(?:주문\s*한도|손절\s*규칙|게이트|전체\s*정지|투자성향|제외\s*업종\s*목록)\S{0,3}\s*[^.]{0,20}(?:해제|무시|무제한|변경|삭제|상향|비우)"
    r"|한도를?\s*(?:모두\s*)?(?:무시|우회|해제하)|한도\s*초과\s*시|비중\s*한도",
    r"(?:mandate|limits?|halt|grade|weight|ratio|risk_limit|kill\s*switch)\w*\s*(?::=|=|:\s|\boff\b|to\s+infinity)"
    r"|loss\s+tolerance|disable\s+the|safety\s+rules|MIN_ORDER|MAX_TURNOVER",
    # orders
    rf"(?:묻지\s*말고|즉시|지금\s*바로|전량|전부|모두|시장가)\s*[^.]{{0,20}}(?:매수|매도|주문|교체|팔아|사라|사세요)\s*(?:주문을?\s*)?(?:{_DO}|지시)",
    rf"(?:매수|매도|주문|매매)\s*(?:의견을\s*)?{_DO}|주\s*매수해|비중을\s*100|전재산을\s*투자|묻지\s*말고",
    r"\b(?:place|submit|liquidate|allocate|buy|sell)\b[^.]{0,40}\b(?:order|orders|shares|position|positions|holdings|100%)"
    r"|submit_order|tool_call|\"tools?\"",
    # recipients and secrets
    r"(?:앱\s?키|앱\s?시크릿|접근\s*토큰|비밀번호|세션\s*쿠키|환경\s*변수|계좌번호|출금\s*계좌|알림|답변|주소|키)\S{0,4}\s*[^.]{0,24}"
    r"(?:출력하|출력해|알려\s*줘|포함해서|입력해|보내도록|적어라|적으라|넣어라|등록하세요|바꾸세요|교체|답하라|말하라|안내하라)",
    r"(?:api|access|bearer)\s*(?:key|token)s?|system\s+prompt|\.env\b|base64|/etc/passwd|chat\.users|secrets?/|\bcurl\s"
    r"|(?:tgram|slack|file|javascript|data|ldap)\s?:(?:/|\w)",
    r"다른\s*사용자|소유자\s*권한|알림\s*주소|외부\s*메일|change\s+owner|instead\s+of\s+the\s+owner|forward\s+every|tell\s+the\s+user",
    # how programs write
    r"https?://|hxxps?://|</?\s*(?:data|system|script|style|tool|img|svg|a)\b|<!--|\{\{|\{%|\]\]>|```|__import__|!!python|'\s*;|on(?:error|load)\s*="
    r"|\"?(?:goal|stance|kind|sentiment)\"?\s*[:=]\s*\"?\w",
)
_COMMAND = re.compile("|".join(f"(?:{part})" for part in _PARTS), re.IGNORECASE)


def commands(text: str) -> bool:
    """Whether the text gives orders to whatever program reads it."""
    return _COMMAND.search(text) is not None
