"""Which listed names a headline speaks of. Pure.

Contract: `Matcher(listing).match(title)` takes a raw title and gives the rows in order of appearance, once each. A
name that is an ordinary word as well counts only where the headline shows that a company is meant; a broker that signs
an opinion about somebody else does not count, a broker that is spoken of does. Doubt is no match: a wrong ticker costs
more than a missed one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.news.listing import Listed, Listing
from domain.news.spotting import Hit, Spotter
from domain.news.text import clean
from domain.news.vocabulary import Vocabulary, vocabulary

_TAGS = re.compile(r"^(?:\s*(?:\[[^\]]{0,40}\]|<[^>]{0,40}>|【[^】]{0,40}】|\([^)]{0,20}\)|[\"']))+\s*|^\s+")
_END_TAGS = re.compile(r"(?:\s*(?:\[[^\]]{0,30}\]|\((?:종합|상보|속보|1보|2보|영상|사진)\)))+$")
_JOINED = re.compile(r"^\s?(?:[·,/&+]|과 |와 |및 )\s?$")
_LIST_GOES_ON = re.compile(r"^(?:[,·]|\s?등|\s?외 |$)")  # a comma alone may end the subject: "기아, 전방 추돌 …"
_SUBJECT_END = re.compile(r"^(?:,|은 |는 |이 |가 |의 |도 |\s?\"|\s?'|:|…)")
_PARTICLE_END = re.compile(r"^(?:,|은 |는 |이 |가 |의 |을 |를 |에 |도 |과 |와 |로 |으로 |에서 |에게 )")
_SHARE = re.compile(r"^(?:\s?(?:주가|株|\(주\)|\([0-9A-Z]{6}\)))")
_SHARE_SOFT = re.compile(r"^\s?(?:주식|주주)")
_GROUPS = re.compile(r"(?:삼성|현대|롯데|포스코|SK|LG|GS|한화|CJ|신세계|카카오|네이버)\s?[·,/-]\s?$")
_GROUPS_AFTER = re.compile(r"^\s?[·,/-]\s?(?:삼성|현대|롯데|포스코|SK|LG|GS|한화|CJ|신세계)(?![가-힣A-Za-z])")
_PERSON = re.compile(r"^\s?(?:애널리스트|연구원|연구위원|리서치|리서치센터|리포트|보고서|스트래티지스트)")
_OPINION = re.compile(r"^(?:\s?[\"':]|은 |는 |이 |,|도 |\s)")
_MAX_SIGNATURE = 24


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A headline with what is looked at again and again."""

    text: str
    opening: int  # where the subject would stand: behind tags and quotation marks
    signed_from: int  # where a signature begins; the length of the text when nobody signed
    business: bool
    report: bool
    own: bool


