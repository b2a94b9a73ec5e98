"""RSS and Atom as Korean publishers write them, broken or not, into items. Pure.

Contract: `items(body, content_type, source, now)` gives what can be read, newest as the feed has it; of a document that
breaks in the middle the items before the break count. Nothing readable at all is SourceFailed. A document type
declaration is refused, so that no entity grows or opens a file. Text is cleaned and bounded; an item without a title or
with a time that nobody can read is passed over, one without a link stays. Times without a zone are the source's own;
one from the future is now.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.parsers import expat

from domain.clock import KST
from domain.news.text import clean
from tools.news.faults import SourceFailed

MAX_ITEMS = 300
OLDEST = timedelta(days=3)

_CHARSET = re.compile(rb"encoding\s*=\s*[\"']([\w-]+)", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,24});")
_BARE = re.compile(r"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|amp;|lt;|gt;|quot;|apos;)")
_OWN_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ZONE_COLON = re.compile(r"([+-]\d\d):(\d\d)$")
_PLAIN_TIME = re.compile(r"^(\d{4})[-./](\d{1,2})[-./](\d{1,2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?$")
_FAMILIAR = frozenset({"euc-kr", "cp949", "ms949", "ks_c_5601-1987", "ksc5601"})


@dataclass(frozen=True, slots=True)
class Item:
    """One headline of a source. `link` is an http(s) address or empty."""

    title: str
    link: str
    at: datetime
    source: str


class _Refused(Exception):
    """A document type declaration."""


class _Reader:
    """Collects the children of <item> and <entry> while the parser runs."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._row: dict[str, str] | None = None
        self._field = ""
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2].lower()
        if self._row is None:
            if name in ("item", "entry"):
                self._row, self._depth = {}, 0
            return
        self._depth += 1
        if self._depth == 1 and ":" not in tag.replace("dc:date", ""):
            self._field = name
            if name == "link" and attributes.get("href") and attributes.get("rel", "alternate") == "alternate":
                self._row.setdefault("link", attributes["href"])

    def end(self, tag: str) -> None:
        if self._row is None:
            return
        if self._depth == 0:
            if len(self.rows) < MAX_ITEMS:
                self.rows.append(self._row)
            self._row = None
            return
        self._depth -= 1
        if self._depth == 0:
            self._field = ""

    def text(self, data: str) -> None:
        if self._row is not None and self._field and len(self._row.get(self._field, "")) < 4_000:
            self._row[self._field] = self._row.get(self._field, "") + data


def decoded(body: bytes, content_type: str = "") -> str:
    """UTF-8 where it is that, whatever is declared; else Korean Windows, which holds EUC-KR."""
    declared = {name.lower() for name in _HEADER_CHARSET.findall(content_type)}
    declared |= {name.decode("ascii", "replace").lower() for name in _CHARSET.findall(body[:200])}
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        korean, broken = body.decode("cp949", errors="replace"), body.decode("utf-8", errors="replace")
        if declared & _FAMILIAR or korean.count("\ufffd") < broken.count("\ufffd"):
            return korean
        return broken


def items(body: bytes, content_type: str, source: str, now: datetime, zone: timezone = KST) -> list[Item]:
    """Headlines of a feed, not older than three days. Raises SourceFailed."""
    text = _PROLOG.sub("", decoded(body, content_type).lstrip("\ufeff \r\n\t"))
    text = _ENTITY.sub(_named, _CONTROLS.sub("", text))
    text = _BARE.sub("&amp;", text)
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    broken = False
    try:
        parser.Parse(text.encode("utf-8", errors="replace"), True)
    except _Refused:
        raise SourceFailed("not_a_feed", "뉴스 목록이 아닌 것을 보내와요.") from None
    except expat.ExpatError:
        broken = True
    if not reader.rows and (broken or not re.search(r"<(?:rss|feed|rdf:RDF|channel)\b", text[:2_000])):
        raise SourceFailed("not_a_feed", "뉴스 목록이 아닌 것을 보내와요.")
    found = (_item(row, source, now, zone) for row in reader.rows)
    return [item for item in found if item is not None]


def _refuse(*_: object) -> None:
    raise _Refused


def _named(match: re.Match[str]) -> str:
    """Entities of HTML, which XML does not know, as the signs that they are."""
    if match[1] in _OWN_ENTITIES or match[1].startswith("#"):
        return match[0]
    sign = html.unescape(match[0])
    return sign if sign != match[0] and sign not in "<>&" else ""


def _item(row: dict[str, str], source: str, now: datetime, zone: timezone) -> Item | None:
    title = clean(row.get("title", ""))
    at = moment(row.get("pubdate") or row.get("published") or row.get("updated") or row.get("date") or "", zone)
    if not title or at is None or now - at > OLDEST:
        return None
    return Item(title, linked(row.get("link") or row.get("guid") or ""), min(at, now), source)


def linked(text: str) -> str:
    """An http(s) address of bounded length, or nothing."""
    address = text.strip()
    parts = urlsplit(address) if len(address) <= 600 else None
    return address if parts is not None and parts.scheme in ("http", "https") and parts.netloc else ""


def moment(text: str, zone: timezone = KST) -> datetime | None:
    """RFC 822 (also with +09:00), ISO 8601, and "2026-07-28 10:53:41" in the source's zone. None for anything else."""
    text = text.strip()
    plain = _PLAIN_TIME.match(text)
    try:
        if plain is not None:
            return datetime(*(int(part or 0) for part in plain.groups()), tzinfo=zone)  # type: ignore[arg-type,misc]
        if text[:4].isdigit():
            at = datetime.fromisoformat(text.replace("Z", "+00:00"))
        else:
            at = parsedate_to_datetime(_ZONE_COLON.sub(r"\1\2", text))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
