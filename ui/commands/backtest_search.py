"""`quartz backtest search|walk|lookahead`: numbers looked for, tested forward, and the future kept out.

Contract: what the search finds is always shown with its significance, and the last line is that the past is no promise.
`lookahead` answers 1 when anything knew the future.
"""

from __future__ import annotations

import argparse
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from domain.decimals import canonical
from simulation.backtest.search import Found, World
from simulation.backtest.weaknesses import NO_PROMISE
from ui.commands.backtest import Job, write_json
from ui.commands.backtest_summary import number, part

if TYPE_CHECKING:
    from simulation.backtest.lookahead import Analysis
    from simulation.backtest.walk import Walked

_SHOWN = 10


def add_options(parser: argparse.ArgumentParser, action: str) -> None:
    parser.add_argument(
        "--set",
        dest="sets",
        type=_values,
        action="append",
        metavar="P=1,2,3",
        help="바꿔 볼 값 (기본: min~max 다섯 점)",
    )
    parser.add_argument("--goal", choices=("sharpe", "cagr", "calmar"), default="sharpe", help="무엇이 좋은 것인지")
    parser.add_argument("--most", type=int, default=200, metavar="N", help="조합을 이만큼까지만 (기본 200)")
    parser.add_argument("--workers", type=int, default=-1, metavar="N", help="프로세스 수 (기본: 모든 코어)")
    parser.add_argument("--backend", default="loky", metavar="B", help="joblib 백엔드: loky, threading, dask, ray")
    if action == "walk":
        parser.add_argument("--folds", type=int, default=4, metavar="N", help="몇 번 앞으로 나아갈지 (기본 4)")


def _values(text: str) -> tuple[str, list[Decimal]]:
    name, _, values = text.partition("=")
    try:
        found = [Decimal(value) for value in values.split(",")]
    except InvalidOperation:
        found = []
    if not name or not found:
        raise argparse.ArgumentTypeError(f"이름=값,값 꼴로 적어 주세요: {text!r}")
    return name, found


def act(action: str, job: Job, options: argparse.Namespace) -> int:
    world = World(job.bars, job.cash, job.limits, job.settings, job.first, job.last, job.index)
    out = Console(stderr=options.json, highlight=False)
    if action == "lookahead":
        from simulation.backtest.lookahead import analysed

        analysis = analysed(job.spec, world, progress=_progress)
        if options.json:
            write_json(analysis.to_json())
        else:
            _show_analysis(out, analysis)
        return 0 if analysis.clean else 1
    choices = dict(options.sets or [])
    how = {"goal": options.goal, "most": options.most, "backend": options.backend, "workers": options.workers}
    if action == "walk":
        from simulation.backtest.walk import walk

        walked = walk(job.spec, world, choices, folds=options.folds, progress=_progress, **how)
        if options.json:
            write_json(walked.to_json())
        else:
            _show_walk(out, walked)
        return 0
    from simulation.backtest.search import search

    found = search(job.spec, world, choices, progress=_progress, **how)
    if options.json:
        write_json(found.to_json())
    else:
        _show_search(out, found)
    return 0


def _progress(done: int, whole: int) -> None:
    end = "\n" if done == whole else ""
    sys.stderr.write(f"\r{done}/{whole}{end}")
    sys.stderr.flush()


def _numbers(params: object) -> str:
    return ", ".join(f"{name}={canonical(value)}" for name, value in dict(params).items())  # type: ignore[call-overload]


def _show_search(out: Console, found: Found) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("파라미터", "샤프", "CAGR", "최대 낙폭", "거래"):
        table.add_column(name, justify="left" if name == "파라미터" else "right")
    for trial in found.trials[:_SHOWN]:
        table.add_row(
            _numbers(trial.params), number(trial.sharpe), part(trial.cagr), part(-trial.depth), str(trial.trades)
        )
    out.print(
        f"{len(found.trials)}가지를 시험했어요." + (f" {found.failed}가지는 돌릴 수 없었어요." if found.failed else "")
    )
    out.print(table)
    own = found.significance
    out.print(
        f"유의성: 디플레이티드 샤프 {_share(own.deflated)} (95% 이상이어야), PBO {_share(own.overfit)} (20% 이하여야)"
    )
    out.print(
        "우연이라고 보기 어려워요."
        if own.passed
        else "가장 좋은 조합도 우연일 수 있어요. 이 숫자를 믿고 거래하지 마세요."
    )
    out.print(NO_PROMISE)


def _show_walk(out: Console, walked: Walked) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("시험 기간", "고른 값", "학습 샤프", "시험 샤프", "수익률", "거래"):
        table.add_column(name)
    for fold in walked.folds:
        table.add_row(
            f"{fold.test[0]} ~ {fold.test[1]}",
            _numbers(fold.params),
            number(fold.promised),
            number(fold.kept),
            part(fold.total_return),
            str(fold.trades),
        )
    out.print(table)
    out.print(
        f"시험 기간만 이으면 {part(walked.total_return)} (CAGR {part(walked.cagr)}, 샤프 {number(walked.sharpe)}, "
        f"최대 낙폭 {part(-walked.depth)}), 학습 때 샤프의 {_share(walked.efficiency)}"
    )
    out.print(NO_PROMISE)


def _show_analysis(out: Console, analysis: Analysis) -> None:
    out.print(
        f"{analysis.moments}곳에서 미래를 자르고 바꿔 보며 "
        f"신호 {analysis.signals:,}개와 체결 {analysis.fills:,}건을 견줬어요."
    )
    for peek in analysis.peeks[:_SHOWN]:
        out.print(f"미래를 봤어요: {peek.ticker} {peek.what}, {peek.bar:%Y-%m-%d %H:%M} ({peek.moment:%Y-%m-%d} 뒤)")
    out.print("미래를 본 신호가 없어요." if analysis.clean else f"미래를 본 곳이 {len(analysis.peeks)}곳 있어요.")


def _share(value: float | None) -> str:
    return "알 수 없음" if value is None else f"{value:.0%}"
