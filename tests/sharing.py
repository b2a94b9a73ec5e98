"""What the tests of several files share: too dear to be started for each, and to run on beside the tests of others.

Contract: `shared.get("house", make)` is what is open under that name, or what `make()` opens. It is closed as soon as
the next test does not want it: if nothing else is said, as soon as it does not ask for the fixture of that name. Files
that share should follow each other; tests/turns.py sees to that.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

Wanted = Callable[[pytest.Item], bool]


class Shared:
    def __init__(self) -> None:
        self._open: dict[str, tuple[Any, Wanted, ExitStack]] = {}

    def get(self, name: str, make: Callable[[], AbstractContextManager[Any]], wanted: Wanted | None = None) -> Any:
        if name not in self._open:
            stack = ExitStack()
            opened = stack.enter_context(make())
            self._open[name] = (opened, wanted or (lambda item: name in getattr(item, "fixturenames", ())), stack)
        return self._open[name][0]

    def keep_for(self, item: pytest.Item | None) -> None:
        """Closes what this test does not want."""
        for name, (_, wanted, stack) in list(self._open.items()):
            if item is None or not wanted(item):
                del self._open[name]
                stack.close()


shared = Shared()
