"""Our own pages: Jinja templates, escaped by default, with what their header shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.clock import format_moment
from ui.web.context import session_of, web_parts

HERE = Path(__file__).parent
STATIC = HERE / "static"

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


_templates.filters["moment"] = format_moment
_templates.filters["won"] = lambda amount: f"{amount:,}원"


def render(template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """A page for anybody."""
    shown = {"who": None, "csrf": "", "here": "", **values}
    return HTMLResponse(_templates.get_template(template).render(shown), status)


def page(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """A page with the header of whoever is signed in; its forms carry the session's token as `csrf`."""
    session = session_of(request)
    mine: dict[str, Any] = {"here": request.url.path}
    if session is not None:
        mine["who"] = session.name
        mine["csrf"] = web_parts().access.csrf.token(session.session_hash)
    return render(template, {**mine, **values}, status)
