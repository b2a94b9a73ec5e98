"""The command line: a table of commands, each imported only when called.

To add a command, add a row: its name, `module:function`, a line of help. The function takes the arguments after the
name and returns an exit status. Faults of settings and services end in one line, not in a traceback.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import NamedTuple

import typer


class Row(NamedTuple):
    """Where a command lives and what it says of itself."""

    target: str
    help: str


COMMANDS = {
    "up": Row("ui.commands.up:main", "모두 켜요: 데이터베이스, 모의 거래소, 주문 관리(OMS), 브라우저 화면"),
    "link": Row("ui.commands.link:main", "브라우저로 들어갈 주인 링크를 새로 보여 줘요 (한 번만, 15분)"),
    "chat": Row("ui.chat.command:main", "터미널에서 대화해요"),
    "down": Row("ui.commands.down:main", "남아 있는 서비스를 꺼요"),
    "doctor": Row("ui.commands.doctor:main", "무엇이 설정되어 있고 무엇에 닿는지 알려 줘요"),
    "migrate": Row("ui.commands.migrate:main", "데이터베이스 구조를 최신으로 바꿔요"),
    "exchange": Row("simulation.exchange.cli:main", "모의 거래소만 켜요"),
    "web": Row("ui.commands.web:main", "브라우저 화면만 켜요"),
    "oms": Row("execution.oms.cli:main", "주문 관리(OMS)만 켜거나 주문을 판정해요"),
    "guard": Row("ui.commands.guard:main", "손절 지킴이만 켜거나 켜져 있는지 확인해요"),
    "ingest": Row("ui.commands.ingest:main", "시세만 받아 정리하고 저장하거나 켜져 있는지 확인해요"),
    "worker": Row("ui.commands.worker:main", "켜 둔 전략만 거래하거나 켜져 있는지 확인해요"),
    "scheduler": Row("ui.commands.scheduler:main", "정기 점검과 거시·뉴스 조사를 때맞춰 돌려요 (--once, --check)"),
    "diary": Row("ui.commands.diary:main", "정기 점검이 하루 동안 보고 한 일을 보여 줘요 (--day)"),
    "cycle": Row("ui.commands.cycle:main", "잔고를 한 번 점검하고 제안하거나 위임 안에서 주문해요"),
    "rebalance": Row("ui.commands.rebalance:main", "한도를 넘은 비중을 한 번 되돌려요"),
    "selector": Row("ui.commands.selector:main", "뉴스 제목에서 종목과 분위기를 읽어요 (score --json)"),
    "macro": Row("ui.commands.macro:main", "경제 지표를 모으고 거시 보고서를 쓰고 보여 줘요 (refresh, show)"),
    "receipt": Row("ui.commands.receipt:main", "결정마다 남는 영수증을 보고 확인하고 다시 계산해요 (verify, replay)"),
    "strategy": Row("ui.commands.strategy:main", "전략을 확인하고 들여오고 내보내고 견주고 켜고 꺼요"),
    "backtest": Row("ui.commands.backtest:main", "전략을 지난 시세로 시험해요 (search, walk, lookahead)"),
    "simulate": Row("ui.commands.simulate:main", "주문 경로를 가상의 며칠 동안 시험해요 (--seeds 0:100)"),
    "parity": Row("ui.commands.parity:main", "전략이 실제로도 백테스트대로 거래하는지 지난 시세를 재생해 견줘요"),
    "rehearse": Row("ui.commands.rehearse:main", "거래일 하루를 가상 시간으로 살아 보고 일지를 보여 줘요 (--seed 1)"),
    "test": Row("ui.commands.test:main", "테스트를 돌려요 (pytest 인자를 붙일 수 있어요)"),
    "studio": Row("ui.commands.studio:main", "LangGraph Studio용 개발 서버를 켜요"),
}

app = typer.Typer(
    name="quartz",
    help="Quartz: 한국 주식 투자 도우미. 처음이라면 ./quartz chat",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _add(name: str, row: Row) -> None:
    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

    @app.command(name, help=row.help, context_settings=settings)
    def command(context: typer.Context) -> None:
        raise typer.Exit(run(row, context.args))


for _name, _row in COMMANDS.items():
    _add(_name, _row)


def run(row: Row, arguments: list[str]) -> int:
    """Import and call; 0 when the command returns nothing. Known faults become one line on stderr and status 1."""
    module, _, function = row.target.partition(":")
    command = getattr(import_module(module), function)
    try:
        return int(command(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except (RuntimeError, ValueError, OSError) as fault:
        if not _is_ours(fault):
            raise
        sys.stderr.write(f"quartz: {fault}\n")
        return 1


def _is_ours(fault: Exception) -> bool:
    """True for errors whose text was written for the user; imported late, because help needs none of it."""
    from tools.embedded.account import NoAccount
    from tools.embedded.errors import ServiceError
    from tools.settings import SettingsError
    from tools.store.migrate import WrongRevision
    from tools.store.secrets import SecretError

    files = (PermissionError, FileExistsError, NotADirectoryError, TimeoutError)
    return isinstance(fault, (NoAccount, ServiceError, SettingsError, WrongRevision, SecretError, *files))


if __name__ == "__main__":
    app(prog_name="quartz")
