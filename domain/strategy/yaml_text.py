"""YAML text to plain values, safely: what a strategy file may hold and nothing that a program could choke on.

Contract: mappings, lists, text, whole numbers, decimals (exact), true/false and null; YAML 1.2's idea of them, so that
`on`, `no` and 005930 stay text and 5_0 or 1:30 are no numbers. Anchors are resolved by value while the whole stays
small; tags, several documents and a key given twice are refused. StrategyError with path or line and Korean remedy.
Size and depth are those of `domain.strategy.limits`. No recursion: depth cannot exhaust the interpreter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from domain.strategy.limits import MAX_NESTING, MAX_NODES, check_text
from domain.strategy.problems import WHOLE, StrategyError, one_problem

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,39})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|(0|[1-9][0-9]{0,39})(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAG = "tag:yaml.org,2002:str"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A mapping or list that is still being read. `key`: the mapping's key that waits for its value."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    path: str
    key: str | None = None
    nodes: int = 1


@dataclass(slots=True)
class _Builder:
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    nodes: int = 0
    result: Any = None
    done: bool = False

    def count(self, more: int) -> None:
        self.nodes += more
        if self.nodes > MAX_NODES:
            raise one_problem(WHOLE, f"항목이 너무 많아요. {MAX_NODES}개까지만 읽어요. 줄여 주세요.")
        for place in self.stack:
            place.nodes += more

    def path(self) -> str:
        if not self.stack:
            return ""
        top = self.stack[-1]
        if isinstance(top.value, list):
            return f"{top.path}[{len(top.value)}]"
        return f"{top.path}.{top.key}" if top.path else str(top.key)

    def open(self, value: dict[str, Any] | list[Any], anchor: str | None) -> None:
        self.no_key_wanted()
        path = self.path()
        self.count(1)
        self.stack.append(_Open(value, anchor, path))
        if len(self.stack) > MAX_NESTING:
            raise one_problem(WHOLE, f"너무 깊이 묶여 있어요. {MAX_NESTING}겹까지만 읽어요. 풀어 주세요.")

    def close(self) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, done.nodes)
        self.put(done.value)

    def no_key_wanted(self) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            raise one_problem(top.path or WHOLE, "항목의 이름은 글자여야 해요. 이름을 고쳐 주세요.")

    def put(self, value: Any) -> None:
        if not self.stack:
            self.result, self.done = value, True
            return
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            self.name(top, value)
        else:
            top.value[top.key] = value
            top.key = None

    def name(self, top: _Open, value: Any) -> None:
        if value is None or isinstance(value, dict | list):
            raise one_problem(top.path or WHOLE, "항목의 이름은 글자여야 해요. 이름을 고쳐 주세요.")
        key = str(value).lower() if isinstance(value, bool) else str(value)
        if key in top.value:
            path = f"{top.path}.{key}" if top.path else key
            raise one_problem(path, "같은 항목이 두 번 있어요. 하나만 남겨 주세요.")
        top.key = key

    def alias(self, anchor: str) -> None:
        if anchor not in self.anchors:
            raise one_problem(self.path() or WHOLE, f"*{anchor} 이름표를 찾을 수 없어요. 값을 직접 적어 주세요.")
        self.no_key_wanted()
        value, nodes = self.anchors[anchor]
        self.count(nodes)
        self.put(value)


def load_yaml(text: str) -> Any:
    """The one document in the text; None when there is none."""
    check_text(text)
    try:
        return _build(text)
    except StrategyError:
        raise
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.line + 1}번째 줄" if mark is not None else WHOLE
        raise one_problem(where, "YAML로 읽을 수 없어요. 들여쓰기와 따옴표를 확인해 주세요.") from error
    except (ValueError, RecursionError) as error:  # what the parser itself cannot take
        raise one_problem(WHOLE, "읽을 수 없는 글자가 있어요. UTF-8 글로 저장해 주세요.") from error


def _build(text: str) -> Any:
    builder, documents = _Builder(), 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise one_problem(WHOLE, "문서가 둘 이상이에요. 전략 하나만 남겨 주세요.")
        elif isinstance(event, AliasEvent):
            builder.alias(str(event.anchor))
        elif isinstance(event, ScalarEvent):
            builder.count(1)
            value = _scalar(event, builder.path())
            if event.anchor is not None:
                builder.anchors[event.anchor] = (value, 1)
            builder.put(value)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            _no_tag(event.tag, builder.path())
            builder.open({} if isinstance(event, MappingStartEvent) else [], event.anchor)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            builder.close()
    return builder.result


def _no_tag(tag: str | None, path: str) -> None:
    if tag not in (None, "!"):
        raise one_problem(path or WHOLE, f"{tag} 표시는 쓸 수 없어요. 지워 주세요.")


def _scalar(event: ScalarEvent, path: str) -> Any:
    text = str(event.value)
    if event.tag == _TEXT_TAG:
        return text
    _no_tag(event.tag, path)
    if not event.implicit[0]:  # quoted
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return Decimal(text)
    return text
