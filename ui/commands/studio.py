"""`quartz studio`: the services, plus LangGraph's development server for Studio and the SDK, loopback only.

Contract: prints one bearer token, for a header and never for a URL; nothing answers without one. The server's list of
threads lives in the home, their contents in the database. Nothing is reported to anybody: no tracing, no analytics. The
server ends with this process, however that ends.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from domain.clock import SystemClock, format_moment
from graph.dev_token import Token, issue
from tools.embedded.errors import ServiceError
from tools.embedded.files import private_dir
from tools.embedded.ports import LOOPBACK, can_bind, free_port, holder
from tools.embedded.services import Endpoints
from tools.settings import ROOT, Broker, Settings, load_settings
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from tools.store.users import clean_name
from ui.stack import child_environment
from ui.stack_use import connect

PORT = 2024
STUDIO = "https://smith.langchain.com/studio/?baseUrl={url}"
NOBODY = "아직 사용자가 없어요. 먼저 ./quartz chat 으로 한 번 인사해 주세요."
UNKNOWN = "{name} 님을 찾지 못했어요. --user에는 이미 있는 이름을 적어 주세요."
SIM_ONLY = "개발 서버는 모의 거래소에서만 동작해요. QUARTZ_BROKER=sim 으로 바꿔 주세요. 지금은 {broker}예요."


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    settings = load_settings()
    if settings.broker is not Broker.SIM:
        raise ServiceError(SIM_ONLY.format(broker=settings.broker.value))
    port = options.port or free_port()
    if not options.token_only and not can_bind(port):  # the server would move to another port without a word
        raise ServiceError(f"expected port {port} to be free, was taken by {holder(port)}")
    with connect(settings, lambda text: print(text, file=sys.stderr)) as connected:  # noqa: T201
        name = user_name(settings, connected.endpoints, options.user)
        token = issue(instance_secret(settings), name, SystemClock().now())
        if options.token_only:
            sys.stdout.write(token.text + "\n")
            return 0
        sys.stdout.write(spoken(name, token, f"http://{LOOPBACK}:{port}"))
        sys.stdout.flush()
        return _serve(settings, port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quartz studio", description="LangGraph Studio와 SDK용 개발 서버를 켜요.")
    parser.add_argument("--port", type=int, default=PORT, help=f"기본 {PORT}; 0이면 빈 포트를 골라요")
    parser.add_argument("--user", metavar="NAME", help="누구의 토큰을 만들지 (기본: 주인)")
    parser.add_argument("--token-only", action="store_true", help="서버를 켜지 않고 토큰만 알려 줘요")
    return parser


def user_name(settings: Settings, endpoints: Endpoints, wanted: str | None) -> str:
    """An existing user's name; the owner's when none is wanted. Raises ServiceError."""
    query = "SELECT name FROM chat.users WHERE is_owner" if wanted is None else _NAMED
    given = () if wanted is None else (clean_name(wanted),)
    with psycopg.connect(role_url(settings, "ui", endpoints), connect_timeout=5) as connection:
        row = connection.execute(query, given).fetchone()
    if row is None:
        raise ServiceError(NOBODY if wanted is None else UNKNOWN.format(name=wanted))
    return str(row[0])


_NAMED = "SELECT name FROM chat.users WHERE name = %s"


def spoken(name: str, token: Token, url: str) -> str:
    """What the person at the terminal needs."""
    return (
        f"LangGraph 개발 서버: {url}\n"
        f"Studio: {STUDIO.format(url=url)}\n"
        f"{name} 님의 토큰 ({format_moment(token.expires_at)}까지):\n"
        f"{token.text}\n"
        "Studio의 연결 설정에서 헤더를 더해 주세요. 이름은 Authorization, 값은 'Bearer '와 토큰이에요.\n"
        "토큰은 비밀번호와 같아요. 주소(URL)나 대화에 적지 마세요. 끄려면 Ctrl-C\n"
    )


def _serve(settings: Settings, port: int) -> int:
    home = settings.home / "studio"
    private_dir(home)
    command = [sys.executable, "-m", "ui.child", "langgraph_cli", *_words(port)]
    # The child ends when its standard input does: also when we are killed.
    with subprocess.Popen(command, cwd=home, env=_environment(settings), stdin=subprocess.PIPE) as server:
        assert server.stdin is not None
        pipe = server.stdin
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: pipe.close())
        with contextlib.suppress(KeyboardInterrupt):  # the terminal told the server as well
            return server.wait()
        return server.wait()


def _words(port: int, config: Path = ROOT / "langgraph.json") -> list[str]:
    where = ["--config", str(config), "--host", LOOPBACK, "--port", str(port)]
    return ["dev", *where, "--no-browser", "--no-reload"]


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **child_environment(settings),
        "LANGGRAPH_STRICT_MSGPACK": "true",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGGRAPH_NO_VERSION_CHECK": "1",
        "LANGSMITH_TRACING": "false",
        "LANGCHAIN_TRACING_V2": "false",
        "LANGSMITH_API_KEY": "",
    }
