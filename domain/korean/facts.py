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
from domain.korean.text import Plain
from domain.mentions import Finder
from domain.suitability import (
    AssetShare,
    Experience,
    Income,
    Item,
    Knowledge,
    LossTolerance,
    age_answer,
    asset_share_answer,
    horizon_answer,
)

SURE, LIKELY, WEAK = 95, 80, 50


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


# item -> rows of (pattern, answer, confidence, only when this item was asked); the first that matches wins.
_WORDS: dict[Item, tuple[tuple[re.Pattern[str], str, int, bool], ...]] = {
    item: tuple((re.compile(pattern), answer.value, confidence, asked) for pattern, answer, confidence, asked in rows)
    for item, rows in {
        Item.EXPERIENCE: (
            (r"(?:선물|옵션|elw|신용거래|신용매수|미수|마진|파생|레버리지etf|곱버스)(?:상품|거래|투자|매매|도|까지|랑|를|을|,|·|etf)*(?:해봤|해본|했|한적|경험|조금|하고있|해요|합니다|거래했|다뤄|까지)", Experience.DERIVATIVES, LIKELY, False),
            (r"(?:주식|펀드|etf|els)(?:투자|거래|은|는|을|도|만|좀|조금|정도|이랑|랑|매매|이나|,|펀드|etf|형)*(?:안해|해본적(?:이|은)?없|한번도|해본게없|경험(?:이|은)?없|못해|처음|초보|입문|시작한지얼마)", Experience.DEPOSITS, WEAK + 20, False),
            (r"(?:주식|펀드|etf|els)(?:투자|거래|은|는|을|를|도|만|좀|조금|정도|이랑|랑|매매|이나|,|펀드|etf|형|한|\d+년|몇년|동안|째|년차|차|넘게|이상)*(?:해봤|해본|했|하고있|해왔|경험|경력|들고있|가지고있|갖고있|보유|굴려|해요$|합니다$|년차|년째)", Experience.STOCKS, LIKELY, False),
            (r"(?:예금|적금|mmf|파킹|통장)(?:이랑|랑|하고|과|와|,|이나|적금|예금|mmf)*(?:만|밖에|정도만|위주로만|말고는|외에는|뿐)", Experience.DEPOSITS, SURE, False),
            (r"(?:투자|재테크)(?:는|은|가|를|경험)*(?:처음|해본적(?:이|은)?없|한번도|안해|없)|해본적없|해본게없|경험(?:이|은)?(?:전혀)?없|주린이|투자초보|초보|입문자|왕초보|첫투자|처음(?:이|해|시작|투자|입니|인데)", Experience.DEPOSITS, WEAK + 20, False),
            (r"선물|옵션|elw|신용|미수|파생|마진|곱버스|레버리지", Experience.DERIVATIVES, LIKELY, True),
            (r"주식|펀드|etf|els|공모주|ipo|코인도주식|상장", Experience.STOCKS, LIKELY, True),
            (r"회사채|하이일드|중간등급|중위험|일부보장|부분보장", Experience.MID_BONDS, LIKELY, True),
            (r"채권|국채|elb|국고채|우량", Experience.GOOD_BONDS, LIKELY, True),
            (r"예금|적금|예적금|mmf|저축|파킹|통장|cma|없|처음|안해|아무것도|해본적|전혀|한번도", Experience.DEPOSITS, LIKELY, True),
            (r"코인|비트|가상화폐|부동산|p2p", Experience.STOCKS, WEAK - 20, True),
        ),
        Item.KNOWLEDGE: (
            (r"(?:주식|투자|금융|경제)(?:에대해|에대해서|은|는|지식|쪽|을|를|도|상품|이|공부)*(?:전혀|하나도|아예|거의|1도|아무것도|쥐뿔도|잘)?(?:모르|몰라|모름|없어|없습|없음|문외한|초짜|깜깜)", Knowledge.VERY_LOW, LIKELY, False),
            (r"주린이|왕초보|초짜", Knowledge.VERY_LOW, LIKELY, False),
            (r"(?:전문가|증권사(?:다|에서|에다)|펀드매니저|애널리스트|금융권(?:에|종사)|cfa|투자자산운용사)", Knowledge.VERY_HIGH, LIKELY, False),
            (r"(?:주식|투자|금융|경제|상품)(?:에대해|에대해서|은|는|지식|쪽|을|를|도|상품|이|공부)*(?:꽤|잘|많이|제법)(?:알|아는|공부|이해|있)", Knowledge.HIGH, LIKELY, False),
            (r"(?:주식|투자|금융|경제|상품)(?:에대해|에대해서|은|는|지식|쪽|을|를|도|상품|이|공부)*(?:조금|약간|좀|기초|어느정도)(?:은|는|만)?(?:알|아는|공부|이해|있)", Knowledge.LOW, LIKELY, False),
            (r"(?:매우|아주|엄청|정말|진짜|완전)(?:잘|많이)|전문가|박사|빠삭|프로급|다알|모르는게없", Knowledge.VERY_HIGH, LIKELY, True),
            (r"잘모르(?!겠)|조금|약간|쪼금|좀(?:알|앎|아)|기초|보통|그냥그|중간|대충|어느정도|웬만큼|기본", Knowledge.LOW, LIKELY, True),
            (r"모르(?!겠)|몰라|모름|없|초보|하나도|전혀|문외한|까막눈|왕초보", Knowledge.VERY_LOW, LIKELY, True),
            (r"잘알|잘앎|잘아|꽤|많이|높|상급|이해하고|알만큼|제법|공부했|공부하", Knowledge.HIGH, LIKELY, True),
            (r"낮|하급", Knowledge.LOW, LIKELY, True),
        ),
        Item.INCOME: (
            (r"연금(?:이주|생활|으로생활|으로살|받아|받고|이전부|소득|수령)|은퇴(?:했|한|자(?!금)|하고|후생활)|정년퇴직|퇴직했", Income.PENSION, LIKELY, False),
            (r"월급쟁이|직장인|회사원|공무원|교사(?!육)|정규직|월급(?:은|이|받|으로|날)|회사다니|직장다니|안정적인(?:소득|수입|직장|월급)|소득(?:은|이)?(?:일정|안정|꾸준|늘)|수입(?:은|이)?(?:일정|안정|꾸준|늘)|맞벌이", Income.STEADY, LIKELY, False),
            (r"프리랜서|자영업|비정규|알바|아르바이트|계약직|일용직|백수|무직|실직|취준|취업준비|휴직|소득(?:은|이)?(?:없|불안정|들쭉|줄|일정하지|불규칙)|수입(?:은|이)?(?:없|불안정|들쭉|줄|일정하지|불규칙)|학생(?:이|인|입|이에요)|대학생", Income.UNSTABLE, LIKELY, False),
            (r"연금|은퇴|퇴직", Income.PENSION, LIKELY, True),
            (r"불안|들쭉|줄|없|불규칙|적어|감소|그때그때|변동|안정적이지|일정하지|안일정|프리", Income.UNSTABLE, LIKELY, True),
            (r"일정|안정|꾸준|늘|월급|직장|회사|고정|정기|괜찮|좋은편|많", Income.STEADY, LIKELY, True),
        ),
        Item.ASSET_SHARE: (
            (r"(?:자산|재산)(?:의|중에서?|에서|중의)?(?:한|약|거의)?(?:절반|반(?!도체|드시))", AssetShare.OVER_40, LIKELY, False),
            (r"전재산|가진돈전부|가진돈다|있는돈전부|있는돈다|모은돈전부|모은돈다|재산전부|재산다|영끌|거의전부|거의다", AssetShare.OVER_40, LIKELY, False),
            (r"여윳돈(?:의)?(?:일부|조금)|자산(?:의)?일부", AssetShare.UPTO_10, WEAK, False),
            (r"전부|다(?:예요|야|요|임|입니다|$)|절반|반(?:정도|쯤|$|이상|이요)|대부분|올인|거의", AssetShare.OVER_40, LIKELY, True),
            (r"3분의1|삼분의일|1/3", AssetShare.UPTO_40, LIKELY, True),
            (r"4분의1|사분의일|1/4", AssetShare.UPTO_30, LIKELY, True),
            (r"5분의1|오분의일|1/5", AssetShare.UPTO_20, LIKELY, True),
            (r"10분의1|십분의일|1/10|아주조금|극히일부|미미|얼마안", AssetShare.UPTO_10, LIKELY, True),
            (r"조금|일부|소액|적", AssetShare.UPTO_20, WEAK - 10, True),
        ),
        Item.LOSS_TOLERANCE: (
            (r"(?:원금|본전)(?:은|을|만|만은|이|만큼은|만이라도)?(?:손실|손해)?(?:은|이|도)?(?:꼭|반드시|절대|무조건|최대한)?(?:은|로)?(?:지켜|지키|보장|보전|까먹기싫|잃기싫|잃으면안|안돼|안까먹|못참|싫|건드리|용납|피하고|무서|두려|하나도|없었으면|없으면|없어야|보존)", LossTolerance.NONE, LIKELY, False),
            (r"(?:손실|손해|잃는|잃으면|마이너스)(?:은|는|나는|이|가|도|보는|거|건|것|나면|보면)*(?:은|는)?(?:조금도|1원도|한푼도|하나도|절대|전혀|정말|진짜|너무)?(?:로|은)?(?:싫|안돼|안됩|못참|못견|용납|무서|두려|겁|안볼|안보고|없었으면|없으면|없어야)|(?:한푼|1원|십원)도(?:잃|손해|손실)|안잃는게|잃고싶지않|잃기싫|손해보기(?:는)?싫", LossTolerance.NONE, LIKELY, False),
            (r"(?:손실|손해|잃어도|마이너스|원금)(?:은|는|이|나도|봐도|나는건|보는건|까먹어도)*(?:얼마든|전혀)?(?:상관없|무관|신경안|괜찮으니고수익|감수할게수익|얼마든지|개의치)|다잃어도|반토막(?:나도|이어도|도)(?:괜찮|상관|버)|고위험고수익|하이리스크하이리턴|리스크(?:는)?상관없|수익만높|크게잃어도|큰손실도", LossTolerance.ANY, LIKELY, False),
            (r"(?:손실|손해|마이너스|잃어도|잃는)(?:은|는|이|나도|나는건|봐도|건|것은)*(?:조금|약간|최소|살짝|아주조금)", LossTolerance.MINIMAL, LIKELY, False),
            (r"(?:손실|손해|마이너스|잃어도|잃는)(?:은|는|이|나도|나는건|봐도|건|것은)*(?:어느정도|적당히|웬만|보통)", LossTolerance.SOME, LIKELY, False),
            (r"안전(?:하게|한(?:곳|데|거|것|투자|상품)|위주|지향|제일|이최고)|보수적(?:으로|인투자)|안정적(?:으로|인(?:투자|수익|상품|걸|거))", LossTolerance.MINIMAL, WEAK + 20, False),
            (r"상관없|얼마든|다잃|무관|크게|많이|고수익|괜찮아다|큰손실|반토막|신경안|무제한|끝까지", LossTolerance.ANY, LIKELY, True),
            (r"최소|조금|약간|살짝|쪼금|작은|적은|적게", LossTolerance.MINIMAL, LIKELY, True),
            (r"어느정도|적당|웬만|보통|중간|괜찮|감수|감내", LossTolerance.SOME, LIKELY, True),
            (r"지켜|지키|싫|안돼|안됩|못|무서|0%|0퍼|없|절대|원금|보장|보전|안잃", LossTolerance.NONE, LIKELY, True),
        ),
    }.items()
}  # fmt: skip

