"""Slash commands of the terminal: the only words that decide anything about an order.

`/approve ID [LEG=QTY …] [부적합확인]` and `/reject ID` answer an approval card; `/sign ID` and `/revoke ID` a mandate.
A person at a terminal may leave out the ID of a card: then it is the card this terminal showed last (`shown`).
Everything else a person types is conversation and goes to the graph. A command that cannot be read is an error with a
remedy, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

MAX_MESSAGE_CHARS = 2_000
UNSUITABLE_WORDS = frozenset({"부적합확인", "--unsuitable-ack"})

Verb = Literal["approve", "reject", "sign", "revoke", "help", "quit"]
VERBS: Mapping[str, Verb] = {
    "/approve": "approve",
    "/승인": "approve",
    "/reject": "reject",
    "/거절": "reject",
    "/sign": "sign",
    "/revoke": "revoke",
    "/help": "help",
    "/도움말": "help",
    "/quit": "quit",
    "/exit": "quit",
    "/종료": "quit",
}
_QUANTITY = re.compile(r"(\d{1,3})=(\d{1,10})")


class CommandError(ValueError):
    """The line cannot be acted on; the message is Korean and says what was expected."""


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    verb: Verb
    target: UUID | None = None
    quantities: Mapping[int, int] = field(default_factory=dict)
    unsuitable_ack: bool = False


def parse_line(line: str, *, shown: UUID | None = None) -> Say | Command | None:
    """One typed line. None for a blank one; `CommandError` for a command or text that cannot be taken."""
    text = _clean(line)
    if not text:
        return None
    if not text.startswith("/"):
        return Say(clean_text(text))
    word, *rest = text.split()
    verb = VERBS.get(word.lower())
    if verb is None:
        raise CommandError(f"'{word[:20]}' 명령은 없어요. /approve, /reject, /help, /quit 중에서 골라 주세요.")
    if verb in ("help", "quit"):
        return Command(verb)
    if verb in ("approve", "reject") and shown is not None and not (rest and _is_id(rest[0])):
        rest = [str(shown), *rest]
    return _with_target(verb, word, rest)


def clean_text(text: str) -> str:
    """What somebody says, as the system reads it; `CommandError` when it is too long."""
    cleaned = _clean(text)
    if len(cleaned) > MAX_MESSAGE_CHARS:
        raise CommandError(f"메시지는 {MAX_MESSAGE_CHARS:,}자까지 받을 수 있어요. 지금은 {len(cleaned):,}자예요.")
    return cleaned


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _with_target(verb: Verb, word: str, rest: list[str]) -> Command:
    if not rest:
        raise CommandError(f"{word} 뒤에 카드에 적힌 ID를 붙여 주세요. 예: {word} 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")
    if not _is_id(rest[0]):
        raise CommandError(f"'{rest[0][:40]}'은(는) ID 모양이 아니에요. 카드에 적힌 ID를 그대로 붙여 주세요.")
    target = UUID(rest[0])
    quantities: dict[int, int] = {}
    acknowledged = False
    for part in rest[1:]:
        if part in UNSUITABLE_WORDS:
            acknowledged = True
        elif match := _QUANTITY.fullmatch(part):
            quantities[int(match[1])] = int(match[2])
        else:
            raise CommandError(f"'{part[:40]}'을(를) 이해하지 못했어요. 수량을 줄이려면 '1=5'처럼 적어 주세요.")
    if verb != "approve" and (quantities or acknowledged):
        raise CommandError(f"{word} 뒤에는 ID만 적어 주세요.")
    if any(quantity < 1 for quantity in quantities.values()):
        raise CommandError("수량은 1주 이상이어야 해요.")
    return Command(verb, target, quantities, acknowledged)


def _clean(line: str) -> str:
    """Drops control and invisible format characters: what the user sees is what the system reads."""
    kept = (" " if char in "\t\r\n" else char for char in line)
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")).strip()
