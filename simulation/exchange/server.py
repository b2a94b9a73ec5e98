"""The process around the application: bind, drive the market, stop cleanly.

Contract: `serve` binds before it says so; the first line on stdout is one JSON object {"event": "listening", "url",
"host", "port", …}; SIGINT and SIGTERM stop it. The driver looks at the market ten times a second; a driver that
fails ends the process, because a market that stands still silently is worse than none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from datetime import timedelta

import structlog
from aiohttp import web

from domain.clock import Clock, SystemClock
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.exchange import Exchange, before_open, build

DRIVE_SECONDS = 0.1
CHECKPOINT_SECONDS = 5.0


class NotLoopback(Exception):
    """`--any-account` lets anybody trade; it stays on this machine."""


def check_host(config: ExchangeConfig, host: str) -> None:
    """Raise when the open door would face a network."""
    if config.any_account and host not in ("127.0.0.1", "::1", "localhost"):
        raise NotLoopback(f"expected a loopback host with --any-account, was {host}")


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
    """Keep the market moving until told to stop."""
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
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), DRIVE_SECONDS)


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


async def serve(config: ExchangeConfig, host: str, port: int, wall: Clock | None = None) -> int:
    """Run until a signal; returns the exit code."""
    check_host(config, host)
    log_to_stderr()
    exchange = build(config, wall or SystemClock())
    app = make_app(exchange)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await site.start()
        _say(exchange, runner, host)
        await drive(exchange, app[HUB].pump, stop)
    finally:
        await app[HUB].close()
        await runner.cleanup()
        exchange.journal.close()
    return 0


def _say(exchange: Exchange, runner: web.AppRunner, host: str) -> None:
    bound = runner.addresses[0][1]
    shown = f"[{host}]" if ":" in host else host
    line = {
        "event": "listening",
        "url": f"http://{shown}:{bound}",
        "ws": f"ws://{shown}:{bound}",
        "host": host,
        "port": bound,
        "env": exchange.config.env.value,
        "layout": exchange.config.layout.value,
        "market": exchange.label,
    }
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()
