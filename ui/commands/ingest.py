"""`quartz ingest`: the market's data in a process of its own, beside services that run; `--check` asks if one lives.

By default the process that runs strategies hosts it; this is for a machine of its own, or to look at the stream.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tools.embedded.services import Endpoints, endpoints
from tools.life import until_stopped
from tools.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="quartz ingest", description="시세를 받아 정리하고 저장해요.")
    parser.add_argument("tickers", nargs="*", help="항상 받을 종목 코드 (전략과 보유 종목은 알아서 받아요)")
    parser.add_argument("--check", action="store_true", help="켜져 있는지만 확인해요")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings()
    found = endpoints(settings)
    if options.check:
        return asyncio.run(check(settings, found))
    from execution.oms.logs import configure

    configure(settings.log_level)
    return asyncio.run(serve(settings, found, options.tickers))


async def check(settings: Settings, found: Endpoints) -> int:
    """0 while an ingest lives and streams."""
    from redis.asyncio import Redis

    from domain.clock import SystemClock
    from market.host import prefix_of
    from market.snapshots import Snapshots, SnapshotsUnavailable

    redis = Redis.from_url(found.redis_url)
    try:
        beat = await Snapshots(redis, prefix_of(settings), SystemClock()).heartbeat()
    except SnapshotsUnavailable:
        beat = None
    finally:
        await redis.aclose()
    if beat is None:
        sys.stdout.write("시세를 받는 프로그램이 켜져 있지 않아요.\n")
        return 1
    names = ", ".join(beat.followed) or "없음"
    sys.stdout.write(f"시세를 받고 있어요 ({beat.label}). 종목: {names}\n")
    if beat.left_out:
        sys.stdout.write(f"등록 한도를 넘어 받지 못하는 종목: {', '.join(beat.left_out)}\n")
    return 0


async def serve(settings: Settings, found: Endpoints, tickers: Sequence[str]) -> int:
    """Until SIGTERM or SIGINT."""
    from market.host import open_market

    async def follow() -> None:
        async with open_market(settings, found, first=tickers) as host:
            await host.start()
            try:
                await host.wait()
            finally:
                await host.stop()

    await until_stopped(follow())
    return 0
