"""Reports on the economy in the lake: `macro-analysis/<day>/<time>-<hash>/`, as a document and as Markdown to read.

Contract: a report is there once its row is in the database, which is written after its files; a document that does not
hash to what the row says is not the report and is not shown. A lake or document that cannot be had costs the report
(None, logged), never the figures. Lake calls run in a thread.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from uuid import UUID

import structlog
from pydantic import ValidationError

from domain.clock import KST
from domain.ids import NewId
from domain.macro.markdown import negative_markdown, positive_markdown, summary_markdown
from domain.macro.report import MacroReport
from tools.lake import Lake, LakeError, LakeUnavailable
from tools.store.macro import KeptReport, MacroTables

log = structlog.get_logger(__name__)

FOLDER = "macro-analysis"
DOCUMENT = "report.json"
PAGES = {"positive.md": positive_markdown, "negative.md": negative_markdown, "summary.md": summary_markdown}


class Shelf:
    """Keeps reports and finds the newest. The lake is opened at its first use: most turns need none."""

    def __init__(self, open_lake: Callable[[], Lake], tables: MacroTables, new_id: NewId) -> None:
        self._open_lake = open_lake
        self._tables = tables
        self._new_id = new_id
        self._read: tuple[UUID, MacroReport | None] | None = None

    async def keep(self, report: MacroReport) -> KeptReport:
        """Files first, then the row. Raises LakeUnavailable, LakeError, PortUnavailable."""
        document = report.model_dump_json(indent=1).encode()
        digest = hashlib.sha256(document).hexdigest()
        at = report.made_at.astimezone(KST)
        folder = f"{FOLDER}/{at:%Y-%m-%d}/{at:%H%M%S}-{digest[:12]}"
        files = {DOCUMENT: document, **{name: write(report).encode() for name, write in PAGES.items()}}
        await asyncio.to_thread(self._write, folder, files)
        kept = KeptReport(
            report_id=self._new_id(),
            made_at=report.made_at,
            sheet_hash=report.sheet_hash,
            hint=report.market_bias_hint,
            written_by=report.written_by,
            folder=folder,
            digest=digest,
        )
        await self._tables.keep_report(kept)
        return kept

    def _write(self, folder: str, files: dict[str, bytes]) -> None:
        lake = self._open_lake()
        for name, data in files.items():
            lake.write(f"{folder}/{name}", data)

    async def latest(self) -> MacroReport | None:
        """The newest report; None when there is none or it cannot be read now. Raises PortUnavailable."""
        kept = await self._tables.latest_report()
        if kept is None:
            return None
        if self._read is not None and self._read[0] == kept.report_id:
            return self._read[1]
        try:
            document = await asyncio.to_thread(lambda: self._open_lake().read(f"{kept.folder}/{DOCUMENT}"))
        except (LakeError, LakeUnavailable, FileNotFoundError) as gone:
            log.warning("macro.report_unreadable", fault=type(gone).__name__)
            return None  # asked again next time: the lake may come back
        report = _checked(document, kept)
        self._read = (kept.report_id, report)
        return report


def _checked(document: bytes, kept: KeptReport) -> MacroReport | None:
    if hashlib.sha256(document).hexdigest() != kept.digest:
        log.error("macro.report_changed", folder=kept.folder)
        return None
    try:
        return MacroReport.model_validate_json(document)
    except ValidationError:
        log.error("macro.report_unreadable", folder=kept.folder)
        return None
