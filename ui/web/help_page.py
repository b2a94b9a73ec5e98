"""/help/orders: the promise about orders, for the investor; docs/promise.md as a page.

Contract: the text is the repository's own and is read once; raw HTML in it would be shown as text. It says nothing of
an account, so everybody who is signed in sees the same page, also while the OMS is away.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from tools.settings import ROOT
from ui.web.pages import page

router = APIRouter(prefix="/help")

PROMISE = ROOT / "docs" / "promise.md"


@router.get("/orders", response_class=HTMLResponse)
async def orders(request: Request) -> HTMLResponse:
    return page(request, "help.html", {"title": "주문에 대한 약속", "text": promise()})


@cache
def promise() -> Markup:
    """The page's body; from our own file, so that it may stand in the template unescaped."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = _labelled(reader.parse(PROMISE.read_text(encoding="utf-8")))
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704  (the file is ours, HTML is off)


def _labelled(tokens: list[Token]) -> list[Token]:
    """Every cell with its column's title: a phone shows a row as a paragraph, where no column says what it is."""
    titles: list[str] = []
    at = 0
    for token, inside in pairwise(tokens):
        if token.type == "table_open":
            titles = []
        elif token.type == "th_open":
            titles.append(inside.content)
        elif token.type == "tr_open":
            at = 0
        elif token.type == "td_open":
            token.attrSet("data-label", titles[at])
            at += 1
    return tokens
