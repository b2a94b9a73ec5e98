"""The desk's page: a frame without figures, nothing inline, everything named; its scripts never write markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from fakes import USER

from tools.settings import ROOT
from ui.web.desk import HIDDEN, SECTIONS, WIDE
from ui.web.pages import render

STATIC = ROOT / "ui" / "web" / "static"
SCRIPTS = sorted(STATIC.glob("desk*.js"))


class Tags(HTMLParser):
    """Every tag with its attributes, and the text inside scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.inline += data.strip()


@pytest.fixture
def html() -> str:
    values = {"who": USER.name, "csrf": "token", "here": "/desk", "sections": SECTIONS, "wide": WIDE, "hidden": HIDDEN}
    return bytes(render("desk.html", values).body).decode()


def test_nothing_on_the_page_is_inline(html: str) -> None:
    page = Tags(html)
    assert page.inline == ""
    for tag, attributes in page.tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "script" or (attributes.get("src") or "").startswith("/")


def test_every_section_has_a_heading_that_names_it(html: str) -> None:
    page = Tags(html)
    named = {attributes.get("id") for _, attributes in page.tags}
    labels = [attributes["aria-labelledby"] for tag, attributes in page.tags if tag == "section"]
    assert len(labels) == len(SECTIONS) + 1
    assert set(labels) <= named
    for key, title in SECTIONS:
        assert f"desk-{key}" in named
        assert title in html


def test_changes_are_read_out_in_one_place(html: str) -> None:
    live = [attributes for _, attributes in Tags(html).tags if "aria-live" in attributes]
    assert [(each["id"], each["aria-live"]) for each in live] == [("desk-live", "polite")]


def test_a_name_with_markup_stays_a_name() -> None:
    values: dict[str, Any] = {"who": "<script>alert(1)</script>", "sections": SECTIONS, "wide": WIDE, "hidden": HIDDEN}
    assert "<script>alert(1)" not in bytes(render("desk.html", values).body).decode()


def test_every_place_that_the_script_fills_is_on_the_page(html: str) -> None:
    source = (STATIC / "desk.js").read_text()
    wanted = set(re.findall(r'place\("(\w+)"\)', source)) | set(re.findall(r'fill\("(\w+)"', source))
    assert {"summary", "holdings", "open", "orders", "journal", "said", "charts"} <= wanted
    for name in wanted:
        assert f'id="desk-{name}"' in html, name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_writes_text_and_never_markup(script: Any) -> None:
    source = script.read_text()
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".style"):
        assert word not in source, word
    assert len(source.splitlines()) <= 300


def test_a_verb_on_a_button_has_six_letters_at_most() -> None:
    labels = [label for path in SCRIPTS for label in re.findall(r'\bbutton\(\s*"([^"]+)"', path.read_text())]
    assert {"승인", "거절", "취소", "서명", "철회", "전체 정지", "재개"} <= set(labels)
    assert all(len(label) <= 6 for label in labels)


def test_the_acts_that_tests_and_people_rely_on_are_marked() -> None:
    source = "".join(path.read_text() for path in SCRIPTS)
    acts = set(re.findall(r'button\(\s*(?:"[^"]+"|\w+),\s*"(\w+)"', source))
    assert {"approve", "reject", "lower", "cancel", "halt", "resume", "confirm", "sign", "revoke"} <= acts
