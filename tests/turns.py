"""Which test comes when, and which worker of a parallel run takes it.

A worker takes a file at a time, or the files together that share what one of them has started. What keeps more than a
processor busy (browsers, whole households) stands first in line and what mostly waits for the market's clock stands
last; the first worker takes from the one end, the others from the other. So there is always something to compute while
somebody waits, and the small files, in the middle, let the workers end together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tools.settings import ROOT

# Folders from the one end of the line to the other; any folder that is not named comes first.
FOLDERS = ("browser", "journeys", "studio", "ui", "proving", "market", "ui/web", "ui/talk", "graph", "nodes", "domain",
           "tools", "simulation", "execution")  # fmt: skip
WAITING = ("simulation", "execution")  # taken from behind: their largest files stand last
HOUSEHOLD = ("two_users", "contradiction", "json_lines", "five_grades", "crashes")  # whoever kills its parts comes last
_SHARING = {f"tests/journeys/test_{name}.py": ("household", turn) for turn, name in enumerate(HOUSEHOLD)}


def in_turn(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The line: folder by folder, in each those first that share, then the larger file first."""
    known = list(items)
    counted = Counter(item.path for item in known)

    def place(item: pytest.Item) -> tuple[Any, ...]:
        name = _name(item)
        at, folder = _folder_of(name)
        size = counted[item.path] if folder in WAITING else -counted[item.path]
        return at, _SHARING.get(name, ("~", 0)), str(item.path.parent), size, name

    return sorted(known, key=place)


def _name(item: pytest.Item) -> str:
    path = item.path.relative_to(ROOT) if item.path.is_relative_to(ROOT) else item.path
    return path.as_posix()


def _folder_of(name: str) -> tuple[int, str]:
    """The most exact of the folders above."""
    found = [folder for folder in FOLDERS if name.startswith(f"tests/{folder}/")]
    folder = max(found, key=len, default="")
    return (FOLDERS.index(folder) if folder else -1), folder


class FromBothEnds(LoadFileScheduling):
    """Files of one share are one unit of work; the first worker takes units from the front, the others from behind."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return _SHARING[file][0] if file in _SHARING else file

    def _assign_work_unit(self, node: Any) -> None:
        if node is not self.nodes[0]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
