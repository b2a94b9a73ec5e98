"""`quartz backtest FILE --data DIR --cash WON`: a strategy on history, told in Korean, as JSON or as a report.

`quartz backtest search|walk|lookahead FILE …` look for parameters, test them forward and prove that no signal knows the
future. Contract: exit status 0 when it ran, 1 when it could not (one sentence on stderr), 2 for wrong options. What is
printed always ends with the word that the past is no promise.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.clock import KST

if TYPE_CHECKING:
    from domain.bars import Bars
    from domain.limits import Limits
    from domain.strategy.spec import StrategySpec
    from simulation.backtest.run import Index
    from simulation.backtest.settings import Settings

ACTIONS = ("search", "walk", "lookahead")


@dataclass(frozen=True, slots=True)
class Job:
    """What all actions need."""

    spec: StrategySpec
    bars: Mapping[str, Bars]
    cash: int
    limits: Limits | None
    settings: Settings
    first: date | None
    last: date | None
    index: Index | None


def main(arguments: list[str]) -> int:
    from domain.strategy.problems import StrategyError
    from market.bars.folder import FolderError
    from simulation.backtest.errors import BacktestError

    action, rest = (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in ACTIONS else ("", arguments)
    options = _parser(action).parse_args(rest)
    try:
        if action:
            from ui.commands.backtest_search import act

            return act(action, job_of(options), options)
        return _run(job_of(options), options)
    except (StrategyError, BacktestError, FolderError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser(action: str) -> argparse.ArgumentParser:
    name = f"quartz backtest {action}".strip()
    epilog = "" if action else "더: quartz backtest search|walk|lookahead FILE …"
    parser = argparse.ArgumentParser(prog=name, description="전략을 지난 시세로 시험해요.", epilog=epilog)
    parser.add_argument("file", metavar="FILE", help="전략 파일: 우리 JSON 또는 .kis.yaml")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="종목마다 파일이 하나씩 있는 폴더")
    parser.add_argument("--from", dest="first", type=_day, metavar="D", help="첫날 (앞선 자료는 지표 준비에만 써요)")
    parser.add_argument("--to", dest="last", type=_day, metavar="D", help="마지막 날")
    parser.add_argument("--cash", type=_won, required=True, metavar="WON", help="시작 금액: 20000000 또는 2천만원")
    parser.add_argument("--tickers", type=_list, metavar="A,B", help="종목코드 (기본: 전략의 종목, 없으면 폴더 전체)")
    parser.add_argument("--grade", metavar="G", help="이 투자성향의 한도도 지켜요: 안정형 … 공격투자형")
    parser.add_argument("--benchmark", type=Path, metavar="FILE", help="비교할 지수의 CSV (date, close)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="우연의 씨앗 (기본 0)")
    parser.add_argument("--slippage-bps", type=float, default=5.0, metavar="B", help="평균 슬리피지 (기본 5)")
    parser.add_argument("--latency-ms", type=int, default=200, metavar="MS", help="주문이 닿는 시간 (기본 200)")
    parser.add_argument("--volume-share", type=float, default=10.0, metavar="P", help="거래량 중 우리 몫 %% (기본 10)")
    parser.add_argument("--fill", choices=("open", "close"), default="open", help="다음 봉의 시가나 종가 (기본 open)")
    parser.add_argument("--min-order", type=_won, default=0, metavar="WON", help="이보다 작은 매수는 하지 않아요")
    parser.add_argument("--riskless", type=float, default=2.5, metavar="P", help="무위험 금리 %% (기본 2.5)")
    parser.add_argument("--settled-only", action="store_true", help="매도 대금은 결제(T+2) 뒤에만 다시 써요")
    parser.add_argument("--json", action="store_true", help="결과를 JSON으로")
    if action in ("search", "walk"):
        from ui.commands.backtest_search import add_options

        add_options(parser, action)
    elif action == "":
        parser.add_argument("--report", type=Path, metavar="FILE", help="보고서를 HTML 파일로")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"2024-01-31 꼴의 날짜가 아니에요: {text!r}") from None


def _won(text: str) -> int:
    plain = text.replace(",", "").replace("_", "")
    if plain.isdigit():
        return int(plain)
    from domain.money import parse_won

    found = parse_won(text)
    if len(found) != 1 or found[0].upper is not None:
        raise argparse.ArgumentTypeError(f"금액을 읽을 수 없어요: {text!r}. 20000000이나 2천만원처럼 적어 주세요.")
    return found[0].amount


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def job_of(options: argparse.Namespace) -> Job:
    """Reads the strategy, the bars it needs and the index."""
    from domain.strategy.reading import bound
    from market.bars.folder import read_closes, read_folder, tickers_in
    from simulation.backtest.rules import first_day
    from simulation.backtest.run import Index

    spec = _strategy(options.file)
    if options.tickers:
        spec = bound(spec, options.tickers)
    elif not spec.is_bound:
        spec = bound(spec, tickers_in(options.data))
    start = int(datetime.combine(first_day(), time.min, KST).timestamp())
    bars = {
        ticker: each.part(int(each.time.searchsorted(start)), len(each))
        for ticker, each in read_folder(options.data, spec.universe.tickers).items()
    }
    index = None
    if options.benchmark is not None:
        index = Index(options.benchmark.stem, read_closes(options.benchmark))
    return Job(spec, bars, options.cash, _limits(options), _settings(options), options.first, options.last, index)


def _strategy(file: str) -> StrategySpec:
    """Ours or a .kis.yaml; "-" is standard input. What was read otherwise than it stands is said on standard error."""
    from domain.strategy.reading import read_strategy

    found = read_strategy(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    for note in found.notes:
        sys.stderr.write(f"{note}\n")
    return found.spec


def _limits(options: argparse.Namespace) -> Limits | None:
    if options.grade is None:
        return None
    from domain.limits import limits_for
    from domain.suitability import Grade
    from simulation.backtest.errors import BacktestError

    grades = [grade.value for grade in Grade]
    if options.grade not in grades:
        raise BacktestError(f"투자성향은 {', '.join(grades)} 가운데 하나예요. 받은 값은 {options.grade!r}이에요.")
    return limits_for(Grade(options.grade), options.cash)


def _settings(options: argparse.Namespace) -> Settings:
    from simulation.backtest.errors import BacktestError
    from simulation.backtest.settings import Settings

    try:
        return Settings(
            seed=options.seed,
            latency_ms=options.latency_ms,
            slippage_bps=options.slippage_bps,
            volume_bps=round(options.volume_share * 100),
            fill=options.fill,
            reuse_proceeds=not options.settled_only,
            riskless_bps=round(options.riskless * 100),
            min_order_krw=options.min_order,
        )
    except ValueError as error:
        raise BacktestError(f"설정 값이 범위를 벗어났어요. {error}") from None


def _run(job: Job, options: argparse.Namespace) -> int:
    from simulation.backtest.run import backtest

    result = backtest(
        job.spec,
        job.bars,
        job.cash,
        limits=job.limits,
        settings=job.settings,
        first=job.first,
        last=job.last,
        index=job.index,
    )
    if options.report is not None:
        from ui.commands.backtest_report import report

        options.report.write_text(report(result, job.spec), encoding="utf-8")
    if options.json:
        write_json(result.to_json())
        return 0
    from ui.commands.backtest_summary import show

    show(result)
    if options.report is not None:
        sys.stdout.write(f"보고서: {options.report}\n")
    return 0


def write_json(content: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
