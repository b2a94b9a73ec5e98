"""The command line: `quartz exchange …` and `python -m simulation.exchange …`. A public interface.

Contract: option names stay; `journal` prints the journal of a data folder, one JSON object a line with `--json`.
Wrong combinations end with exit code 2 and one line that says what was expected.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from simulation.exchange.config import AccountSpec, Environment, ExchangeConfig, Layout, Limits, Notices, Replay
from simulation.exchange.journal import JournalBroken, JournalBusy, read_journal

app = typer.Typer(add_completion=False, help="KIS 규격의 모의 거래소예요.", pretty_exceptions_enable=False)


def default_data_dir() -> Path:
    """QUARTZ_HOME/exchange when the variable is set, else ./.quartz/exchange."""
    home = os.environ.get("QUARTZ_HOME")
    return (Path(home) if home else Path(".quartz")) / "exchange"


@app.callback(invoke_without_command=True)
def exchange(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="포트, 0이면 빈 포트")] = 0,
    host: Annotated[str, typer.Option(help="붙을 주소")] = "127.0.0.1",
    layout: Annotated[Layout, typer.Option(help="웹소켓 프레임 폭: legacy 46/59, current 47/63")] = Layout.CURRENT,
    always_open: Annotated[bool, typer.Option("--always-open", help="휴장 없이 항상 연다")] = False,
    any_account: Annotated[
        bool, typer.Option("--any-account", help="형식만 맞으면 어떤 키와 계좌도 받는다 (루프백 전용)")
    ] = False,
    limits: Annotated[Limits, typer.Option(help="호출 한도: documented, off")] = Limits.DOCUMENTED,
    seed: Annotated[int, typer.Option(help="시장 시드")] = 1,
    replay: Annotated[Path | None, typer.Option(help="<종목>.csv 일봉 폴더를 시장으로 재생")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="재생 시작일")] = None,
    speed: Annotated[float, typer.Option(help="재생 배속 (주문이 열려 있으면 1)")] = 60.0,
    data_dir: Annotated[Path | None, typer.Option(help="저널 폴더")] = None,
    env: Annotated[Environment, typer.Option(help="실전(real) 또는 모의(paper) 호스트 흉내")] = Environment.REAL,
    paper_port: Annotated[
        int | None, typer.Option(help="실전 옆에 모의투자 호스트도 이 포트에 연다, 0이면 빈 포트")
    ] = None,
    notices: Annotated[Notices, typer.Option(help="체결 통보 토큰: live 23, documented 26")] = Notices.LIVE,
    accounts: Annotated[
        Path | None, typer.Option(help='받을 키와 계좌 JSON: [{"appkey","appsecret","accounts":["1234567801"]}]')
    ] = None,
    cash: Annotated[int, typer.Option(help="새 계좌의 예수금 (원)")] = 100_000_000,
    faults: Annotated[
        bool, typer.Option("--faults", help="시험용: /quartz/faults로 고장을 낼 수 있게 한다 (루프백 전용)")
    ] = False,
) -> None:
    """모의 거래소를 띄워요. REST와 웹소켓이 한 포트에 있어요."""
    if context.invoked_subcommand is not None:
        return
    if (replay is None) != (start is None):
        raise typer.BadParameter("expected --replay and --from together")
    if replay is not None and always_open:
        raise typer.BadParameter("expected --replay without --always-open: a replay has its own days")
    if paper_port is not None and (replay is not None or env is not Environment.REAL):
        raise typer.BadParameter("expected --paper-port with --env real and without --replay")
    config = ExchangeConfig(
        env=env,
        layout=layout,
        notices=notices,
        limits=limits,
        always_open=always_open,
        any_account=any_account,
        seed=seed,
        data_dir=data_dir or default_data_dir(),
        replay=None if replay is None or start is None else Replay(replay, start.date(), speed),
        accounts=_accounts(accounts),
        opening_cash=cash,
        faults=faults,
    )
    raise typer.Exit(_run(config, host, port, paper_port))


def _run(config: ExchangeConfig, host: str, port: int, paper_port: int | None) -> int:
    from simulation.exchange.replay import ReplayError  # the server's imports cost half a second; `journal` needs none
    from simulation.exchange.server import NotLoopback, serve

    try:
        return asyncio.run(serve(config, host, port, paper_port=paper_port))
    except (NotLoopback, ReplayError, JournalBroken, JournalBusy, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _accounts(file: Path | None) -> tuple[AccountSpec, ...]:
    if file is None:
        return ()
    rows = json.loads(file.read_text(encoding="utf-8"))
    return tuple(AccountSpec(row["appkey"], row["appsecret"], tuple(row["accounts"])) for row in rows)


@app.command()
def journal(
    data_dir: Annotated[Path | None, typer.Option(help="저널 폴더")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="한 줄에 JSON 하나")] = False,
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="이 거래일만")] = None,
) -> None:
    """거래소 저널을 읽어요: 계좌, 주문, 체결, 취소, 정정, 만료, 결제."""
    wanted: date | None = day.date() if day is not None else None
    try:
        for record in read_journal(data_dir or default_data_dir()):
            if wanted is not None and record.get("date") != wanted.isoformat():
                continue
            sys.stdout.write((json.dumps(record, ensure_ascii=False) if as_json else _line(record)) + "\n")
    except JournalBroken as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(2) from error


def _line(record: dict[str, object]) -> str:
    rest = " ".join(f"{key}={value}" for key, value in record.items() if key not in ("seq", "t", "kind"))
    return f"{record['seq']:>6} {record['t']} {record['kind']:<8} {rest}"


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        app(args=argv, prog_name="quartz exchange", standalone_mode=True)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
