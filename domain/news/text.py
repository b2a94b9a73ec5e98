"""A headline as it may be looked at: one line, bounded, without signs that a reader cannot see.

Contract: `clean` is total (any string gives a string of at most MAX_TITLE characters) and idempotent. Full-width forms
become ordinary ones, HTML entities and tags go, and so do controls, direction marks, zero-width signs and tags of the
private planes, because they can hide an instruction from a person and show it to a program.
Does not judge what the text says: a headline is data wherever it goes.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

MAX_TITLE = 300  # characters; a real headline has at most about 120

_LONGEST_READ = 4_000  # of the raw text: what is longer is no headline, and must not cost time
_MARKUP = re.compile(r"<[/!]?[A-Za-z][^<>]{0,200}>")
_BLANKS = re.compile(r"\s+")
_DASHES = str.maketrans({"–": "-", "—": "-", "―": "-", "‐": "-", "‑": "-", "−": "-", "‧": "·", "・": "·", "•": "·"})
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})
_SPEECHLESS = re.compile(r"[^0-9a-z가-힣一-鿿]+")


def clean(raw: str) -> str:
    """The text of a headline, ready to be matched and shown."""
    text = raw[:_LONGEST_READ]
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _MARKUP.sub(" ", text)
    text = text.replace("…", "\x00").replace("㈜", "\x01")
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("\x00", "…").replace("...", "…").replace("\x01", " (주)")
    text = "".join(char if is_seen(char) else " " if char.isspace() else "" for char in text)
    text = _BLANKS.sub(" ", text.translate(_DASHES).translate(_QUOTES)).strip()
    return text if len(text) <= MAX_TITLE else text[: MAX_TITLE - 1].rstrip() + "…"


def is_seen(char: str) -> bool:
    """Whether a reader can see the sign."""
    # Cc controls, Cf invisible format signs, Cs halves of pairs, Co private use, Cn unassigned
    return not unicodedata.category(char).startswith("C") and not _is_filler(char)


def _is_filler(char: str) -> bool:
    """Letters that show nothing: Hangul fillers, variation selectors, the Braille blank."""
    return char in "\u115f\u1160\u3164\uffa0\u2800\u034f" or "\ufe00" <= char <= "\ufe0f"


def folded(text: str) -> str:
    """Only letters and digits, small: what two spellings of one headline share. `text` is clean."""
    return _SPEECHLESS.sub("", text.casefold())


def headline_key(raw: str) -> str:
    """16 hex digits that name a headline whatever its spacing and punctuation."""
    return hashlib.sha256(folded(clean(raw)).encode()).hexdigest()[:16]