_WISHES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("momentum", re.compile(r"급등주|테마주|작전주|떡상|따상|대박|한방|상한가|단타|급등|세력주|텐배거|\d배|두배|세배|몇배")),
    ("geared", re.compile(r"레버리지(?!etf(?:는|도)?(?:안|빼|제외|싫))|인버스|곱버스|2배etf|신용(?:으로|매수)|미수|빚내|대출(?:받|로|해)|영끌|빚투")),
    ("aggressive", re.compile(r"공격적|공격형|고수익|하이리턴|화끈|크게(?:먹|벌|한번)|적극적(?:으로|인|투자)|빡세게|세게가|올인|몰빵")),
    ("guaranteed", re.compile(r"원금(?:은|을|이|만|도)?(?:꼭|반드시|무조건|절대)?(?:보장|보전|지켜)|손실(?:은|이)?(?:절대|전혀)?(?:없|싫|안돼|0)|안전한(?:데|곳|거|것|상품|투자)(?:만|으로|에)|보장|안잃|확정(?:수익|금리)|원금손실(?:은)?싫")),
)  # fmt: skip
_NOT_WISHED = re.compile(r"(?:싫|말고|빼|제외|안(?:할|해|하고|돼)|무서|겁나|관심없|아니|피하|바라지|보다는|없어도)")

