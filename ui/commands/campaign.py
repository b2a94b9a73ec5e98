"""`quartz simulate --processes`: a home of real processes under load while they are killed and stopped, then judged.

Contract: exit status 0 when every process was hit often enough, enough intents went through, and the oracle found
nothing; 1 otherwise; 130 after Ctrl-C, which takes everything down first. The home is a temporary folder that is
removed, unless `--keep` or a broken rule makes it worth looking at.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from proving.campaign.home import Home, Target
from proving.campaign.report import Report
from proving.campaign.run import Campaign, Goal
from tools.embedded.errors import ServiceError
from tools.settings import Settings
from ui.stack import ready_lock


def _targets(text: str) -> tuple[Target, ...]:
    try:
        return tuple(dict.fromkeys(Target(name) for name in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected some of {', '.join(Target)}, was {text!r}") from None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="quartz simulate --processes", description="kill real processes under load")
    parser.add_argument("--hits", type=int, default=100, metavar="N", help="of each process (default: 100)")
    parser.add_argument(
        "--only", type=_targets, default=(*Target,), metavar="A,B", help=f"of {', '.join(Target)} (default: all)"
    )
    parser.add_argument("--intents", type=int, default=2000, metavar="N", help="through the door (default: 2000)")
    parser.add_argument("--accounts", type=int, default=10, metavar="N", help="people who trade (default: 10)")
    parser.add_argument("--rate", type=float, default=4.0, metavar="R", help="acts a second altogether (default: 4)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of people and killer (default: 1)")
    parser.add_argument("--keep", action="store_true", help="leave the home and its logs where they are")
    options = parser.parse_args(arguments)
    if min(options.hits, options.intents) < 0 or options.accounts < 1 or options.rate <= 0:
        parser.error("expected hits and intents >= 0, accounts >= 1 and a rate > 0")
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # that a database is down is no news here
    goal = Goal(options.hits, options.intents, options.accounts, options.rate, options.seed, options.only)
    folder = Path(tempfile.mkdtemp(prefix="quartz-c-"))  # short: a socket's path has about a hundred bytes
    folder.chmod(0o711)
    campaign = Campaign(Home(folder, ready_lock(Settings(home=folder))), goal, _say)
    status = _run(campaign)
    for line in campaign.report.lines():
        _say(line)
    if options.keep or campaign.report.breaks:
        _say(f"kept: {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return status


def _run(campaign: Campaign) -> int:
    try:
        report = asyncio.run(_interruptible(campaign))
    except asyncio.CancelledError:
        return 130
    except ServiceError as fault:
        _say(f"FAILED    {fault}")
        return 1
    return 1 if report.complaints() else 0


async def _interruptible(campaign: Campaign) -> Report:
    """The first Ctrl-C ends it in order; the ones after it find that under way."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    asked: list[bool] = []

    def ask() -> None:
        if not asked:
            asked.append(True)
            _say("stopping: everything is taken down…")
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ask)
    return await campaign.run()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
