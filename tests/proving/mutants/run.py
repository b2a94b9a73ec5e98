"""The order path with one rule of it broken at a time: does a simulated world find out, and at which seed?

Each `NN_name.patch` beside this file is a unified diff against the product whose first line says what it breaks. Run
as a program this tries them: `python tests/proving/mutants/run.py [--seeds 0:200] [NAME …]`. Contract: the product is
never touched and knows nothing of mutants; a patch is applied to a copy of the packages, and `simulate` runs there in a
process of its own. Killed means that a world broke a rule in which the tree as it is breaks none. Exit status 0 when
every mutant was killed, 1 when one survived or could not be judged, 2 for a patch that does not apply, which is named.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
SEEDS = range(200)
_BREAK = re.compile(r"^seed (?P<seed>\d+) (?P<broker>live|paper): +(?P<what>.+)$", re.MULTILINE)
_SHOWN = 110


class Unapplied(Exception):
    """A patch that does not fit the tree any more."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`says` is the patch's first line."""

    path: Path
    says: str

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def files(self) -> tuple[str, ...]:
        """What it changes, from the root of the tree."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return tuple(line.removeprefix("+++ b/") for line in lines if line.startswith("+++ b/"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`seed` is where it was killed, None when it was not; `what` the rule that broke, or why nothing can be said."""

    mutant: Mutant
    seed: int | None
    what: str
    took_s: float
    judged: bool = True


def mutants(folder: Path = HERE) -> list[Mutant]:
    """All of them, in their order."""
    return [
        Mutant(path, path.read_text(encoding="utf-8").partition("\n")[0].strip())
        for path in sorted(folder.glob("*.patch"))
    ]


def packages() -> tuple[str, ...]:
    """The product's packages, as the linter of imports has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return tuple(project["tool"]["importlinter"]["root_packages"])


def copied(into: Path) -> None:
    """The tree as it is, compiled files included: they stay good where a patch changes nothing."""
    for package in packages():
        shutil.copytree(ROOT / package, into / package)


def applied(mutant: Mutant, tree: Path) -> None:
    """Raises Unapplied. `tree` must not lie inside a repository."""
    command = ["git", "apply", "--whitespace=nowarn", str(mutant.path)]
    # Nothing of a repository around us: in one, paths would be taken relative to its root.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**clean, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unapplied(f"{mutant.path.name} does not apply: {done.stderr.strip()}")


def first_break(tree: Path, seeds: range, timeout_s: float, profile: str = "both") -> tuple[int, str, str] | None:
    """(seed, broker, what) of the first broken rule of the tree there, None when all worlds held. RuntimeError when the
    simulation itself did not work, TimeoutError when it did not end."""
    command = [sys.executable, "-m", "ui.cli", "simulate", "--seeds", f"{seeds.start}:{seeds.stop}"]
    command += ["--profile", profile, "--workers", "1", "--stop-at-first"]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"expected an end within {timeout_s:.0f} s") from None
    found = _BREAK.search(done.stdout)
    if found is not None:
        return int(found["seed"]), found["broker"], found["what"]
    if "worlds (" not in done.stdout:
        raise RuntimeError(f"expected a simulation, was status {done.returncode}: {done.stderr.strip()[-300:]}")
    return None


def judged(mutant: Mutant, plain: Path, seeds: range, timeout_s: float) -> Verdict:
    """Lives through the seeds until one finds it out. A seed that finds something in `plain`, the unpatched copy, too
    proves nothing about the mutant, and the next one is asked. Raises Unapplied."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="quartz-mutant-") as folder:
        tree = Path(folder) / "mutant"
        shutil.copytree(plain, tree)
        applied(mutant, tree)
        left = seeds
        try:
            while len(left):
                found = first_break(tree, left, timeout_s)
                if found is None:
                    break
                seed, broker, what = found
                if first_break(plain, range(seed, seed + 1), timeout_s, broker) is None:
                    return Verdict(mutant, seed, f"{broker} {what}", time.monotonic() - begun)
                left = range(seed + 1, seeds.stop)
        except (RuntimeError, TimeoutError) as error:
            return Verdict(mutant, None, str(error), time.monotonic() - begun, judged=False)
    return Verdict(mutant, None, f"survived seeds {seeds.start}:{seeds.stop}", time.monotonic() - begun)


def _seeds(text: str) -> range:
    first, _, last = text.partition(":")
    seeds = range(int(first), int(last))
    if not len(seeds):
        raise ValueError(f"expected A < B, was {text!r}")
    return seeds


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=_seeds, default=SEEDS, metavar="A:B", help="seeds A to B-1 (default 0:200)")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="mutants at a time (default 2)")
    parser.add_argument("--timeout", type=float, default=3600.0, metavar="S", help="real seconds a mutant may take")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only mutants with such a part in their name")
    options = parser.parse_args(arguments)
    chosen = [one for one in mutants() if not options.names or any(part in one.name for part in options.names)]
    if not chosen:
        parser.error(f"expected the name of a mutant, was {' '.join(options.names)}")
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="quartz-plain-") as folder, ThreadPoolExecutor(options.processes) as pool:
        plain = Path(folder) / "plain"  # one for all: what is edited meanwhile must not matter
        copied(plain)
        running = [pool.submit(judged, mutant, plain, options.seeds, options.timeout) for mutant in chosen]
        try:
            for future in as_completed(running):
                verdicts.append(future.result())
                _say(_line(verdicts[-1]))
        except Unapplied as error:
            pool.shutdown(cancel_futures=True)
            _say(f"ERROR     {error}")
            return 2
    survivors = sorted(one.mutant.name for one in verdicts if one.seed is None)
    _say(f"{len(verdicts) - len(survivors)} of {len(verdicts)} killed; survivors: {', '.join(survivors) or 'none'}")
    return 1 if survivors else 0


def _line(verdict: Verdict) -> str:
    word = "survived" if verdict.judged else "UNJUDGED"
    fate = word if verdict.seed is None else f"seed {verdict.seed}"
    return f"{fate:9} {verdict.mutant.name} ({verdict.took_s:.0f} s): {verdict.what[:_SHOWN]}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
