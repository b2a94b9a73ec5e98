"""A strategy on one live name: the next bar in, its signal out, and all it remembers as bytes.

Contract: what `Program.history` answers at a bar, `step` answers when that bar comes. Everything remembered is one
array of a size fixed by the strategy (its indicators' states, the longer bars that are open, the window of its
candlesticks, its conditions' memory), so a step costs the same after any number of bars. `saved` goes on exactly where
it was; bytes of another strategy, other parameters, other code of its indicators or another version are refused.
Not for two threads at once.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from domain.bars import Resampler
from domain.indicators import candles
from domain.indicators.compiled import stamp
from domain.indicators.kernel import Array, Step
from domain.strategy.evaluator import judge
from domain.strategy.evaluator.columns import FIELDS
from domain.strategy.evaluator.program import Program

VERSION = 1
_MAGIC = b"QZLS"
_HEAD = struct.Struct("<4sH32s32sqqq")  # magic, version, strategy, code, bars, last end, floats
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Signal:
    """At one bar. `values`: as the columns of `program.Signals`, one number each."""

    entry: bool
    exit: bool
    values: Mapping[str, float]


class Live:
    """`bars`: how many came; `time`: the end of the last, epoch seconds."""

    def __init__(self, program: Program) -> None:
        self.program = program
        columns = program.columns
        self.bars = 0
        self.time = -(2**62)
        self._window = max((candles.lookback(id_) + 1 for id_, _ in columns.patterns), default=0)
        sizes = [part.sheet.size for part in columns.parts]
        kept = Resampler.size(program.inputs)
        held = [0 if part.timeframe is None else kept + part.sheet.width for part in columns.parts]
        conditions = len(program.table.conditions)
        self._state: Array = np.zeros(sum(sizes) + sum(held) + self._window * len(FIELDS) + conditions * judge.MEMORY)
        ends = np.cumsum([*sizes, *held, self._window * len(FIELDS), conditions * judge.MEMORY])
        views = np.split(self._state, ends[:-1])
        count = len(sizes)
        self._sheets = [view[np.newaxis] for view in views[:count]]
        self._held = views[count : 2 * count]
        self._seen = views[-2].reshape(self._window, len(FIELDS))
        self._memory = views[-1].reshape(conditions, judge.MEMORY)
        self._memory[:] = judge.fresh_memory(conditions)
        for part, view in zip(columns.parts, self._held, strict=True):
            view[kept:] = np.nan if part.timeframe is not None else 0.0
        self._resamplers = [
            None if part.timeframe is None else Resampler(part.timeframe, view[:kept])
            for part, view in zip(columns.parts, self._held, strict=True)
        ]
        self._held = [view[kept:] for view in self._held]
        self._row: Array = np.empty((1, columns.width))
        self._entry = np.zeros(1, dtype=np.bool_)
        self._exit = np.zeros(1, dtype=np.bool_)
        self._named = list(columns.named())

    @property
    def size(self) -> int:
        """Floats remembered: the same before the first bar and after any other."""
        return self._state.size

    def step(self, bar: Array, time: int, models: Mapping[str, float] | None = None) -> Signal:
        """The signal at the next bar: float64[5] as open … volume (a sixth: the benchmark's close), its end in epoch
        seconds, and what models say of it. ValueError for a bar that does not end after the last: none counts twice."""
        if time <= self.time:
            raise ValueError(f"expected a bar that ends after {self.time}, was {time}")
        taken = self.program.taken(np.asarray(bar, dtype=np.float64)[np.newaxis])
        bar, one = taken[0], taken[np.newaxis]
        row = self._row
        row[0, : len(FIELDS)] = bar[: len(FIELDS)]
        columns = self.program.columns
        for part, state, held, resampler in zip(columns.parts, self._sheets, self._held, self._resamplers, strict=True):
            if resampler is None:
                row[0, part.first : part.last] = part.sheet.go_on(state, one)[0, 0]
                continue
            complete = resampler.push(time, bar)
            if complete is not None:
                held[:] = part.sheet.go_on(state, complete[1][np.newaxis, np.newaxis])[0, 0]
            row[0, part.first : part.last] = held
        self.bars += 1
        self.time = time
        if self._window:
            self._seen[:-1] = self._seen[1:]
            self._seen[-1] = bar[: len(FIELDS)]
        for id_, column in columns.patterns:
            row[0, column] = candles.at_end(id_, self._seen[-min(self.bars, candles.lookback(id_) + 1) :])
        for name, column in columns.models:
            row[0, column] = np.nan if models is None else models.get(name, np.nan)
        self.program.judged(row, self._memory, self._entry, self._exit)
        values = {name: float(row[0, column]) for name, column in self._named}
        return Signal(bool(self._entry[0]), bool(self._exit[0]), values)

    def saved(self) -> bytes:
        """Everything remembered."""
        head = _HEAD.pack(
            _MAGIC,
            VERSION,
            bytes.fromhex(self.program.identity),
            _code_of(self.program),
            self.bars,
            self.time,
            self._state.size,
        )
        body = head + self._state.astype("<f8").tobytes()
        return body + hashlib.sha256(body).digest()

    def load(self, saved: bytes) -> None:
        """Goes on where `saved` was. ValueError says what does not fit."""
        body, digest = saved[:-_DIGEST], saved[-_DIGEST:]
        if len(body) < _HEAD.size or body[:4] != _MAGIC:
            raise ValueError(f"expected the saved state of a strategy, was {len(saved)} other bytes")
        if hashlib.sha256(body).digest() != digest:
            raise ValueError("expected a whole saved state, was a damaged one")
        _, version, identity, code, bars, time, size = _HEAD.unpack_from(body)
        if version != VERSION:
            raise ValueError(f"expected a saved state of version {VERSION}, was {version}")
        if identity.hex() != self.program.identity:
            raise ValueError(
                f"expected the state of strategy {self.program.identity[:12]}, was of {identity.hex()[:12]}"
            )
        if code != _code_of(self.program) or size != self._state.size:
            raise ValueError("expected a state of these indicators, was of an older form: start again from history")
        self._state[:] = np.frombuffer(body, dtype="<f8", offset=_HEAD.size)
        self.bars, self.time = bars, time


def _code_of(program: Program) -> bytes:
    steps = "".join(_stamp(step) for part in program.columns.parts for step in part.sheet.steps)
    return hashlib.sha256(steps.encode()).digest()


@cache
def _stamp(step: Step) -> str:
    return stamp(step)
