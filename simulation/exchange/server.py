"""The process around the application: bind, drive the market, stop cleanly.

Contract: `serve` binds before it says so; the first line on stdout is one JSON object {"event": "listening", "url",
"host", "port", …}; SIGINT and SIGTERM stop it. The driver looks at the market ten times a second; a driver that
fails ends the process, because a market that stands still silently is worse than none.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from aiohttp import web

from domain.clock import Clock, SystemClock
from domain.waiting import within
from simulation.exchange.app import HUB, PASSAGE, make_app
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.exchange import Exchange, before_open, build, build_pair
from simulation.exchange.passage import Passage, Straight

DRIVE_SECONDS = 0.1
CHECKPOINT_SECONDS = 5.0


class NotLoopback(Exception):
    """`--any-account` lets anybody trade, `--faults` lets anybody break things; both stay on this machine."""


def check_host(config: ExchangeConfig, host: str) -> None:
    """Raise when the open door would face a network."""
    option = "--any-account" if config.any_account else "--faults" if config.faults else ""
    if option and host not in ("127.0.0.1", "::1", "localhost"):
        raise NotLoopback(f"expected a loopback host with {option}, was {host}")


def skip_closed_hours(exchange: Exchange) -> None:
    """In a replay: once a session is over and settled, go to just before the next one; stay at the last."""
    config, venue = exchange.config, exchange.venue
    if config.replay is None:
        return
    now, calendar = venue.clock.now(), venue.calendar
    day = now.date()
    hours = calendar.hours(day)
    if hours is not None and now.time() < hours.close:
        return
    if hours is not None and now < now.replace(hour=hours.close.hour, minute=hours.close.minute) + timedelta(
        seconds=20
    ):
        return
    following = calendar.next_session(day)
    last = venue.market.last_day
    if last is None or following <= last:
        venue.clock.skip_to(before_open(calendar, following))


async def drive(exchange: Exchange, pump: Callable[[], None], stop: asyncio.Event) -> None:
    """Keep one market moving until told to stop."""
    noted = exchange.wall.monotonic()
    cold = exchange.venue.market.warm(exchange.venue.clock.now())
    while not stop.is_set():
        exchange.venue.advance()
        pump()
        skip_closed_hours(exchange)
        next(cold, None)
        if exchange.config.replay is not None and exchange.wall.monotonic() - noted >= CHECKPOINT_SECONDS:
            noted = exchange.wall.monotonic()
            exchange.venue.note("clock")
        await within(stop, DRIVE_SECONDS)


def log_to_stderr() -> None:
    """One JSON line an event on stderr; stdout carries only the listening line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


async def serve(
    config: ExchangeConfig, host: str, port: int, wall: Clock | None = None, paper_port: int | None = None
) -> int:
    """Run until a signal; returns the exit code. With `paper_port` the paper host stands beside the real one."""
    check_host(config, host)
    log_to_stderr()
    clock = wall or SystemClock()
    exchanges = (build(config, clock),) if paper_port is None else build_pair(config, clock)
    ports = (port, paper_port or 0)
    apps = [make_app(exchange, _passage(config, exchange.config.env.value, clock)) for exchange in exchanges]
    runners = [web.AppRunner(app, access_log=None, shutdown_timeout=2.0) for app in apps]
    closing: list[Callable[[], None]] = []
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        bound: list[int] = []
        for runner, app, at in zip(runners, apps, ports, strict=False):
            await runner.setup()
            bound.append(await _listen(runner, app[PASSAGE], host, at, closing))
        _say(exchanges, bound, host)
        async with asyncio.TaskGroup() as group:
            for exchange, app in zip(exchanges, apps, strict=True):
                group.create_task(drive(exchange, app[HUB].pump, stop))
    finally:
        for close in closing:
            close()
        for app, runner, exchange in zip(apps, runners, exchanges, strict=True):
            await app[HUB].close()
            await runner.cleanup()
            exchange.journal.close()
    return 0


def _passage(config: ExchangeConfig, env: str, clock: Clock) -> Passage:
    """What everything said goes through; faults are not even imported unless they were asked for."""
    if not config.faults:
        return Straight()
    from simulation.exchange.faults import Faults

    return Faults(random.Random(f"faults:{config.seed}:{env}"), clock)


async def _listen(
    runner: web.AppRunner, passage: Passage, host: str, port: int, closing: list[Callable[[], None]]
) -> int:
    """Bind; returns the port."""
    if isinstance(passage, Straight):
        await web.TCPSite(runner, host, port).start()
        return int(runner.addresses[0][1])
    from simulation.exchange.faults import Faults
    from simulation.exchange.faults.door import Door

    if not isinstance(passage, Faults):
        raise TypeError(f"expected faults or the straight way, was {type(passage).__name__}")
    door = Door(runner, passage, host, port)
    closing.append(door.close)
    return await door.open()


def _say(exchanges: Sequence[Exchange], ports: Sequence[int], host: str) -> None:
    """The first line on stdout; a paper host beside is a part of it under `paper`."""
    first, *beside = [_facts(exchange, port, host) for exchange, port in zip(exchanges, ports, strict=True)]
    line = {"event": "listening", **first, **({"paper": beside[0]} if beside else {})}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _facts(exchange: Exchange, bound: int, host: str) -> dict[str, object]:
    shown = f"[{host}]" if ":" in host else host
    return {
        "url": f"http://{shown}:{bound}",
        "ws": f"ws://{shown}:{bound}",
        "host": host,
        "port": bound,
        "env": exchange.config.env.value,
        "layout": exchange.config.layout.value,
        "market": exchange.label,
        **({"faults": True} if exchange.config.faults else {}),
    }