class Matcher:
    """Reads headlines against one listing. Keep it: it holds the table of names."""

    def __init__(self, listing: Listing, words: Vocabulary | None = None) -> None:
        self._words = words or vocabulary()
        self._spotter = Spotter(listing, self._words)
        self.listing = listing

    def match(self, title: str) -> tuple[Listed, ...]:
        text = clean(title)
        hits = self._spotter.spot(text)
        if not any(hit.row is not None for hit in hits):
            return ()
        sentence = self._sentence(text)
        named = [hit for hit in hits if hit.row is not None and hit.start < sentence.signed_from]
        subjects = [hit for hit in named if not self._is_author(sentence, hit, named)]
        kept = [hit for hit in subjects if self._is_sure(hit)]
        kept += [hit for hit in subjects if hit not in kept and self._is_meant(sentence, hit, kept)]
        rows = [hit.row for hit in sorted(kept, key=lambda hit: hit.start) if hit.row is not None]
        return tuple(dict.fromkeys(rows))

    def _sentence(self, text: str) -> _Sentence:
        signed_from = self._signature(text)
        said = text[:signed_from]
        opening = _TAGS.match(text)
        return _Sentence(
            text=text,
            opening=opening.end() if opening is not None else 0,
            signed_from=signed_from,
            business=any(word in said for word in self._words.business),
            report=any(word in said for word in self._words.report) or bool(re.search(r"목표가?.{0,12}[↑↓]", said)),
            own=any(word in said for word in self._words.own),
        )

    def _signature(self, text: str) -> int:
        """Where the house that signed a report begins, at the end of the headline."""
        body = _END_TAGS.sub("", text) if not self._is_house(text.rpartition("[")[2].rstrip("] ")) else text
        report = any(word in body for word in self._words.report) or "목표" in body or "↑" in body or "↓" in body
        for mark in ("-", "…", "(", "[", "<", '"', "|", "·"):
            before, found, after = body.rpartition(mark)
            if not found or not before.strip() or len(after) > _MAX_SIGNATURE:
                continue
            parts = [part.strip(" )]>\"'.,") for part in re.split(r"[·,/]", after)]
            if parts and all(self._is_house(part) for part in parts):
                whole = all(part.endswith(self._words.endings) for part in parts)
                if mark == "-" and (report or whole or self._is_statement(before)):
                    return len(before)
                if whole and (report or mark in '(["'):
                    return len(before)
        last = body.rstrip(" .\"'").rpartition(" ")
        if report and last[0] and self._is_house(last[2]) and last[2].endswith(self._words.endings):
            return len(last[0])
        return len(text)

    def _is_statement(self, before: str) -> bool:
        """Whether what stands before a dash is a sentence that can be signed, and not the first of a pair (LG-SK)."""
        last = re.split(r"[\s·,…\"']", before.rstrip())[-1]
        return before.rstrip().endswith(('"', "'")) or (("," in before or "…" in before) and not self._is_house(last))

    def _is_house(self, word: str) -> bool:
        """Whether a word is a name that a broker's report may be signed with."""
        if word in self._words.signatures:
            return True
        return any(word.endswith(ending) and 0 < len(word) - len(ending) <= 12 for ending in self._words.endings)

    def _is_author(self, sentence: _Sentence, hit: Hit, named: Sequence[Hit]) -> bool:
        """Whether a broker speaks here about somebody else."""
        if hit.row is None or hit.row.code not in self._words.brokers or hit.by_code:
            return False
        behind = sentence.text[hit.end :]
        if _PERSON.match(behind):
            return True
        if sentence.signed_from < len(sentence.text):
            return False  # another house has signed: this one is what it wrote about
        first = hit.start <= sentence.opening + 1
        about = [other for other in named if other.row is not None and other.row.code not in self._words.brokers]
        if first and _OPINION.match(behind) and sentence.report:
            return bool(about) or not sentence.own
        if sentence.report and about and about[0].start < hit.start:
            return bool(re.match(r"^\s?(?:에 따르면|은 |는 |이 |의 |\"|'|:|$)", behind))
        return False

    def _is_sure(self, hit: Hit) -> bool:
        return hit.by_code or (hit.name not in self._words.common and hit.name not in self._words.ambiguous)

    def _is_meant(self, sentence: _Sentence, hit: Hit, sure: Sequence[Hit]) -> bool:
        """For names that are ordinary words, too."""
        if hit.name in self._words.ambiguous:
            return False
        text, behind = sentence.text, sentence.text[hit.end :]
        if behind.lstrip().startswith(self._words.rivals.get(hit.name, ("\x00",))):
            return False
        if _SHARE.match(behind) or text[: hit.start].endswith(("(주)", "(주) ")):
            return True
        if hit.name not in self._words.hard and _SHARE_SOFT.match(behind):
            return True
        if hit.name.isascii() and (_GROUPS.search(text[: hit.start]) or _GROUPS_AFTER.match(behind)):
            return False  # 삼성·SK: groups are meant, not their holding companies
        joints = [_between(text, hit, other) for other in sure]
        if any(_JOINED.match(joint) and ("," not in joint or _LIST_GOES_ON.match(behind)) for joint in joints):
            return True
        is_subject = hit.start <= sentence.opening
        if hit.name in self._words.usual:
            return sentence.business or (is_subject and bool(_SUBJECT_END.match(behind)))
        if not sentence.business:
            return False
        if is_subject and behind.startswith((",", ", ")):
            return True
        if hit.name in self._words.hard:
            return False
        return is_subject or bool(_PARTICLE_END.match(behind))


def _between(text: str, one: Hit, two: Hit) -> str:
    first, second = sorted((one, two), key=lambda hit: hit.start)
    return text[first.end : second.start]