_OF_ASSETS = re.compile(r"(?:자산|재산)(?:의|중에서?|에서|중의)?(?:한|약)?\d{1,3}(?:%|퍼|프로)")
_MONTHLY = re.compile(r"(?:매달|매월|다달이|월급에서|월마다|한달에|적립|월)$")
_CAPITAL_NOT = re.compile(
    r"^(?:어치|짜리|(?:정도)?(?:벌|잃|손해|날렸|이득|수익|먹|받|빚|대출|월급|연봉)|이되|까지(?:오르|떨어|가)|에(?:사|팔|매)|넘으|밑으로)"
)
_NOT_CAPITAL_BEFORE = re.compile(
    r"(?:월급|연봉|소득|수입|급여|연금|빚|대출|전세|보증금|집값|생활비|주가|수익|손실|손해|목표(?:금액)?)(?:은|는|이|가|으로|을)?(?:한|약|대략)?$"
)
_LOSS_BEFORE = re.compile(r"(?:손실|손해|잃|까먹|날려도|마이너스)(?:은|는|을|도)?(?:최대|많아야)?(?:한|약)?$")
_LOSS_AFTER = re.compile(r"^(?:정도|까지)?(?:는|은|만)?(?:손실|손해|잃|까먹|날려)")

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
    horizon = None if order else periods.horizon(plain)
    if horizon is not None and asked not in (Item.EXPERIENCE, Item.AGE, Item.KNOWLEDGE):
        _put(answers, Item.HORIZON, horizon_answer(horizon.value).value, text, horizon)
    share = percents.bare(plain) if asked == Item.ASSET_SHARE or _OF_ASSETS.search(plain) else None
    if share is not None:
        _put(answers, Item.ASSET_SHARE, asset_share_answer(min(100, -(-share.value // 100))).value, text, share)
    loss = None if asked == Item.ASSET_SHARE else percents.loss(plain, asked=asked == Item.LOSS_TOLERANCE)
    for item, rows in _WORDS.items():
        if item.value not in answers and not (order and item.value != asked):
            _match(answers, item, rows, text, asked)
    if loss is not None:
        _put(answers, Item.LOSS_TOLERANCE, _loss_band(loss.value).value, text, loss, LIKELY)
    capital, upper, monthly = (None, None, None) if order else _money(text, asked)
    preferred, excluded, mentioned = sectors(text.source, asked=asked is not None)
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


def _match(
    answers: dict[str, FactAnswer],
    item: Item,
    rows: tuple[tuple[re.Pattern[str], str, int, bool], ...],
    text: Plain,
    asked: str | None,
) -> None:
    for pattern, value, confidence, only_asked in rows:
        if only_asked and asked != item.value:
            continue
        if hit := pattern.search(text.text):
            answers[item.value] = FactAnswer(
                value,
                text.span(hit.start(), hit.end()),
                max(confidence, LIKELY) if asked == item.value and confidence >= WEAK else confidence,
            )
            return


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
    if capital is None and asked == "capital_krw":
        bare = re.fullmatch(r"(?:한|약|대략)?([\d,]{5,15})(?:정도|쯤|요|이요|입니다)?", text.text)
        capital = int(bare[1].replace(",", "")) if bare and bare[1].replace(",", "").isdigit() else None
    return capital or None, upper, monthly


def _corrects(before: str) -> bool:
    """'2천 아니 3천만원': what comes after the correction counts."""
    return re.search(r"(?:아니|아냐|말고|아니라|정정)[,.!]*$", before) is not None
