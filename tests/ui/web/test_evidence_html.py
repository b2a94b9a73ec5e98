"""Numbers on a page say where they are from, and nothing that somebody wrote becomes markup."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from domain.clock import KST
from domain.evidence import EvidenceError, Figure, Figures, Unit
from ui.web.evidence_html import marked

RATE = Figure(
    id="m.rate",
    value=Decimal("2.5"),
    unit=Unit.PERCENT,
    source='한국은행 <ECOS> "722Y001"',
    as_of=datetime(2026, 11, 20, 9, 0, tzinfo=KST),
    label="기준금리",
)
KNOWN = Figures([RATE])


def test_a_number_is_a_mark_with_its_label_source_and_time_and_its_particle_stays_outside() -> None:
    told = str(marked("금리가 {{f:m.rate|으로/로}} 내렸어요.", KNOWN))
    assert told.startswith(
        '금리가 <span class="figure" tabindex="0">2.5%<span class="source" role="tooltip">기준금리 · '
    )
    assert "한국은행 &lt;ECOS&gt; &#34;722Y001&#34;<br>11월 20일 09:00 기준</span></span>" in told
    assert told.endswith("</span></span>로 내렸어요.")


def test_markup_of_a_sentence_is_text() -> None:
    assert "<script>" not in marked("<script>alert()</script> {{f:m.rate}}", KNOWN)


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(EvidenceError):
        marked("{{f:m.other}}", KNOWN)
