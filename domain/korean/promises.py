"""Words that would promise a return: no sentence that holds one leaves the program, whoever wrote it. Pure.

Contract: saying that nothing is guaranteed is allowed; the list is the lexicon that the tests read.
"""

from __future__ import annotations

import re

PROMISE = re.compile(
    r"원금\s*(?:을|은|이)?\s*보장(?:해|합|돼요|됩|되어|되는\s*상품이에요)|(?:수익|이익)\s*(?:을|은|이)?\s*보장(?:해|합|돼요|됩)|확정\s*수익|무조건\s*(?:오르|오를|올라|수익|벌|이익|이득)|"
    r"반드시\s*(?:오르|오를|올라|수익|벌)|확실히\s*(?:오르|오를|올라|벌|수익)|100\s*%\s*(?:수익|오르|확실)|손실\s*(?:은|이)?\s*없(?:어요|습니다)|대박|목표\s*수익률"
)
