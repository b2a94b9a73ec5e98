"""Sentences with their figures as HTML: each number is a mark that says, pointed at or focused, where it is from.

Contract: words are escaped, whoever wrote them; a mark can be reached by the keyboard and is read out with its source.
Raises EvidenceError for a figure that is not there. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from domain.clock import format_moment
from domain.evidence import Figure, figure_ids, render
from nodes.mind import figure_name

_PLACES = re.compile(r"(\{\{[^{}]*\}\})")
_MARK = Markup(
    '<span class="figure" tabindex="0">{text}'
    '<span class="source" role="tooltip">{label}{source}<br>{as_of}</span></span>'
)


def marked(template: str, figures: Mapping[str, Figure]) -> Markup:
    """The sentence; a particle that belongs to a number stays behind its mark."""
    told = Markup()
    for part in _PLACES.split(template):
        ids = figure_ids(part)
        if not ids:
            told += escape(part)
            continue
        figure, text = figures.get(ids[0]), render(part, figures)
        assert figure is not None, "expected render to refuse an unknown figure"
        number = figure.text()
        told += mark(figure) + escape(text.removeprefix(number))
    return told


def mark(figure: Figure) -> Markup:
    """One number with its source."""
    label = f"{figure_name(figure)} · " if figure.label else ""
    return _MARK.format(
        text=figure.text(), label=label, source=figure.source, as_of=f"{format_moment(figure.as_of)} 기준"
    )
