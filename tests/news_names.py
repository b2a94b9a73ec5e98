"""A small list of listed names for tests of the matcher: facts that are written down here, not read from a file."""

from __future__ import annotations

from domain.news.listing import Listed, Listing, Size, product_of

NAMES = """
005930 삼성전자|005935 삼성전자우|000660 SK하이닉스|373220 LG에너지솔루션|006400 삼성SDI
207940 삼성바이오로직스|005380 현대차|000270 기아|035420 NAVER|035720 카카오|005490 POSCO홀딩스
003670 포스코퓨처엠|066570 LG전자|003550 LG|034730 SK|015760 한국전력|051600 한전KPS|012330 현대모비스
250060 모비스|001680 대상|228670 레이|053620 태양|000950 전방|376930 노을|079370 제우스|095610 테스
039030 이오테크닉스|042700 한미반도체|003850 보령|271560 오리온|000150 두산|034020 두산에너빌리티|000880 한화
012450 한화에어로스페이스|030200 KT|033780 KT&G|036570 NC|352820 하이브|004170 신세계|139480 이마트
259960 크래프톤|251270 넷마블|225570 넥슨게임즈|066970 엘앤에프|051900 LG생활건강|028260 삼성물산
010120 LS ELECTRIC|006800 미래에셋증권|016360 삼성증권|039490 키움증권|005940 NH투자증권|001500 현대차증권
001200 유진투자증권|082640 동양생명|001520 동양|068270 셀트리온|086520 에코프로|247540 에코프로비엠
041510 에스엠|278470 에이피알|294870 IPARK현대산업개발|082850 우리바이오
"""
FUNDS = "069500 KODEX 200|360750 TIGER 미국S&P500|423920 TIGER 미국필라델피아반도체레버리지(합성)|148020 RISE 200"


def small_listing() -> Listing:
    """Some sixty names of KOSPI and KOSDAQ, all of them counted as large."""
    rows = []
    for group, text in (("ST", NAMES), ("EF", FUNDS)):
        for entry in text.replace("\n", "|").split("|"):
            code, _, name = entry.partition(" ")
            if code:
                rows.append(Listed(code, name, "KOSPI", Size.LARGE, product_of(group, code, name)))
    return Listing(rows, "2026-07-24")
