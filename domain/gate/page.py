"""`docs/gate.md` as text, printed from the table of controls and the gate's figures."""

from __future__ import annotations

from domain.gate.config import ENVIRONMENTS, gate_config
from domain.gate.order import OrderClass
from domain.gate.table import CONTROLS
from domain.tables import table

_INTRO = """# The gate

Printed from `domain/gate/table.py` and `domain/data/gate.yaml` by `python -m tools.reference`.

`check(order, view, stage)` is a pure function; the account's single writer makes it atomic. Every control that binds
the order's class is asked, in this order, and all objections are returned as findings (code, effect, message, was,
limit).

- **increase**: buys, and sales of more than is free, which SELLABLE refuses. **reduce**: a sale of at most what is
  freshly sellable, net of all resting sells. **cancel**: a whole-remainder cancel.
- HALTED leaves only cancels; REDUCING leaves reduce and cancel.
- refuse: the order does not leave. clamp: the quantity is lowered (never raised) where the caller allows it, which only
  a preview of a proposal does; otherwise the same control refuses. TICK moves the price against us in any case: a buy
  down, a sale up. warn: said, not binding.
- Stages: PREVIEW (no authority yet), ADMIT (in the admitting transaction), RELEASE (after the budget grant, on fresh
  views; ids and duplicates are settled, an approval's expiry is settled, nothing is clamped).
- Instrument, tick, band and sellable have no input on a cancel; they were settled when the order was placed."""


def page() -> str:
    """The whole page, ending in a newline."""
    lines = [_INTRO, "", "## Controls", ""]
    head = ["no", "code", "한국어", "binds", "reads", "source", "max age", "substitute", "missing", "effect", "unit"]
    lines += [_row(head), _row(["---"] * len(head))]
    for c in CONTROLS:
        binds = ", ".join(k.value for k in OrderClass if k in c.binds)
        cells = [str(c.number), f"`{c.code}`", c.title, binds, c.reads, c.sources, c.max_age, c.substitute, c.missing]
        lines.append(_row([*cells, c.effect, c.unit]))
    lines += ["", "## Figures", "", f"Decided {table('gate')['decided']}: {table('gate')['source']}.", ""]
    lines += [_row(["figure", *ENVIRONMENTS]), _row(["---"] * 4)]
    configs = [gate_config(name) for name in ENVIRONMENTS]
    skipped = ("environment", "live_enabled", "fee_numerator", "fee_denominator", "fee_unit")
    for name in (name for name in type(configs[0]).__slots__ if name not in skipped):
        lines.append(_row([f"`{name}`", *(_text(getattr(config, name)) for config in configs)]))
    lines += ["", "Limits of a grade (weights, order size, losses, turnover): `domain/limits.py`."]
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _text(value: object) -> str:
    return ", ".join(sorted(str(v) for v in value)) if isinstance(value, frozenset) else str(value)
