"""`quartz doctor`: what is configured, what is reachable, what each missing key would add; status 1 if one is bad.

`--sources` tries the true sources of figures and news over the network, and nothing else.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tools.settings import Settings, SettingsError, load_settings
from ui.doctor import Finding, Mark, examine

_COLOURS = {Mark.GOOD: "green", Mark.OFF: "dim", Mark.BAD: "red"}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--sources"]):
        sys.stderr.write("quartz: doctor는 --sources 말고는 인자를 받지 않아요\n")
        return 2
    console = Console()
    try:
        settings = load_settings()
    except SettingsError as fault:
        console.print("[red]✗ 설정[/red]", str(fault), sep="\n", markup=True, highlight=False)
        return 1
    findings = _sources(settings) if arguments else examine(settings)
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        text = finding.text + (f"\n  → {finding.advice}" if finding.advice else "")
        table.add_row(f"[{_COLOURS[finding.mark]}]{finding.mark}[/]", finding.subject, text)
    console.print(table, highlight=False)
    return 1 if any(finding.mark is Mark.BAD for finding in findings) else 0


def _sources(settings: Settings) -> list[Finding]:
    from execution.oms.logs import configure
    from ui.doctor_sources import examine_sources

    configure("error")  # what did not answer is a line of the table
    return examine_sources(settings)
