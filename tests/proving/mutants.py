"""Mutants of the order path: each a small lie in a copy of the tree, and the seed that finds it out.

Contract: a mutant is a list of exact texts replaced in a copy; the product is never touched and knows nothing of it.
`killed_by` lives through seeds in that copy until one breaks a rule. Run as a program it tries all of them:
`python tests/proving/mutants.py [A:B] [NAME …]`; survivors are listed and the exit status says whether there are any.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("domain", "tools", "simulation", "execution", "proving")
_TRY = """
import sys
from proving.runs import attempt
from tools.settings import Broker
for seed in range(int(sys.argv[1]), int(sys.argv[2])):
    for broker in (Broker.LIVE, Broker.PAPER):
        outcome = attempt(seed, broker)
        if not outcome.good:
            print(seed, broker.value, " ".join(outcome.breaks[0].split()[2:])[:110])
            sys.exit(0)
"""


@dataclass(frozen=True)
class Mutant:
    """`patches`: (file, text that stands there once, text instead)."""

    name: str
    patches: tuple[tuple[str, str, str], ...]


def _one(name: str, file: str, was: str, becomes: str) -> Mutant:
    return Mutant(name, ((file, was, becomes),))


_POSTING = "execution/oms/posting.py"
_ASKED = "execution/oms/asked.py"
_PROGRESS = "execution/oms/progress.py"

MUTANTS: tuple[Mutant, ...] = (
    _one(
        "send again on time-out",
        _POSTING,
        'elif isinstance(error, OutcomeUnknown):\n            event, note = Event.REPLY_UNKNOWN, ""',
        'elif isinstance(error, OutcomeUnknown):\n            event, note = Event.NOT_SENT, ""',
    ),
    Mutant(
        "drop the lock",
        (
            (
                "execution/oms/sender.py",
                "if (intent.ticker, intent.side) in locked:\n                continue",
                "if (intent.ticker, intent.side) in locked:\n                pass",
            ),
            (
                "execution/oms/ledger/memory/schema.py",
                '_UNCERTAIN = frozenset({"SENDING", "UNKNOWN", "MANUAL"})',
                "_UNCERTAIN: frozenset[str] = frozenset()",
            ),
        ),
    ),
    _one(
        "SENDING without a witness",
        _POSTING,
        "await witnessed(core.ledger, core.witness)\n            if",
        "if",
    ),
    _one(
        "SENDING marked after sending",
        _POSTING,
        "sending = await self._commit(session, intent.intent_id, fetched, until)",
        "await session.client.orders.place(CashOrder(intent.side, intent.ticker, intent.quantity, intent.order_type,"
        " intent.limit_price or 0, 0), deadline=deadline, priority=None)\n"
        "            sending = await self._commit(session, intent.intent_id, fetched, until)",
    ),
    _one(
        "a crash in SENDING counts as not sent",
        "execution/oms/recovery.py",
        "            await core.mover.intent(tx, known, Event.RECOVERED, evidence)\n            moved += 1",
        "            await core.mover.intent(tx, known, Event.NOT_SENT if known.state is IntentState.SENDING else"
        " Event.RECOVERED, evidence)\n            moved += 1",
    ),
    _one(
        "EGW00301 counts as not sent",
        "tools/kis/replies.py",
        '    "EGW00201": "too many requests in a second",',
        '    "EGW00201": "too many requests in a second",\n    "EGW00301": "",\n    "EGW00302": "",',
    ),
    _one(
        "any reply counts as not sent after the first byte",
        "tools/kis/transport.py",
        "return Exchange(TransportEvent.BROKEN, detail, first_byte_at=hook.first_byte_at)",
        "return Exchange(before, detail, first_byte_at=hook.first_byte_at)",
    ),
    _one(
        "absence concluded before settle",
        "execution/oms/unknown.py",
        "if min(begun, figures.asked_wall if figures is not None else begun) < self._after(intent):",
        "if False:",
    ),
    _one(
        "a found order is called absent",
        "execution/oms/unknown.py",
        "candidates = [row for row in loose if self.fits(intent, row)]",
        "candidates: list[OrderRow] = []",
    ),
    _one(
        "a halt is not in memory",
        "execution/oms/halting.py",
        "            states.set(request.scope, account_ref, wanted, reason)\n",
        "            pass\n",
    ),
    _one(
        "another text's approval is good",
        _ASKED,
        "decision.plan_hash != asked.plan_hash or decision.answered_hash != asked.plan_hash",
        "decision.plan_hash != asked.plan_hash",
    ),
    _one(
        "a late approval is good",
        _ASKED,
        "if not settled and (decision.decided_at is None or decision.decided_at > decision.expires_at):",
        "if False:",
    ),
    _one(
        "a rejection is an approval",
        _ASKED,
        'if decision.decision != "approve":',
        "if False:",
    ),
    _one(
        "every principal may use every word",
        "execution/oms/auth.py",
        "if authority not in AUTHORITY[self.principal]:",
        "if False:",
    ),
    _one(
        "tokens are not looked at",
        "execution/oms/auth.py",
        "if expected is None or not hmac.compare_digest(expected, token.encode()):",
        "if expected is None:",
    ),
    _one(
        "a lowered quantity is forgotten",
        "domain/gate/plan.py",
        "quantity = min(order.quantity, quantities.get(order.leg, order.quantity))",
        "quantity = order.quantity",
    ),
    _one(
        "a revised order forgets what had filled",
        _PROGRESS,
        "filled = sum(link.filled for link in chain)",
        "filled = chain[-1].filled",
    ),
    _one(
        "amounts are counted without their last fill",
        _PROGRESS,
        '"filled_amount": sum(link.amount for link in chain),',
        '"filled_amount": sum(fill.amount for fill in fills[:1]),',
    ),
    _one(
        "nothing ever lapses",
        _PROGRESS,
        '        if not order.live:\n            return\n        evidence = {"trade_date"',
        '        return\n        evidence = {"trade_date"',
    ),
    _one(
        "a cancel that was received has cancelled",
        "execution/oms/cancel.py",
        'code, state, event, odno = "", "ACKED", None, None',
        'code, state, event, odno = "", "ACKED", Event.CANCEL_CONFIRMED, None',
    ),
    _one(
        "the fee is rounded up",
        "domain/costs.py",
        "return int(_checked(amount) * schedule.rate) // schedule.unit * schedule.unit",
        "return -int(-(_checked(amount) * schedule.rate) // schedule.unit) * schedule.unit",
    ),
    Mutant(
        "a lost lease still sends",
        (
            (
                "execution/oms/ledger/hold.py",
                "return self.epoch > 0 and self._seconds() < self._good_until",
                "return self.epoch > 0",
            ),
            (
                "execution/oms/ledger/memory/storage.py",
                "        if row is None or row.epoch != self.epoch:\n            raise self._lost()\n",
                "",
            ),
        ),
    ),
    _one(
        "an order found again is a new one",
        "execution/oms/admission.py",
        "            if repeat is not None:\n                return repeat\n            quantities",
        "            quantities",
    ),
)


def mutated(mutant: Mutant, into: Path) -> None:
    """A copy of the tree with the lie in it. Raises ValueError when a text is not there exactly once."""
    for part in PARTS:
        shutil.copytree(ROOT / part, into / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file, was, becomes in mutant.patches:
        path = into / file
        text = path.read_text(encoding="utf-8")
        if text.count(was) != 1:
            raise ValueError(f"expected {was!r} once in {file}, was there {text.count(was)} times")
        path.write_text(text.replace(was, becomes), encoding="utf-8")


def killed_by(mutant: Mutant, seeds: range) -> str:
    """The first seed that found it out, with what it said; "" when none did."""
    with tempfile.TemporaryDirectory(prefix="quartz-mutant-") as folder:
        mutated(mutant, Path(folder))
        done = subprocess.run(
            [sys.executable, "-c", _TRY, str(seeds.start), str(seeds.stop)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout.strip() or (f"died: {done.stderr.strip()[-110:]}" if done.returncode else "")


def main(arguments: Sequence[str]) -> int:
    first, _, last = (arguments[0] if arguments else "0:200").partition(":")
    wanted = set(arguments[1:])
    survivors = []
    for mutant in MUTANTS:
        if wanted and mutant.name not in wanted:
            continue
        said = killed_by(mutant, range(int(first), int(last)))
        sys.stdout.write(f"{'killed' if said else 'SURVIVED':9} {mutant.name}: {said}\n")
        sys.stdout.flush()
        if not said:
            survivors.append(mutant.name)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
