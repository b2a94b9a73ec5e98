"""`quartz receipt list|show|export|verify|replay`: what a decision was made of, what came of it, and whether it holds.

`verify` looks at the chain of hashes, the plan's own hash, fills against intents and the costs by their dated tables;
with the database also at whether the tables still say the same. `--file` needs no database. Exit status 1 when
something differs, and then it is named.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from domain.receipt import Step

NONE_YET = "아직 영수증이 없어요. 주문을 제안받거나 주문하면 남아요."
NOT_THERE = "그런 영수증이 없어요: {id}"
HOLDS = "{id}: 맞아요 ({steps}단계, {head})"
DIFFERS = "{id}: 다른 곳이 있어요."
SAME = "{id}: 같은 결정이 나와요. 다시 계산한 것: {what}"
OTHER = "{id}: 다른 결정이 나와요."
NOTHING = "없음"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where receipts are kept, and what the tables say."""

    receipts: Any
    trails: Any
    instruments: Any
    clock: Any


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    from domain.receipt import ReceiptError

    try:
        if getattr(options, "file", None):
            lines, failed = _from_file(options)
        else:
            lines, failed = _from_tables(options)
    except ReceiptError as wrong:
        lines, failed = [DIFFERS.format(id=options.file or "영수증"), f"  {wrong}"], True
    (sys.stderr if failed else sys.stdout).write("\n".join(lines) + "\n")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quartz receipt", description="결정마다 남는 영수증을 보고 확인해요.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|show|export|verify|replay")
    listing = verbs.add_parser("list", help="최근 영수증을 보여 줘요")
    listing.add_argument("--account", default="", metavar="REF", help="한 계좌만 (기본: 모두)")
    listing.add_argument("--limit", type=int, default=20, metavar="N")
    for verb, text in (("show", "한 결정을 처음부터 끝까지 보여 줘요"), ("export", "JSON 한 파일로 내보내요")):
        each = verbs.add_parser(verb, help=text)
        each.add_argument("plan", type=_plan_id, metavar="PLAN")
        if verb == "export":
            each.add_argument("--out", type=Path, metavar="FILE", help="기본: 표준 출력")
    for verb, text in (("verify", "맞는지 확인해요"), ("replay", "영수증만으로 다시 결정해 봐요")):
        each = verbs.add_parser(verb, help=text)
        each.add_argument("plan", nargs="*", type=_plan_id, metavar="PLAN", help="기본: 최근 것 모두")
        each.add_argument("--file", type=Path, metavar="FILE", help="내보낸 파일로 (데이터베이스 없이)")
        each.add_argument("--limit", type=int, default=200, metavar="N")
    return parser


def _plan_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"영수증 번호는 UUID예요. 지금은 {text!r}예요.") from None


def _from_file(options: argparse.Namespace) -> tuple[list[str], bool]:
    from domain.receipt import ReceiptError, read_export

    try:
        text = options.file.read_bytes().decode("utf-8")
    except OSError as fault:
        return [f"파일을 읽지 못했어요: {options.file} ({type(fault).__name__})"], True
    except UnicodeDecodeError:
        raise ReceiptError("expected UTF-8 text, was other bytes") from None
    chain = read_export(text)
    return _verified(chain, []) if options.verb == "verify" else _replayed(chain)


def _from_tables(options: argparse.Namespace) -> tuple[list[str], bool]:
    from execution.oms.logs import configure
    from tools.settings import load_settings
    from ui.stack_use import connect

    settings = load_settings()
    configure("warning")
    with connect(settings, _tell) as connected:
        return asyncio.run(_answer(settings, connected.endpoints, options))


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


@asynccontextmanager
async def open_shelf(settings: Any, endpoints: Any) -> AsyncIterator[Shelf]:
    """The tables as quartz_graph, which reads both receipts and what became of orders."""
    from domain.clock import SystemClock
    from domain.instruments import Instruments
    from tools.store.pool import make_dict_pool
    from tools.store.receipts import Receipts
    from tools.store.roles import role_url
    from tools.store.trail import Trails

    async with make_dict_pool(role_url(settings, "graph", endpoints), "receipt", max_size=2) as pool:
        yield Shelf(Receipts(pool), Trails(pool), Instruments.load(), SystemClock())


async def _answer(settings: Any, endpoints: Any, options: argparse.Namespace) -> tuple[list[str], bool]:
    async with open_shelf(settings, endpoints) as shelf:
        return await answer(shelf, options)


async def answer(shelf: Shelf, options: argparse.Namespace) -> tuple[list[str], bool]:
    """The lines of one command, and whether it failed."""
    from nodes.account.receipt_words import headline, lines_of

    if options.verb == "list":
        chains = [
            await shelf.receipts.chain(each) for each in await shelf.receipts.listed(options.limit, options.account)
        ]
        return ([f"{chain[0].receipt_id}  {headline(chain)}" for chain in chains] or [NONE_YET]), False
    if options.verb in ("show", "export"):
        chain = await shelf.receipts.chain(options.plan)
        if not chain:
            return [NOT_THERE.format(id=options.plan)], True
        return (lines_of(chain), False) if options.verb == "show" else _exported(chain, options.out)
    wanted = options.plan or await shelf.receipts.listed(options.limit)
    lines: list[str] = []
    failed = False
    for plan_id in wanted:
        more, wrong = await _one(shelf, options.verb, plan_id)
        lines, failed = [*lines, *more], failed or wrong
    return lines or [NONE_YET], failed


async def _one(shelf: Shelf, verb: str, plan_id: UUID) -> tuple[list[str], bool]:
    from domain.receipt import ReceiptError
    from graph.receipts.compare import compared

    try:
        chain = await shelf.receipts.chain(plan_id)
    except ReceiptError as wrong:
        return [DIFFERS.format(id=plan_id), f"  {wrong}"], True
    if not chain:
        return [NOT_THERE.format(id=plan_id)], True
    if verb == "replay":
        return _replayed(chain)
    trail = await shelf.trails.trail(plan_id)
    return _verified(chain, compared(chain, trail, shelf.instruments, shelf.clock.now()))


def _exported(chain: Sequence[Step], out: Path | None) -> tuple[list[str], bool]:
    from domain.receipt import export_text

    text = export_text(chain)
    if out is None:
        return [text.removesuffix("\n")], False
    out.write_bytes(text.encode())
    return [f"{out}에 내보냈어요 ({len(chain)}단계)."], False


def _verified(chain: Sequence[Step], more: Sequence[str]) -> tuple[list[str], bool]:
    from domain.receipt_audit import audit

    receipt_id, wrong = chain[0].receipt_id, [*audit(chain), *more]
    if wrong:
        return [DIFFERS.format(id=receipt_id), *(f"  {text}" for text in wrong)], True
    return [HOLDS.format(id=receipt_id, steps=len(chain), head=chain[-1].hash[:16])], False


def _replayed(chain: Sequence[Step]) -> tuple[list[str], bool]:
    from graph.receipts.replay import replay

    found, receipt_id = replay(chain), chain[0].receipt_id
    notes = [f"  {text}" for text in found.notes]
    if not found.same:
        return [OTHER.format(id=receipt_id), *(f"  {text}" for text in found.differences), *notes], True
    return [SAME.format(id=receipt_id, what=", ".join(found.recomputed) or NOTHING), *notes], False
