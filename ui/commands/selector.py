"""`quartz selector`: `score` reads headlines from standard input, `run` from the web; `master` takes in a master or
fetches KIS's own.

Contract of `score --json`: one line in, one JSON object out, in order and at once, also for an empty line. Text may be
UTF-8 or cp949, line by line; of a line longer than MAX_LINE bytes the beginning counts. Needs neither service nor net.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from tools.embedded.services import Endpoints
    from tools.settings import Settings

MAX_LINE = 16_384  # bytes; a headline has a few hundred
SHOWN = 20  # candidates

_LABELS = {"positive": "호재", "neutral": "중립", "negative": "악재"}


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    if options.action == "master":
        if options.download:
            return asyncio.run(_download(options.due))
        return _master(options.file)
    if options.action == "run":
        return _collect(options.due)
    return _score(options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quartz selector", description="뉴스 제목에서 종목과 분위기를 읽어요.")
    actions = parser.add_subparsers(dest="action", required=True)
    score = actions.add_parser("score", help="표준 입력의 뉴스 제목을 한 줄씩 읽어요")
    score.add_argument("--json", action="store_true", help="한 줄에 JSON 하나씩")
    run = actions.add_parser("run", help="뉴스를 지금 모아 저장하고 후보를 보여 줘요")
    run.add_argument("--due", action="store_true", help="0시와 12시가 지났을 때만")
    master = actions.add_parser("master", help="종목 마스터 파일(kospi_code.mst, kosdaq_code.mst, CSV)을 들여와요")
    which = master.add_mutually_exclusive_group(required=True)
    which.add_argument("file", metavar="FILE", nargs="?")
    which.add_argument("--download", action="store_true", help="한국투자증권이 공개하는 두 파일을 받아요")
    master.add_argument("--due", action="store_true", help="--download와 함께: 가진 것이 하루 지났을 때만")
    return parser


def _score(as_json: bool) -> int:
    from domain.news.matching import Matcher
    from domain.news.scored import read
    from tools.news.listings import load_listing
    from tools.settings import load_settings

    matcher = Matcher(load_listing(load_settings().home))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    try:
        for line in lines_of(sys.stdin.buffer):
            found = read(matcher, line)
            if as_json:
                sys.stdout.write(json.dumps(found.to_json(), ensure_ascii=False) + "\n")
            else:
                names = ", ".join(f"{row.name}({row.code})" for row in found.names) or "종목 없음"
                mood = _LABELS[found.reading.mood]
                sys.stdout.write(f"{mood} {found.reading.score:+.2f} | {names} | {found.title}\n")
            sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, as with `head`; nothing is left to say
    return 0


def lines_of(source: BinaryIO) -> Iterator[str]:
    """Lines of a byte stream without their ends, each decoded by itself, none kept longer than MAX_LINE."""
    while piece := source.readline(MAX_LINE):
        whole = piece
        while not piece.endswith(b"\n") and (piece := source.readline(MAX_LINE)):
            pass  # the rest of a line that is too long
        yield decoded(whole.rstrip(b"\r\n"))


def decoded(raw: bytes) -> str:
    """UTF-8, else cp949, else UTF-8 with its faults marked."""
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")


def _master(file: str) -> int:
    from domain.news.master import NotAMaster
    from tools.news.listings import keep_master
    from tools.settings import load_settings

    try:
        count = keep_master(load_settings().home, Path(file).name, Path(file).read_bytes())
    except (OSError, NotAMaster) as fault:
        sys.stderr.write(f"종목 마스터를 읽을 수 없어요: {fault}\n")
        return 1
    sys.stdout.write(f"종목 {count:,}개를 들여왔어요.\n")
    return 0


async def _download(only_due: bool) -> int:
    from domain.clock import SystemClock
    from tools.news.listings import CSV
    from tools.news.master_download import download, due
    from tools.settings import load_settings

    home, clock = load_settings().home, SystemClock()
    if only_due and not due(home, clock.now()):
        sys.stdout.write("종목 마스터가 새것이라 받지 않았어요.\n")
        return 0
    told = await download(home, clock)
    for one in told:
        if one.good:
            sys.stdout.write(f"{one.market} 종목 {one.names:,}개를 받았어요.\n")
        else:
            sys.stderr.write(f"{one.market} 종목 마스터를 바꾸지 않았어요. {one.why}\n")
    if (home / "master" / CSV).exists():
        sys.stdout.write(f"직접 들여온 목록({CSV})이 있어서 그것을 먼저 써요.\n")
    return 0 if all(one.good for one in told) else 1


def _collect(only_due: bool) -> int:
    """A model's calls are counted in the database beside everybody's; without a model none is needed."""
    from tools.llm.chain import read_chain
    from tools.settings import load_settings
    from ui.stack_use import connect

    settings = load_settings()
    if not read_chain(settings):
        return asyncio.run(_run(settings, None, only_due))
    with connect(settings, _tell) as connected:
        return asyncio.run(_run(settings, connected.endpoints, only_due))


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


async def _run(settings: Settings, endpoints: Endpoints | None, only_due: bool) -> int:
    from domain.clock import SystemClock
    from graph.news_job import open_news_job
    from nodes.selector.refresh import refresh
    from tools.store.minds import open_mind
    from tools.store.pool import make_dict_pool
    from tools.store.roles import role_url
    from ui.wiring import system_ids

    clock = SystemClock()
    async with AsyncExitStack() as stack:
        if endpoints is not None:
            url = role_url(settings, "graph", endpoints)
            pool = await stack.enter_async_context(make_dict_pool(url, "news", max_size=2))
            await stack.enter_async_context(open_mind(settings, pool, clock=clock, new_id=system_ids()))
        job = await stack.enter_async_context(open_news_job(settings, clock))
        done = await refresh(job, now_please=not only_due)
        if done.run is None:
            sys.stdout.write((done.why or "아직 모을 때가 아니에요.") + "\n")
            return 1 if done.why else 0
        for state in done.run.sources:
            told = f"{state.items}개" if state.code == "ok" else state.message
            sys.stdout.write(f"{state.name}: {told}\n")
        for each in done.run.rated(job.matcher.listing)[:SHOWN]:
            shares = " · ".join(f"{part} {row['share']:.2f}" for part, row in each.to_json()["parts"].items())
            sys.stdout.write(f"{each.score:.2f} {each.row.name}({each.row.code}) = {shares}\n")
    if done.why:
        sys.stderr.write(done.why + "\n")
    return 1 if done.why else 0
