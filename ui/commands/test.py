"""`quartz test [pytest arguments]`: the whole suite, as the README says; QUARTZ_STRICT=1 makes a skip a failure."""

from __future__ import annotations

import os
import sys

from tools.settings import ROOT

_OWN_DISTRIBUTION = ("-n", "--numprocesses", "--dist", "-p", "--pdb", "-s", "--collect-only", "--co")


def main(arguments: list[str]) -> int:
    own = any(each.split("=")[0] in _OWN_DISTRIBUTION or each.startswith("-n") for each in arguments)
    one_file = sum(not each.startswith("-") for each in arguments) > 0
    # A file shares its servers; which comes when, and whose it is, tests/turns.py says, not the numbers of tests.
    workers = [] if own or one_file else ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    environment = dict(os.environ)
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):  # every worker and child would compile each module it imports
        environment.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "pycache"))
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *workers, *arguments], environment)  # noqa: S606
