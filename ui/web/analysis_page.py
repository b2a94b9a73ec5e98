"""/analysis: the report on the economy as a page: ten sentences, what speaks for stocks, what against, the evidence.

Contract: the same for everybody who is signed in. Raw HTML in it would be shown as text; links are the report's own
citations, opened without saying where from.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markupsafe import Markup

from domain.macro.markdown import negative_markdown, positive_markdown, summary_markdown
from domain.macro.report import MacroReport
from ui.web.api.analysis import report_now
from ui.web.context import WebParts, person, web_parts
from ui.web.pages import page

router = APIRouter(dependencies=[Depends(person)])

TITLE = "거시 보고서"


@router.get("/analysis", response_class=HTMLResponse)
async def analysis(request: Request) -> HTMLResponse:
    parts: WebParts = web_parts()
    report, _ = await report_now(parts.assembled.ports)
    return page(request, "help.html", {"title": TITLE, "text": as_page(report)})


def as_page(report: MacroReport) -> Markup:
    """The page's body; what others wrote in it is text, because HTML is off and its signs are escaped."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    parts = (summary_markdown(report), positive_markdown(report), negative_markdown(report))
    tokens = reader.parse("\n\n".join(parts))
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noopener noreferrer nofollow")
                child.attrSet("target", "_blank")
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704  (HTML is off)
