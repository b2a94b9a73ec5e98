"""Short answers: yes, no, don't know, the second one.

Contract: only whole short messages count as yes or no; a label, its beginning, or its number picks an option. None means "this
was no answer to that question", and then the text is read for what else it may be.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.korean.numbers import ordinal, whole

_FILLER = re.compile(r"^(?:음+|흠+|어+|아+|그+|저+|글쎄요?|뭐|일단|그럼|그러면|에이|ㅎ+|ㅋ+|[~….,!?^;:)\-]+)+")
_TAIL = re.compile(r"[~….,!?^ㅋㅎㅠㅜ;:)\]♡❤]+$")
_YES = re.compile(
    r"^(?:👍|👌|🙆|⭕|✅|🆗|그렇소|그럽시다|그리합시다|맞소|좋소|옳소|그라제|하모|그려|암만|맞다(?:고|니까)|그러(?:자|죠|지|시오|세요|든가|던가)|그래요|합시다|하입시다|네+|넵+|넹+|예+|옙+|응+|웅+|엉|어+|ㅇㅇ+|ㅇ|ㅇㅋ|ㅔ|그래(?:요|그럼|좋아)?|그렇(?:죠|지|습니다|네요|게해(?:줘|주세요)?|게하(?:자|죠))|그럼요?|맞(?:아|아요|습니다|네요|음|지|죠|다|어|어요)|ㅁㅈ|좋(?:아|아요|습니다|지|네|네요|죠|다)|"
    r"오케이|오키|오키도키|콜|당연(?:하지|히|하죠)?|물론(?:이지|이죠)?|동의(?:해|합니다|해요)?|확인(?:했어|했어요|했습니다|요)?|할래|할게|할게요|해줘|해주세요|해요|해|하자|하죠|ㄱㄱ|고고|가자|진행(?:해|해줘|해주세요|시켜)?|이어(?:서|갈게|줘|가)?|이어서주문|계속(?:해|할게|해줘)?|"
    r"ok(?:ay)?|yes|yep|yeah|yup|sure|y|right|correct|그거|그걸로|이걸로|이대로|그대로|정확해|정확합니다|완벽해|완벽)+(?:요|용|여|염|네|입니다|그래요|그렇게|부탁해|부탁해요|부탁드려요|해줘|해주세요|맞아|맞아요|좋아|좋아요)*$"
)
_NO = re.compile(
    r"^(?:👎|🙅|❌|아니오|아이다|아니라예|아녀|됐고|됐다|아니+(?:요|오|야|에요|예요|네|지)?|아뇨+|아냐|아님|노+|ㄴㄴ+|ㄴ|싫(?:어|어요|습니다|음|다)|안(?:해|할래|할게|돼|됩니다|함|해요|할게요)|됐(?:어|어요|습니다|고|음)|괜찮(?:아요|습니다)(?:안)?|필요없(?:어|어요|음)|나중에(?:할게|요|해)?|다음에(?:할게|요)?|"
    r"그만(?:할래|할게|해|둘래)?|하지마|하지말(?:자|아줘)|틀려|틀렸(?:어|어요)|아니다|관둘래|관둬|취소(?:해|할게|해줘)?|보류|패스|고칠래(?:요)?|고쳐|고칠게(?:요)?|수정(?:할래|할게|해)?|바꿀래|다시할래|no|nope|nah|n|not?now|later)+(?:요|용|여|염)*$"
)
_UNSURE = re.compile(
    r"글쎄|모르겠|몰라|모름|모른다|모릅니다|모르|잘모|애매|고민|생각(?:해|좀|중|안해)|어렵|헷갈|아무거나|상관없|알아서|대충|not?sure|dunno|don'?tknow|idk|ㅁㄹ|ㅁ?ㄹㄱㅆ|뭐가좋|추천하는걸로|^음+$|^흠+$|보통은|다들|몇"
)
_THAT = re.compile(r"^(?:그거|그걸로|그것|이거|이걸로|그게|첫번째거)(?:요|로|할게|할래|해줘|해)?$")


_SAID_SO = 0.6  # share of the pairs of letters that a label has in common with what was said
_REFUSES = re.compile(r"싫|말고|말아|않|안[하할해돼되받낮늘섞줄]|못|빼|아니|그만|왜|뭐|어떻|얼마|[?]")
_LEAD = re.compile(r"^(?:아니야?|아뇨|그냥|걍|그럼|그러면|나는|저는|난|전|음+|일단|에이)+[,.!~]*")
_EXCEPT = re.compile(r"빼고|빼구|빼줘|말고|제외")


def strip_filler(text: str) -> str:
    """'음.. 그럼 네ㅎㅎ' → '네'; never empties a text."""
    bare = _TAIL.sub("", text)
    stripped = _FILLER.sub("", bare)
    return stripped or bare or text


def is_yes(text: str) -> bool:
    return bool(_YES.match(strip_filler(text)) or _YES.match(_TAIL.sub("", text)))


def is_no(text: str) -> bool:
    return bool(_NO.match(strip_filler(text)) or _NO.match(_TAIL.sub("", text)))


def is_unsure(text: str) -> bool:
    """'글쎄', '잘 모르겠어', 'ㅁㄹ'."""
    return len(text) <= 24 and bool(_UNSURE.search(text))


def choose(text: str, options: Sequence[str]) -> int | None:
    """Index of the option that plain text picks by its number or its whole label."""
    if not options:
        return None
    if _EXCEPT.search(text):
        return None  # "2번 빼고" picks the others, not this one
    number = ordinal(text) or ordinal(_LEAD.sub("", text))
    if number is None and len(text) <= 4:
        number = whole(_TAIL.sub("", text).removesuffix("번")) if text[:1].isdigit() else None
    if number is not None and (number == -1 or 1 <= number <= len(options)):
        return len(options) - 1 if number == -1 else number - 1
    return label_of(text, options)


def label_of(text: str, options: Sequence[str]) -> int | None:
    """Index of the option whose whole label plain text is: what a button sends."""
    labels = [_bare(option) for option in options]
    said = next((each for each in (_bare(text), _bare(strip_filler(text))) if each in labels), None)
    return None if said is None else labels.index(said)


def choose_loosely(text: str, options: Sequence[str]) -> int | None:
    """Index of the option of which plain text says a clear part; numbers alone are no clear part ('1년' begins two)."""
    labels = [_bare(option) for option in options]
    said = _bare(strip_filler(text))
    if len(said) < 2 or re.fullmatch(r"[\d년개월세대주원만천백]+", said):
        return None
    stems = [
        at for at, label in enumerate(labels) if len(label) >= 2 and (said.startswith(label) or label.startswith(said))
    ]
    if len(stems) == 1:
        return stems[0]
    inside = [at for at, label in enumerate(labels) if len(said) >= 3 and said in label]
    return inside[0] if len(inside) == 1 else None


def choose_by_wording(text: str, options: Sequence[str]) -> int | None:
    """Index of the long option that plain text says in its own words: '주식 비중 낮추기'. A refusal picks nothing."""
    said = _bare(strip_filler(text))
    if len(said) < 4 or _REFUSES.search(said):
        return None
    pairs = {said[at : at + 2] for at in range(len(said) - 1)}
    shares = [sum(pair in _bare(option) for pair in pairs) / len(pairs) for option in options]
    ranked = sorted(range(len(options)), key=lambda at: -shares[at])
    if not ranked or shares[ranked[0]] < _SAID_SO:
        return None
    return ranked[0] if len(ranked) == 1 or shares[ranked[1]] <= shares[ranked[0]] / 2 else None


def means_that_one(text: str) -> bool:
    """'그거', '그걸로': picks only where there is one thing to pick."""
    return bool(_THAT.match(strip_filler(text)))


def _bare(label: str) -> str:
    return re.sub(r"[\s.,·~%()\[\]!?]", "", label).lower()
