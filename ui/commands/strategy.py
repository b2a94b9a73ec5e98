"""`quartz strategy`: check, show, bring in, take out and compare strategies; the schema and the presets.

Files are JSON or .kis.yaml, told apart by what they say; "-" is standard input or output. Only what names a user needs
the database (and starts what it needs). Faults end in Korean lines with path and remedy and status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from domain.strategy.diff import changes
from domain.strategy.fitting import NEED_NAMES
from domain.strategy.kis_yaml import PARTS, export_kis
from domain.strategy.limits import MAX_TEXT
from domain.strategy.presets import OFFICIAL, preset_draft, preset_ids, preset_name, trades_on_signals
from domain.strategy.problems import Problem, StrategyError, one_problem
from domain.strategy.reading import Read, bound, read_strategy
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, json_schema
from ui.commands import strategy_running
from ui.stored_strategies import NoStrategy, Saved, desk_of, save_version, stored_spec

SHOWN = 50  # problems; a broken file has more of them than anybody reads


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] in strategy_running.ACTIONS:
        return strategy_running.main(arguments)
    options = _parser().parse_args(arguments)
    try:
        _ACTIONS[options.action](options)
    except StrategyError as error:
        _tell(str(problem) for problem in error.problems[:SHOWN])
        if len(error.problems) > SHOWN:
            _tell([f"그 밖에 {len(error.problems) - SHOWN}개가 더 있어요."])
        return 1
    except NoStrategy as error:
        _tell([str(error)])
        return 1
    except UnicodeError:
        _tell(["파일의 글자를 읽을 수 없어요. UTF-8로 저장해 주세요."])
        return 1
    except OSError as error:
        if error.filename is None:  # not a file's fault: settings and services have their own words
            raise
        _tell([_file_fault(error)])
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    from ui.people import default_user

    parser = argparse.ArgumentParser(prog="quartz strategy", description="전략을 확인하고, 들여오고, 내보내고, 견줘요.")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in (("show", "전략을 우리말로 보여 줘요"), ("validate", "전략이 올바른지 확인해요")):
        actions.add_parser(name, help=text).add_argument("file", metavar="FILE")
    bring = actions.add_parser("import", help=".kis.yaml이나 JSON 전략을 들여와요")
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--tickers", default="", metavar="A,B", help="거래할 종목코드")
    bring.add_argument("--user", default=None, metavar="NAME", help="이 사람의 전략으로 저장해요 (성향 한도 안에서)")
    bring.add_argument("--out", default="-", metavar="FILE")
    take = actions.add_parser("export", help="저장된 전략이나 파일을 JSON 또는 .kis.yaml로 내보내요")
    take.add_argument("file", nargs="?", default=None, metavar="FILE", help="없으면 저장된 전략")
    take.add_argument("--user", default=default_user(), metavar="NAME")
    take.add_argument("--version", type=int, default=None, help="몇 번째 버전 (기본: 최신)")
    take.add_argument("--format", choices=("json", "kis"), default="json")
    take.add_argument("--without", default="", metavar="A,B", help=f"KIS 형식에 없어 뺄 항목: {', '.join(PARTS)}")
    take.add_argument("--out", default="-", metavar="FILE")
    compare = actions.add_parser("diff", help="두 전략이나 두 버전이 어떻게 다른지 보여 줘요")
    compare.add_argument("old", metavar="FILE|VERSION")
    compare.add_argument("new", metavar="FILE|VERSION")
    compare.add_argument("--user", default=default_user(), metavar="NAME")
    compare.add_argument("--json", action="store_true", help="JSON으로")
    actions.add_parser("schema", help="전략 파일의 JSON Schema를 보여 줘요")
    for name in strategy_running.ACTIONS:
        actions.add_parser(name, help=strategy_running.HELP[name], add_help=False)
    presets = actions.add_parser("presets", help="준비된 전략을 보여 줘요")
    presets.add_argument("preset", nargs="?", default=None, metavar="ID", help="하나를 파일로")
    presets.add_argument("--format", choices=("json", "kis"), default="json")
    presets.add_argument("--out", default="-", metavar="FILE")
    return parser


def _schema(_: argparse.Namespace) -> None:
    _write(_as_json(json_schema()), "-")


def _show(options: argparse.Namespace) -> None:
    _write("\n".join(render(_read(options.file).spec)) + "\n", "-")


def _validate(options: argparse.Namespace) -> None:
    found = _read(options.file)
    _notes(found.notes)
    draft = "" if found.spec.is_bound else " 종목은 아직 정하지 않았어요."
    _write(f"올바른 전략이에요.{draft} 해시 {found.spec.content_hash()}\n", "-")


def _import(options: argparse.Namespace) -> None:
    found = _read(options.file)
    _notes(found.notes)
    tickers = _words(options.tickers)
    spec = bound(found.spec, tickers) if tickers else found.spec
    if options.user is None:
        _write(_as_json(spec.to_json()), options.out)
        return
    if not spec.is_bound:
        raise one_problem("universe.tickers", NEED_NAMES)
    saved = asyncio.run(_saved(options.user, spec))
    _notes(saved.notes)
    said = "저장했어요" if saved.new else "지금 쓰는 전략과 같아서 그대로 두었어요"
    _tell([f"'{saved.spec.metadata.name}' v{saved.version}: {said}. 해시 {saved.spec.content_hash()}"])
    if options.out != "-":
        _write(_as_json(saved.spec.to_json()), options.out)


def _export(options: argparse.Namespace) -> None:
    stored = options.file is None
    spec = asyncio.run(_stored(options.user, options.version)) if stored else _read(options.file).spec
    _write(_formatted(spec, options.format, _words(options.without)), options.out)


def _diff(options: argparse.Namespace) -> None:
    old, new = (_named(place, options.user) for place in (options.old, options.new))
    found = changes(old, new)
    if options.json:
        _write(_as_json([asdict(change) for change in found]), "-")
    else:
        _write("\n".join(f"{change.path}: {change.text}" for change in found or ()) + "\n" if found else _SAME, "-")


_SAME = "두 전략은 같아요.\n"


def _presets(options: argparse.Namespace) -> None:
    if options.preset is not None:
        _write(_formatted(preset_draft(options.preset), options.format, ()), options.out)
        return
    lines = []
    for preset in preset_ids():
        name, text = preset_name(preset)
        kind = "KIS 10종" if preset in OFFICIAL else "신호" if trades_on_signals(preset) else "정해진 비중"
        lines.append(f"{preset} ({kind}) {name}: {text}")
    _write("\n".join(lines) + "\n", "-")


_ACTIONS = {
    "schema": _schema,
    "show": _show,
    "validate": _validate,
    "import": _import,
    "export": _export,
    "diff": _diff,
    "presets": _presets,
}


def _read(file: str) -> Read:
    if file == "-":
        return read_strategy(sys.stdin.read(MAX_TEXT + 1))
    with Path(file).open(encoding="utf-8") as opened:
        return read_strategy(opened.read(MAX_TEXT + 1))


def _named(place: str, user: str) -> StrategySpec:
    """A file, or the stored version of that number."""
    if place.isdecimal() and not Path(place).exists():
        return asyncio.run(_stored(user, int(place)))
    return _read(place).spec


def _formatted(spec: StrategySpec, form: str, leave_out: Iterable[str]) -> str:
    return export_kis(spec, tuple(leave_out)) if form == "kis" else _as_json(spec.to_json())


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _write(text: str, file: str) -> None:
    if file == "-":
        sys.stdout.write(text)
    else:
        Path(file).write_text(text, encoding="utf-8")


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")


def _notes(notes: Iterable[Problem]) -> None:
    _tell(f"알림 {note}" for note in notes)


def _file_fault(error: OSError) -> str:
    texts = {
        FileNotFoundError: "파일을 찾을 수 없어요. 이름을 확인해 주세요.",
        IsADirectoryError: "파일이 아니라 폴더예요. 파일 이름을 주세요.",
        PermissionError: "파일을 열 권한이 없어요. 권한을 확인해 주세요.",
    }
    return f"{error.filename}: {texts.get(type(error), f'파일을 다룰 수 없어요. ({error.strerror})')}"


async def _stored(name: str, version: int | None) -> StrategySpec:
    async with desk_of(name, "strategy-export") as (desk, user_id):
        return await stored_spec(desk, user_id, name, version)


async def _saved(name: str, spec: StrategySpec) -> Saved:
    from datetime import datetime
    from uuid import uuid4

    from domain.clock import KST

    async with desk_of(name, "strategy-import") as (desk, user_id):
        return await save_version(desk, user_id, name, spec, datetime.now(KST), uuid4)
