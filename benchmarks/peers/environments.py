"""A virtual environment for each peer: made once, kept beside the user's other caches, never in the project.

Contract: `$QUARTZ_HOME/peers/NAME` where QUARTZ_HOME is set, else `$XDG_CACHE_HOME/quartz/peers/NAME` (~/.cache).
Made by uv where it is on the path, else by venv and pip, with the Python that runs the benchmark. A mark with the
requirements is written last, so that a half-made environment is made anew. What cannot be installed is a reason in one
line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# script: what its environment holds; lower bounds are what the scripts were written against
PEERS = {
    "by_vectorbt.py": ("vectorbt>=1.2",),
    "by_hftbacktest.py": ("hftbacktest>=2.4",),
    "by_backtesting.py": ("backtesting>=0.6.5",),
    "by_backtrader.py": ("backtrader>=1.9.78", "numpy>=2"),
    "by_nautilus.py": ("nautilus_trader>=1.220",),
}
INSTALL_S = 900


class NotInstalled(Exception):
    """Why a peer's environment could not be made, in one line."""


def folder() -> Path:
    home, cache = os.environ.get("QUARTZ_HOME"), os.environ.get("XDG_CACHE_HOME")
    if home:
        return Path(home) / "peers"
    return (Path(cache) if cache else Path.home() / ".cache") / "quartz" / "peers"


def interpreter(script: str) -> Path:
    """The Python of the script's environment, which is made where it is missing or of other requirements."""
    place, wanted = folder() / Path(script).stem, PEERS[script]
    python, mark = place / "bin" / "python", place / "made-for"
    made_for = "\n".join((sys.version, *wanted))
    if mark.is_file() and mark.read_text() == made_for and python.exists():
        return python
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    uv = shutil.which("uv")
    if uv is not None:
        _run(uv, "venv", "--quiet", "--python", sys.executable, str(place))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), *wanted)
    else:
        _run(sys.executable, "-m", "venv", str(place))
        _run(str(python), "-m", "pip", "install", "--quiet", *wanted)
    mark.write_text(made_for)
    return python


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"the installer left with {done.returncode}"
        raise NotInstalled(said[-300:])
