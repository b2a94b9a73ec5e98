"""Reads a person's circumstances out of a sentence: the seven answers, money, sectors, what they wish for.

Contract: every answer is a key of the closed set with the user's own words and a confidence in percent; a bare number or a
short word answers only the item that was asked (`asked`). Nothing is inferred that the words do not say. Plain text in, values out.
Does not score and does not judge contradictions.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from domain.instruments import SECTORS
from domain.korean import percents, periods, quantities
from domain.korean.circumstances import answer_in, rows
from domain.korean.text import Plain
from domain.mentions import Finder
from domain.money import parse_bare_won
from domain.suitability import Item, LossTolerance, age_answer, asset_share_answer, horizon_answer

SURE, LIKELY = 95, 80


@dataclass(frozen=True, slots=True)
class FactAnswer:
    """An answer from the item's closed set, the words it was read from, percent of confidence."""

    value: str
    quote: str
    confidence: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence says about its writer; None and empty where it says nothing."""

    answers: dict[str, FactAnswer] = field(default_factory=dict)
    capital_krw: int | None = None
    capital_upper: int | None = None  # a range's upper end
    monthly_krw: int | None = None
    horizon_months: int | None = None
    max_loss_bps: int | None = None
    preferred: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()  # all mentioned
    wishes: tuple[str, ...] = ()
    gain_bps: int | None = None
    age_years: int | None = None

    def any(self) -> bool:
        """Whether there is something to put into a profile (a bare sector is not enough)."""
        return bool(
            self.answers or self.preferred or self.excluded or self.wishes
            or (self.capital_krw, self.monthly_krw, self.horizon_months, self.max_loss_bps) != (None,) * 4
        )  # fmt: skip


_WISHES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("momentum", re.compile(r"급등주|테마주|작전주|떡상|따상|대박|한방|상한가|단타|급등|세력주|텐배거|\d배|두배|세배|몇배")),
    ("geared", re.compile(r"레버리지(?!etf(?:는|도)?(?:안|빼|제외|싫))|인버스|곱버스|2배etf|신용(?:으로|매수)|미수|빚내|대출(?:받|로|해)|영끌|빚투")),
    ("aggressive", re.compile(r"공격적|공격형|고수익|하이리턴|화끈|크게(?:먹|벌|한번)|적극적(?:으로|인|투자)|빡세게|세게가|올인|몰빵")),
    ("guaranteed", re.compile(r"원금(?:은|을|이|만|도)?(?:꼭|반드시|무조건|절대)?(?:보장|보전|지켜)|손실(?:은|이)?(?:절대|전혀)?(?:없|싫|안돼|0)|안전한(?:데|곳|거|것|상품|투자)(?:만|으로|에)|보장|안잃|확정(?:수익|금리)|원금손실(?:은)?싫")),
)  # fmt: skip
_NOT_WISHED = re.compile(r"(?:싫|말고|빼|제외|안(?:할|해|하고|돼)|무서|겁나|관심없|아니|피하|바라지|보다는|없어도)")

_OF_ASSETS = re.compile(
    r"(?:자산|재산|전체돈|가진돈|모은돈|있는돈|총재산|전체)(?:의|중에서?|에서|중의)?(?:한|약|대략)?(?:\d{1,3}|[이삼사오육칠팔구]?십[일이삼사오육칠팔구]?)(?:%|퍼|프로)"
)
_MONTHLY = re.compile(r"(?:매달|매월|다달이|월급에서|월마다|한달에|적립|월)$")
_CAPITAL_NOT = re.compile(
    r"^(?:어치|짜리|(?:정도)?(?:벌|잃|손해|날렸|이득|수익|먹|받|빚|대출|월급|연봉)|이되|까지(?:오르|떨어|가)|에(?:사|팔|매)|넘으|밑으로)"
)
_NOT_CAPITAL_BEFORE = re.compile(
    r"(?:월급|연봉|소득|수입|급여|연금|빚|대출|전세|보증금|집값|생활비|주가|수익|손실|손해|목표(?:금액)?)(?:은|는|이|가|으로|을)?(?:한|약|대략)?$"
)
_LOSS_BEFORE = re.compile(r"(?:손실|손해|잃|까먹|날려도|마이너스)(?:은|는|을|도)?(?:최대|많아야)?(?:한|약)?$")
_LOSS_AFTER = re.compile(r"^(?:정도|까지)?(?:는|은|만)?(?:손실|손해|잃|까먹|날려)")

_SHORT_RANGE = re.compile(r"(\d+)\s*(?:~|-|에서)\s*(\d+)\s*([천백])")
_OTHER_NUMBER = re.compile(r"\d+(?:번|살|세|대|년|개월|달|일|주|%|퍼|프로|시)|마이너스|마통|빚|대출|월급|연봉")
_CASUAL = r"(?P<n>[일이삼사오육칠팔구\d]?천[일이삼사오육칠팔구\d]?백?|[일이삼사오육칠팔구\d]백(?:오십)?|\d{2,4})"
_PURSE = re.compile(
    rf"(?:(?P<monthly>매달|매월|다달이|한달에|월)|돈|자금|현금|투자금|종잣돈|시드|시드머니|여윳돈|여유돈|퇴직금|목돈|예산|모은거|모은돈)(?:은|는|이|가|으로|로|도|만|에)?(?:한|약|대략|딱)?{_CASUAL}"
    rf"(?=$|[,.!]|씩|정도|쯤|있|넣|투자|굴|모|으로|로|을|를|가지고|갖고|인데|이고|이에요|예요|·)".replace(
        "(?=", "(?!만|억|원|주|%|퍼|프로|년|개월|달|살|세|대|일|명|번|시)(?=", 1
    )
)

_SECTORS = Finder({alias: sector for sector, aliases in SECTORS.items() for alias in aliases}, lenient=True)
_AVOID = re.compile(
    r"^(?:주식|종목|관련주|관련|업종|섹터|쪽|주|분야|테마|같은|거|것|건|걸|데|etf|ETF|은|는|이|가|을|를|도|만|랑|로|으로|에|에는|엔|좀|다|전부|모두|절대|정말|진짜|그런|투자|하고|더|아주|너무|앞으로|앞으론|이제|이제부터|다음부터|아예|꼭|,|·|\s)*"
    r"(?:빼|뺐|뺄|제외|말고|말구|싫|시러|안(?:하|할|해|사|살|좋아|넣|담|돼|되|들|땡)|피하|피해|노노|금지|별로|관심(?:이|은|도)?없|넣지|사지|담지|하지마|하지말|하기싫|사기싫|제끼|거르|무서|no\b|아니고|아닌|비추|패스|극혐|ㄴㄴ|못믿|불안)",
    re.I,
)
_LINK = re.compile(r"^(?:주|관련주|쪽|업종|섹터|랑|이랑|하고|과|와|,|·|/|및|그리고|도|나|이나|또는|주식|종목|\s)*$")
_LIKE = re.compile(
    r"위주|중심|좋아|관심|선호|하고싶|투자|가고싶|로가|으로가|담고|넣고|밀|믿|유망|쪽(?:으로|이|에|을)|(?:으)?로(?:하|해|가|굴|만|좀|운|부)|만(?:하|해|사|담|으로)|사고싶|집중|몰빵|올인|원해|희망|괜찮을|추천"
)


def facts_in(text: Plain, today: date, *, asked: str | None = None, order: bool = False) -> Facts:
    """Everything the sentence says; `order` means its amounts belong to an order, not to the person's purse."""
    plain = text.text
    answers: dict[str, FactAnswer] = {}
    age = periods.age(plain, today, asked=asked == Item.AGE)
    if age is not None:
        _put(answers, Item.AGE, age_answer(age.value).value, text, age)
    horizon = None if order else periods.horizon(plain, today)
    if horizon is not None and (
        asked not in (Item.EXPERIENCE, Item.AGE, Item.KNOWLEDGE) or periods.ahead(plain, horizon)
    ):
        _put(answers, Item.HORIZON, horizon_answer(horizon.value).value, text, horizon)
    share = percents.share(plain) if asked == Item.ASSET_SHARE or _OF_ASSETS.search(plain) else None
    if share is not None:
        _put(answers, Item.ASSET_SHARE, asset_share_answer(min(100, -(-share.value // 100))).value, text, share)
    loss = None if asked == Item.ASSET_SHARE else percents.loss(plain, asked=asked == Item.LOSS_TOLERANCE)
    for item in rows():
        if item.value not in answers and not (order and item.value != asked):
            said = answer_in(item, text, asked=asked == item.value)
            if said is not None:
                answers[item.value] = FactAnswer(said.value, said.quote, said.sure)
    if loss is not None:
        _put(answers, Item.LOSS_TOLERANCE, _loss_band(loss.value).value, text, loss, LIKELY)
    capital, upper, monthly = (None, None, None) if order else _money(text, asked)
    preferred, excluded, mentioned = sectors(text.source, asked=asked is not None or bool(capital or monthly))
    wishes = tuple(
        key
        for key, pattern in _WISHES
        if (hit := pattern.search(plain)) and not _NOT_WISHED.match(plain[hit.end() : hit.end() + 6])
    )
    gain = percents.gain(plain)
    return Facts(
        answers=answers,
        capital_krw=capital,
        capital_upper=upper,
        monthly_krw=monthly,
        horizon_months=None if horizon is None or Item.HORIZON.value not in answers else horizon.value,
        max_loss_bps=None if loss is None else loss.value,
        preferred=preferred,
        excluded=excluded,
        sectors=mentioned,
        wishes=wishes,
        gain_bps=None if gain is None else gain.value,
        age_years=None if age is None else age.value,
    )


def sectors(source: str, *, asked: bool = False) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(preferred, excluded, all mentioned): '바이오랑 게임은 빼고 반도체 위주' → (반도체,), (바이오, 게임), all three."""
    found = [m for m in _SECTORS.find(source) if not _is_product(source, m.start, m.end)]
    avoided: list[bool] = [bool(_AVOID.match(source[m.end : m.end + 24])) for m in found]
    for at in range(len(found) - 2, -1, -1):
        between = source[found[at].end : found[at + 1].start]
        if avoided[at + 1] and _LINK.match(between):
            avoided[at] = True
    excluded = tuple(dict.fromkeys(m.value for m, no in zip(found, avoided, strict=True) if no))
    liked = _LIKE.search(source.replace(" ", "")) is not None or asked
    wanted = tuple(
        dict.fromkeys(m.value for m, no in zip(found, avoided, strict=True) if not no and m.value not in excluded)
    )
    return (wanted if liked else ()), excluded, tuple(dict.fromkeys(m.value for m in found))


def _is_product(source: str, start: int, end: int) -> bool:
    """'예금만 해봤어요', '채권 해본 적' speak of the past, 'KODEX 반도체' of one product."""
    word, behind = source[start:end], source[end : end + 12].replace(" ", "")
    before = source[max(0, start - 8) : start].upper()
    if any(brand in before for brand in ("KODEX", "TIGER", "코덱스", "타이거", "RISE", "ACE", "PLUS")):
        return True
    past = re.search(r"해봤|해본|했|만\b|밖에|경험|뿐", behind) is not None
    return word in ("예금", "MMF", "mmf", "채권", "파킹", "안전자산") and (past or word in ("예금", "파킹"))


def _put(
    answers: dict[str, FactAnswer],
    item: Item,
    value: str,
    text: Plain,
    found: periods.Found,
    confidence: int | None = None,
) -> None:
    answers[item.value] = FactAnswer(
        value, text.span(found.start, found.end), confidence or (SURE if found.sure else LIKELY)
    )


def _loss_band(hundredths: int) -> LossTolerance:
    """A judgement read back to the user: 0 % none, up to 10 % minimal, up to 30 % some, above any."""
    bounds = ((0, LossTolerance.NONE), (1_000, LossTolerance.MINIMAL), (3_000, LossTolerance.SOME))
    return next((band for upper, band in bounds if hundredths <= upper), LossTolerance.ANY)


def _money(text: Plain, asked: str | None) -> tuple[int | None, int | None, int | None]:
    capital = upper = monthly = None
    for mention, start, end in quantities.mentions(text):
        before, behind = text.text[:start], text.text[end:]
        if _NOT_CAPITAL_BEFORE.search(before) or _LOSS_BEFORE.search(before) or _LOSS_AFTER.match(behind):
            continue
        if mention.monthly or _MONTHLY.search(before):
            monthly = mention.amount if monthly is None else monthly
        elif not _CAPITAL_NOT.match(behind) and (capital is None or _corrects(before)):
            capital, upper = mention.amount, mention.upper
    if capital is None and monthly is None:
        return _casual(text, asked)
    return capital or None, upper, monthly


def _casual(text: Plain, asked: str | None) -> tuple[int | None, int | None, int | None]:
    """'오백', '2천', '돈 500 있는데', '월 30씩': amounts whose 만원 goes without saying."""
    said = _SHORT_RANGE.sub(r"\1\3", text.source)
    if asked == "capital_krw" and len(text.text) <= 24 and not _OTHER_NUMBER.search(text.text):
        found = parse_bare_won(said)
    else:
        hit = _PURSE.search(text.text)
        found = parse_bare_won(hit["n"]) if hit else []
        if found and hit and hit["monthly"]:
            return None, None, found[0].amount
    if not found or (found[0].amount < 100_000 and asked != "capital_krw"):
        return None, None, None
    return (None, None, found[0].amount) if found[0].monthly else (found[0].amount, None, None)


def _corrects(before: str) -> bool:
    """'2천 아니 3천만원': what comes after the correction counts."""
    return re.search(r"(?:아니|아냐|말고|아니라|정정)[,.!]*$", before) is not None
