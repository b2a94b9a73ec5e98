"""The report on the economy: looked up and written by a model where there is one, checked, else as the rules write it.

Contract: `write_report(snapshot, now)` always gives a report on a snapshot that has figures, None on one without. At
most two questions go to models: what is new in the world (only where a search is allowed), and the text. Figures that
are old or missing are put to no model. A sentence with a number of its own, a promise, foreign words, or a citation
that does not exist sends the whole text back, and the rules' stands. The direction is the rules', always.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import BaseModel, Field, ValidationError

from domain.macro.report import SENTENCES, Citation, Line, MacroReport
from domain.reports import AnalystReport, Status
from nodes.macro.features import read_macro
from nodes.macro.writing import written_by_rules
from nodes.mind import report_variables, wrong_words
from tools.llm.answers import Kept
from tools.llm.schema import has_markup
from tools.llm.search import Page, searched
from tools.llm.think import Task, think
from tools.ports import MacroSnapshot

log = structlog.get_logger(__name__)

SEARCH = "macro_search"
MOST_LINES = 8
NO_PAGES = "없음"


class Sentence(BaseModel):
    """One sentence of the report, as a model may write it."""

    text: str = Field(description="해요체 한 문장. 숫자는 쓰지 않고 자료에 있는 {{f:id}} 자리표시만 쓴다.")
    cites: list[int] = Field(max_length=3, description="이 문장이 기댄 찾은 글의 번호. 없으면 빈 목록.")


class ReportText(BaseModel):
    """The words of a report."""

    positive: list[Sentence] = Field(min_length=1, max_length=MOST_LINES, description="주식에 힘이 되는 점.")
    negative: list[Sentence] = Field(min_length=1, max_length=MOST_LINES, description="주식에 부담이 되는 점.")
    summary: list[Sentence] = Field(min_length=SENTENCES, max_length=SENTENCES, description="요약 열 문장.")


@dataclass(frozen=True)
class Material:
    """What the writer gets: the sheet's snapshot, the view on it, and pages that were found, each with its citation."""

    snapshot: MacroSnapshot
    view: AnalystReport
    now: datetime
    pages: tuple[tuple[Page, Citation], ...] = ()


def _rules(material: Material) -> MacroReport:
    return written_by_rules(material.snapshot, material.view, material.now)


def _variables(material: Material) -> dict[str, str]:
    told = report_variables(material.view, "")
    pages = [f"[{at}] {page.title}: {page.words}" for at, (page, _) in enumerate(material.pages, start=1)]
    return {"figures": told["figures"], "rules": told["rules"], "pages": "\n".join(pages) or NO_PAGES}


def _merged(material: Material, ruled: MacroReport, reply: ReportText) -> MacroReport:
    """The rules' report in a model's words. Raises ValueError."""
    everything = (*reply.positive, *reply.negative, *reply.summary)
    wrong = wrong_words(sentence.text for sentence in everything)
    if wrong is not None:
        raise ValueError(wrong)
    if len({sentence.text for sentence in reply.summary}) < SENTENCES:
        raise ValueError(f"expected {SENTENCES} different sentences in the summary, was fewer")
    content: dict[str, Any] = {
        **{name: getattr(ruled, name) for name in MacroReport.model_fields},
        "positive": _lines(reply.positive),
        "negative": _lines(reply.negative),
        "summary": _lines(reply.summary),
        "citations": tuple(citation for _, citation in material.pages),
        "written_by": "model",
    }
    return MacroReport(**content)


def _lines(sentences: Sequence[Sentence]) -> tuple[Line, ...]:
    return tuple(Line(text=sentence.text, cites=tuple(dict.fromkeys(sentence.cites))) for sentence in sentences)


WRITE = Task(
    prompt="macro_report",
    In=Material,
    Out=MacroReport,
    rules=_rules,
    Reply=ReportText,
    variables=_variables,
    merge=_merged,
    kept=Kept.SHARED,
)


async def write_report(snapshot: MacroSnapshot | None, now: datetime) -> MacroReport | None:
    """See the module's contract."""
    view = read_macro(snapshot, now)
    if snapshot is None or view.status is Status.UNAVAILABLE:
        return None
    if view.status is not Status.OK:
        return written_by_rules(snapshot, view, now)
    pages = citable(await searched(SEARCH, _asked(view, now)) or ())
    outcome = await think(WRITE, Material(snapshot, view, now, pages))
    return outcome.value if outcome.by == "rules" else outcome.value.model_copy(update={"model": outcome.model})


def _asked(view: AnalystReport, now: datetime) -> dict[str, str]:
    return {"today": f"{now:%Y-%m-%d}", "figures": report_variables(view, "")["figures"]}


def citable(pages: Sequence[Page]) -> tuple[tuple[Page, Citation], ...]:
    """The pages that may be shown as sources; an address that is none of a page is left out."""
    found = []
    for page in pages:
        try:
            citation = Citation(title=page.title, url=page.url)
        except ValidationError:
            log.warning("macro.page_left_out")
            continue
        if not has_markup(page.title.replace(".", " ")):
            found.append((page, citation))
    return tuple(found)
