"""Locks that say who is alive: whoever looks must never look like a holder to somebody else who looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.embedded.locks import Lock, held


def test_a_lock_is_held_until_its_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    assert not held(path)
    with Lock(path) as lock:
        assert lock.acquire()
        assert held(path)
    assert not held(path)


def test_those_who_look_at_a_free_lock_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "ready.lock"
    Lock(path).close()
    with ThreadPoolExecutor(4) as crowd:
        seen = crowd.map(lambda _: any(held(path) for _ in range(3_000)), range(4))
        assert not any(list(seen))
