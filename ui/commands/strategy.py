"""`quartz strategy`: take a strategy out as JSON, look at one, check one, print the schema.

export needs the database (it starts what it needs); show, validate and schema work on files alone. "-" is standard
input or output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain.strategy.check import StrategyError
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, json_schema, parse_spec


class NoStrategy(RuntimeError):
    """Nothing to export; the text says what to do."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.action == "schema":
            _write(json_schema(), "-")
        elif options.action == "export":
            _write(asyncio.run(_stored(options.user, options.version)), options.out)
        else:
            spec = _read(options.file)
            lines = [f"올바른 전략이에요. 해시 {spec.content_hash()}"] if options.action == "validate" else render(spec)
            sys.stdout.write("\n".join(lines) + "\n")
    except (StrategyError, NoStrategy, OSError, json.JSONDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    from ui.people import default_user

    parser = argparse.ArgumentParser(prog="quartz strategy", description="전략을 내보내고 확인해요.")
    actions = parser.add_subparsers(dest="action", required=True)
    export = actions.add_parser("export", help="저장된 전략을 JSON으로 내보내요")
    export.add_argument("--user", default=default_user(), metavar="NAME")
    export.add_argument("--version", type=int, default=None, help="몇 번째 버전 (기본: 최신)")
    export.add_argument("--out", default="-", metavar="FILE")
    for name, text in (("show", "파일의 전략을 우리말로 보여 줘요"), ("validate", "파일의 전략이 올바른지 확인해요")):
        actions.add_parser(name, help=text).add_argument("file", metavar="FILE")
    actions.add_parser("schema", help="전략 파일의 JSON Schema를 보여 줘요")
    return parser


def _read(file: str) -> StrategySpec:
    text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    data = json.loads(text)
    if not isinstance(data, dict):
        raise NoStrategy(f"expected a JSON object in {file}, was {type(data).__name__}")
    return parse_spec(data)


def _write(content: Mapping[str, Any], file: str) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    if file == "-":
        sys.stdout.write(text)
    else:
        Path(file).write_text(text, encoding="utf-8")


async def _stored(name: str, version: int | None) -> Mapping[str, Any]:
    """The stored document as it is in force, checked once more on its way out."""
    from tools.settings import load_settings
    from tools.store.desk import Desk
    from tools.store.pool import make_dict_pool, make_pool
    from tools.store.roles import role_url
    from tools.store.users import find_user
    from ui.stack import connect

    settings = load_settings()
    with connect(settings) as connected:
        url = role_url(settings, "graph", connected.endpoints)
        async with make_pool(url, "strategy-export") as people, make_dict_pool(url, "strategy-export") as pool:
            async with people.connection() as connection:
                user = await find_user(connection, name)
            found = [] if user is None else await Desk(pool).strategies(user.user_id, 1_000)
    chosen = [stored for stored in found if version in (None, stored.version)]
    if not chosen:
        raise NoStrategy(f"'{name}' 님의 전략이 없어요. ./quartz chat에서 먼저 만들어 주세요.")
    return parse_spec(dict(chosen[0].spec)).to_json()
