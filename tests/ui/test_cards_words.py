"""The words around the cards: Chainlit's own in Korean, complete; nothing from outside; files an element may use."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.settings import ROOT

PUBLIC = ROOT / "ui" / "public"
KOREAN = ROOT / "ui" / ".chainlit" / "translations" / "ko-KR.json"
ELEMENTS = sorted((PUBLIC / "elements").glob("*.jsx"))
CARDS = {
    "ApprovalCard", "BookCard", "CandidatesCard", "ChartCard", "Choices", "EquityCard", "EvidenceCard", "OrdersCard",
    "ProfileCard", "ProposalsCard", "ReceiptCard", "RunsCard", "StrategyCard",
}  # fmt: skip
NOT_TRANSLATED = {"S", "✓"}  # a key of the keyboard, a sign before a step


def chainlit_folder() -> Path:
    """Found without importing it: Chainlit writes its files where it is imported."""
    found = importlib.util.find_spec("chainlit")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}")
    else:
        yield path, node


def test_every_text_of_chainlit_has_a_korean_one() -> None:
    english = json.loads((chainlit_folder() / "translations" / "en-US.json").read_text(encoding="utf-8"))
    korean = dict(leaves(json.loads(KOREAN.read_text(encoding="utf-8"))))
    assert korean.keys() == {path for path, _ in leaves(english)}


def test_korean_texts_are_korean_and_keep_their_placeholders() -> None:
    english = dict(leaves(json.loads((chainlit_folder() / "translations" / "en-US.json").read_text(encoding="utf-8"))))
    for path, text in leaves(json.loads(KOREAN.read_text(encoding="utf-8"))):
        assert text in NOT_TRANSLATED or re.search("[가-힣]", text), path
        assert "습니다" not in text, f"{path}: expected 해요체, was {text}"
        assert re.findall(r"{{\w+}}", text) == re.findall(r"{{\w+}}", english[path]), path


def test_korean_is_what_everybody_gets_whatever_the_browser_says() -> None:
    config = (ROOT / "ui" / ".chainlit" / "config.toml").read_text(encoding="utf-8")
    assert re.search(r'^language = "ko-KR"$', config, re.MULTILINE)


def test_every_card_of_the_conversation_has_its_element() -> None:
    assert {path.stem for path in ELEMENTS} == CARDS


@pytest.mark.parametrize("path", ELEMENTS, ids=lambda path: path.stem)
def test_elements_import_only_what_chainlit_hands_them_and_stay_themselves(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"from '([^']+)'", text)) <= {"react"}
    assert f"component('{path.stem}'" in text, "expected a component that keeps its state when Chainlit draws again"
    assert f"export default <{path.stem} " in text
    assert "dangerouslySetInnerHTML" not in text
    assert "updateElement" not in text, "expected nothing to be kept in an element: that way in is closed"


def test_nothing_is_loaded_from_outside() -> None:
    for path in sorted(PUBLIC.rglob("*")):
        if path.is_file():
            addresses = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
            assert [found for found in addresses if not found.startswith("http://www.w3.org/")] == [], path
    assert json.loads((PUBLIC / "theme.json").read_text())["custom_fonts"] == []


def test_what_people_read_is_bought_and_sold_in_the_markets_words() -> None:
    for path in [*ELEMENTS, *PUBLIC.glob("*.js"), KOREAN]:
        text = path.read_text(encoding="utf-8")
        assert not re.search("구매|판매", text), path


def test_each_mode_has_its_drawing() -> None:
    for name in ("favicon.svg", "logo_light.svg", "logo_dark.svg", "avatars/quartz.svg", "icons/desk.svg"):
        assert (PUBLIC / name).read_text(encoding="utf-8").startswith("<svg ")
