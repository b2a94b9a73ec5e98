"""Words that would promise a return: no sentence that holds one leaves the program, whoever wrote it. Pure.

Contract: saying that nothing is guaranteed is allowed; the list is the lexicon that the tests read.
"""

from __future__ import annotations

import re

_PARTS = (
    # the principal, a return or a loss made good
    r"원금\s*(?:을|은|이)?\s*보장(?:해|합|한다|돼요|됩|된다|되어|되는\s*상품이에요)|원금\s*보장(?:형)?\s*(?:고수익|수익|투자처|이에요|예요|입니다)",
    r"(?:수익|이익|수익률)\s*(?:을|은|이|를)?\s*보장(?:해|합|한다|돼요|됩|된다)|확정\s*(?:수익|이익)|확실한\s*(?:수익|이익|상승)",
    r"손실\s*(?:은|이)?\s*없(?:어요|습니다|다고)|(?:손실|손해|원금)\S{0,6}\s*(?:[가-힣]+\s*)?전액\s*(?:보상|보전)",
    r"절대\s*(?:로\s*)?(?:떨어지지|손해|손실|잃지|안\s*(?:떨어|잃))",
    # a rise that must come
    r"무조건\s*(?:오르|오를|올라|수익|벌|이익|이득|상승|사야|성공)",
    r"반드시\s*(?:오르|오를|올라|수익|벌|상승|상한가|이익|이득)|확실히\s*(?:오르|오를|올라|벌|수익|상승)",
    r"100\s*%\s*(?:수익|오르|확실|보장|안전|성공)|(?:급등|상한가|따상)\s*(?:이|은)?\s*확정|대박|목표\s*수익률",
    r"guaranteed|risk[\s-]?free",
)
PROMISE = re.compile("|".join(f"(?:{part})" for part in _PARTS), re.IGNORECASE)
