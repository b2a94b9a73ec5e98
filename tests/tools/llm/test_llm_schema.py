"""The shape that models fill, and what is read back from them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from tools.llm.schema import MAX_TEXT, Unreadable, has_markup, read_reply, shape_of


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Reason(BaseModel):
    text: str = Field(description="한 문장", min_length=2, max_length=20)
    kind: Literal["one"] = "one"


class Reply(BaseModel):
    side: Side
    tilt: int = Field(default=0, ge=-10, le=10)
    reasons: tuple[Reason, ...] = Field(default=(), max_length=2)
    note: str | None = Field(default=None, pattern="^[가-힣]+$")
    pair: tuple[int, int] = (0, 0)
    weight: float = 0.0


GOOD = """{"side": "buy", "tilt": 3, "reasons": [{"text": "좋아요", "kind": "one"}], "note": null, "pair": [1, 2],
 "weight": 0.5}"""


def _objects(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for each in schema for found in _objects(each)]
    if not isinstance(schema, dict):
        return []
    here = [schema] if "properties" in schema else []
    return here + [found for each in schema.values() for found in _objects(each)]


def test_the_shape_is_strict_at_every_depth_and_uses_common_words_only() -> None:
    shape = shape_of(Reply)
    Draft202012Validator.check_schema(shape)
    assert len(_objects(shape)) == 2
    for each in _objects(shape):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
    for word in ("default", "title", "const", "pattern", "minLength", "maxLength", "prefixItems"):
        assert f"'{word}'" not in str(shape)
    assert shape["properties"]["tilt"]["minimum"] == -10


def test_a_good_reply_is_read_through_a_fence_and_a_sentence() -> None:
    found = read_reply(f"여기요:\n```json\n{GOOD}\n```", Reply)
    assert (found.side, found.tilt, found.reasons[0].text, found.pair) == (Side.BUY, 3, "좋아요", (1, 2))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Invalid JSON"),
        ("{}", "side: Field required"),
        (GOOD.replace("3", '"3"'), "tilt: "),
        (GOOD.replace("3", "3.5"), "tilt: "),
        (GOOD.replace("3", "30"), "tilt: "),
        (GOOD.replace('"kind"', '"extra": 1, "kind"'), "reasons.0.extra: "),
        (GOOD.replace('"note"', '"qty": 5, "note"'), "qty: "),
        (GOOD.replace("좋아요", "<b>굵게</b>"), "markup"),
        (GOOD.replace("좋아요", "![](http://x)"), "markup"),
        (GOOD[:-8], "Invalid JSON"),
        ("[" + GOOD + "," + GOOD + "]", "Invalid JSON"),
        ("{" + " " * MAX_TEXT + "}", "characters"),
        (GOOD.replace("3", "NaN"), "tilt: "),
        (GOOD.replace("0.5", "NaN"), "finite"),
        (GOOD.replace("0.5", "1e999"), "finite"),
    ],
)
def test_anything_else_is_told_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_reply(text, Reply)


@pytest.mark.parametrize(
    ("text", "found"),
    [("5 < 7이에요", False), ("a<b", True), ("[그림](x)", True), ("참고 http://x", True), ("삼성전자(005930)", False)],
)
def test_markup_is_recognised(text: str, found: bool) -> None:
    assert has_markup(text) is found
