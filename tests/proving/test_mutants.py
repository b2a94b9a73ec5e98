"""Every mutant still fits the code it breaks, and the worlds find the plainest ones out; the full run is a command."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).with_name("mutants")


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("proving_mutants_run", FOLDER / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


RUN = _runner()
MUTANTS = RUN.mutants()
NAMES = [mutant.name for mutant in MUTANTS]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it is."""
    tree: Path = tmp_path_factory.mktemp("tree") / "plain"
    RUN.copied(tree)
    return tree


def _touched(mutant: object, tree: Path) -> list[Path]:
    """Copies of the files that it changes, before it does."""
    found = []
    for file in mutant.files:  # type: ignore[attr-defined]
        there = tree / file
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(RUN.ROOT / file, there)
        found.append(there)
    return found


def test_there_are_at_least_twenty_and_each_says_in_a_sentence_what_it_breaks() -> None:
    assert len(MUTANTS) >= 20
    assert len({mutant.says for mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.says.endswith(".") and len(mutant.says) > 20 for mutant in MUTANTS)
    assert [int(name.partition("_")[0]) for name in NAMES] == list(range(1, len(NAMES) + 1))


@pytest.mark.parametrize("mutant", MUTANTS, ids=NAMES)
def test_a_mutant_applies_to_the_product_and_changes_what_it_does(mutant: object, tmp_path: Path) -> None:
    files = _touched(mutant, tmp_path)
    assert files
    assert all(path.relative_to(tmp_path).parts[0] in ("domain", "tools", "execution") for path in files)
    before = [ast.dump(ast.parse(path.read_text(encoding="utf-8"))) for path in files]
    RUN.applied(mutant, tmp_path)
    after = [ast.dump(ast.parse(path.read_text(encoding="utf-8"))) for path in files]
    assert all(was != becomes for was, becomes in zip(before, after, strict=True))


def test_a_patch_that_does_not_fit_is_an_error_that_names_it(tmp_path: Path) -> None:
    patch = tmp_path / "01_stale.patch"
    patch.write_text("Says nothing.\n--- a/domain/costs.py\n+++ b/domain/costs.py\n@@ -1 +1 @@\n-gone\n+here\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    (mutant,) = RUN.mutants(tmp_path)
    _touched(mutant, tree)
    with pytest.raises(RUN.Unapplied, match=r"01_stale\.patch does not apply"):
        RUN.applied(mutant, tree)


@pytest.mark.long
@pytest.mark.parametrize("name", ["no_witness", "fee_rounded_up"])
def test_a_plain_mutant_is_killed_at_once(name: str, plain: Path) -> None:
    (mutant,) = [one for one in MUTANTS if name in one.name]
    verdict = RUN.judged(mutant, plain, range(1), 120.0)
    assert verdict.seed is not None, verdict.what
    assert verdict.what.split()[3].rstrip(":") in ("durable", "money"), verdict.what


def test_a_patch_that_breaks_nothing_survives(tmp_path: Path, plain: Path) -> None:
    lines = (RUN.ROOT / "domain/costs.py").read_text(encoding="utf-8").splitlines(keepends=True)
    names = ("a/domain/costs.py", "b/domain/costs.py")
    patch = "".join(difflib.unified_diff(lines, [*lines, "# Nothing more.\n"], *names))
    (tmp_path / "01_harmless.patch").write_text(f"Breaks nothing.\n{patch}", encoding="utf-8")
    (mutant,) = RUN.mutants(tmp_path)
    verdict = RUN.judged(mutant, plain, range(1), 120.0)
    assert (verdict.seed, verdict.judged) == (None, True)
    assert verdict.what == "survived seeds 0:1"
