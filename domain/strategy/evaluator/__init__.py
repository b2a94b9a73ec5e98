"""One evaluator for history and for live bars: `build(spec)` → `Program`."""

from domain.strategy.evaluator.live import Live as Live
from domain.strategy.evaluator.live import Signal as Signal
from domain.strategy.evaluator.program import Program as Program
from domain.strategy.evaluator.program import Signals as Signals
from domain.strategy.evaluator.program import build as build
