"""What must be true of sendings when only the ledger's log and the broker's journal can be read afterwards.

Contract: plain values in, sentences out, nothing of what is judged imported. An order at the broker needs a SENDING
that was committed before the broker heard of it, and two chains of one approval would need two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from proving.oracle.broker import Key
from proving.oracle.judge import Approved

CLOCK_S = 0.002  # both on one machine, written with milliseconds


def unannounced(
    words: Iterable[Approved], sent: Mapping[str, Sequence[float]], begun: Mapping[Key, float]
) -> list[str]:
    """`sent`: an intent's SENDINGs, `begun`: when the broker took an order; seconds since the epoch."""
    wrong = []
    for word in words:
        moments = sorted(sent.get(word.intent_id, ()))
        for number, root in enumerate(sorted(word.chains, key=lambda chain: begun[chain]), start=1):
            earlier = [at for at in moments if at <= begun[root] + CLOCK_S]
            if len(earlier) < number:
                wrong.append(f"{word.signature}: {root} was at the broker {number} times with {len(earlier)} SENDINGs")
    return wrong


def told_apart(
    alike: Iterable[Sequence[Approved]], sent: Mapping[str, Sequence[float]], begun: Mapping[Key, float]
) -> dict[Key, Approved]:
    """Whose a chain is where several approvals look the same at the broker: of the word that had left last, and had not
    brought another chain, when the broker took it. A chain that no word had left for is in no answer."""
    found: dict[Key, Approved] = {}
    for words in alike:
        left = sorted(((at, word) for word in words for at in sent.get(word.intent_id, ())), key=lambda pair: pair[0])
        for root in sorted({root for word in words for root in word.chains}, key=lambda root: begun[root]):
            before = [pair for pair in left if pair[0] <= begun[root] + CLOCK_S]
            if before:
                left.remove(before[-1])
                found[root] = before[-1][1]
    return found
