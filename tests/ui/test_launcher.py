"""The launcher: any Python from 3.8 reads it, it finds a supported one, installs once, and hands over."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
import time
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from tools.settings import ROOT

LAUNCHER = ROOT / "quartz"
OLD = ((3, 8, 18), "/usr/bin/python3.8")


def load(path: Path = LAUNCHER) -> ModuleType:
    loader = SourceFileLoader("quartz_launcher", str(path))
    spec = importlib.util.spec_from_loader("quartz_launcher", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # no `quartzc` beside the launcher
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose installation is a marker file: the launcher's own logic without the network."""
    root = tmp_path / "checkout"
    root.mkdir()
    shutil.copy(LAUNCHER, root / "quartz")
    for name in ("uv.lock", "requirements.lock", "requirements-dev.lock"):
        (root / name).write_text(name)
    return root


def fake_python(path: Path, answer: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)


def test_python_3_8_can_read_it() -> None:
    source = LAUNCHER.read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    used = {node.names[0].name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import)}
    assert used <= set(sys.stdlib_module_names)


def interpreters() -> list[str]:
    found = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
    new_enough = [str(path) for path in found if int(path.parents[1].name.split(".")[1]) >= 8]
    return [sys.executable, *new_enough]


@pytest.mark.parametrize("python", interpreters())
def test_every_interpreter_of_this_machine_runs_it(python: str) -> None:
    done = subprocess.run([python, str(LAUNCHER), "--help"], capture_output=True, text=True, cwd="/", timeout=300)
    assert done.returncode == 0, done.stderr
    assert "quartz [OPTIONS] COMMAND" in done.stdout


def test_it_falls_back_on_the_interpreter_that_runs_it(tmp_path: Path) -> None:
    here = (sys.version_info[:3], sys.executable)
    assert load().find_python(str(tmp_path), str(tmp_path), here)[0] == sys.executable


def test_a_warm_start_adds_less_than_a_third_of_a_second() -> None:
    launcher = load()
    if not launcher.is_current("runtime"):
        launcher.ensure("runtime")
    began = time.process_time()  # what it costs, however busy the machine
    launcher.ensure("runtime")
    assert time.process_time() - began < 0.3


@pytest.mark.parametrize(
    ("system", "machine", "release", "wanted"),
    [
        ("Windows", "AMD64", "", "WSL2"),
        ("Darwin", "x86_64", "14.1", "macOS arm64"),
        ("Darwin", "arm64", "13.6", "macOS 14"),
        ("Linux", "riscv64", "", "Linux x86-64/arm64"),
        ("FreeBSD", "amd64", "", "Linux x86-64/arm64"),
    ],
)
def test_an_unsupported_machine_is_refused_in_one_line(system: str, machine: str, release: str, wanted: str) -> None:
    launcher = load()
    with pytest.raises(launcher.Refusal, match=wanted) as refused:
        launcher.check_machine(system, machine, release)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("system", "machine", "release"),
    [("Linux", "x86_64", ""), ("Linux", "aarch64", ""), ("Darwin", "arm64", "14.0"), ("Darwin", "arm64", "26.1")],
)
def test_supported_machines_pass(system: str, machine: str, release: str) -> None:
    load().check_machine(system, machine, release)


def test_it_prefers_3_13_then_3_12_then_3_11_then_3_14(tmp_path: Path) -> None:
    launcher = load()
    for minor in (14, 11, 12):
        fake_python(tmp_path / f"bin/python3.{minor}", f"echo '3.{minor}.1 CPython 64 0'")
    assert launcher.find_python(str(tmp_path / "bin"), str(tmp_path), OLD)[1] == (3, 12, 1)
    fake_python(tmp_path / ".pyenv/versions/3.13.2/bin/python3.13", "echo '3.13.2 CPython 64 0'")
    assert launcher.find_python(str(tmp_path / "bin"), str(tmp_path), OLD)[1] == (3, 13, 2)


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    launcher = load()
    fake_python(tmp_path / "shims/python3.12", "echo 'not activated' >&2; exit 127")
    fake_python(tmp_path / "bin/python3.12", "echo '3.12.4 CPython 64 0'")
    path = os.pathsep.join([str(tmp_path / "shims"), str(tmp_path / "bin")])
    assert launcher.find_python(path, str(tmp_path), OLD)[0] == str(tmp_path / "bin/python3.12")


@pytest.mark.parametrize("answer", ["3.12.1 PyPy 64 0", "3.12.1 CPython 32 0", "3.12.1 CPython 64 1"])
def test_other_kinds_of_python_are_passed_over(tmp_path: Path, answer: str) -> None:
    fake_python(tmp_path / "python3.12", f"echo '{answer}'")
    assert load().probe(str(tmp_path / "python3.12")) is None


def test_without_a_supported_python_one_line_says_what_was_found_and_what_is_needed(tmp_path: Path) -> None:
    launcher = load()
    with pytest.raises(launcher.Refusal, match=r"3\.11, 3\.12, 3\.13, 3\.14.*3\.8\.18") as refused:
        launcher.find_python(str(tmp_path), str(tmp_path), OLD)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "group"),
    [([], "runtime"), (["up"], "runtime"), (["chat", "test"], "runtime"), (["test", "-x"], "dev"), (["studio"], "dev")],
)
def test_only_test_and_studio_want_the_development_group(arguments: list[str], group: str) -> None:
    assert load().group_of(arguments) == group


def installed(launcher: ModuleType, count: list[str]) -> None:
    """Replace the slow parts: making the environment and filling it."""

    def make_venv(python: str) -> None:
        shutil.rmtree(launcher.VENV, ignore_errors=True)
        fake_python(Path(launcher.VENV_PYTHON), "echo '3.12.1 CPython 64 0'")

    def sync(uv: str, group: str) -> bool:
        count.append(group)
        time.sleep(0.2)
        return True

    launcher.make_venv = make_venv  # type: ignore[attr-defined]
    launcher.find_uv = lambda: "uv"  # type: ignore[attr-defined]
    launcher.sync_with_uv = sync  # type: ignore[attr-defined]


def test_it_installs_once_and_again_when_the_lock_changes(checkout: Path) -> None:
    launcher, count = load(checkout / "quartz"), list[str]()
    installed(launcher, count)
    launcher.ensure("runtime")
    launcher.ensure("runtime")
    assert count == ["runtime"]
    (checkout / "uv.lock").write_text("another")
    launcher.ensure("runtime")
    assert count == ["runtime", "runtime"]


def test_the_development_group_serves_the_runtime_as_well(checkout: Path) -> None:
    launcher, count = load(checkout / "quartz"), list[str]()
    installed(launcher, count)
    launcher.ensure("dev")
    launcher.ensure("runtime")
    assert count == ["dev"]


def test_an_interrupted_installation_is_done_again(checkout: Path) -> None:
    launcher, count = load(checkout / "quartz"), list[str]()
    installed(launcher, count)
    launcher.ensure("runtime")
    (checkout / "uv.lock").write_text("another")

    def interrupted(uv: str, group: str) -> bool:
        raise KeyboardInterrupt

    sync, launcher.sync_with_uv = launcher.sync_with_uv, interrupted  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        launcher.ensure("runtime")
    assert not launcher.is_current("runtime")
    launcher.sync_with_uv = sync  # type: ignore[attr-defined]
    launcher.ensure("runtime")
    assert launcher.is_current("runtime")


def test_a_broken_environment_is_made_anew(checkout: Path) -> None:
    launcher, count = load(checkout / "quartz"), list[str]()
    installed(launcher, count)
    launcher.ensure("runtime")
    Path(launcher.VENV_PYTHON).unlink()  # the interpreter it was made from was removed
    launcher.ensure("runtime")
    assert count == ["runtime", "runtime"]


def test_two_launchers_starting_together_install_once(checkout: Path) -> None:
    launchers, count = [load(checkout / "quartz") for _ in range(2)], list[str]()
    for each in launchers:
        installed(each, count)
    threads = [threading.Thread(target=each.ensure, args=("runtime",)) for each in launchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == ["runtime"]


def test_when_uv_fails_pip_installs_the_exported_lock(checkout: Path) -> None:
    launcher, count, ran = load(checkout / "quartz"), list[str](), list[list[str]]()
    installed(launcher, count)
    launcher.sync_with_uv = lambda uv, group: False  # type: ignore[attr-defined]

    def run(command: list[str], quiet: bool = False) -> int:
        ran.append(command)
        return 0

    launcher.run = run  # type: ignore[attr-defined]
    launcher.ensure("runtime")
    assert ran[-1][-2:] == ["-r", str(checkout / "requirements.lock")]
    assert "--require-hashes" in ran[-1]


def test_it_says_nothing_on_standard_output_and_works_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("raise SystemExit('a stranger on the path')")
    done = subprocess.run(
        [str(LAUNCHER), "migrate", "--nonsense"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "migrate [--check]" in done.stderr


def test_an_unknown_command_is_refused() -> None:
    done = subprocess.run([str(LAUNCHER), "nonsense"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "nonsense" in done.stderr


def test_every_command_of_the_table_exists() -> None:
    from ui.cli import COMMANDS

    for name, row in COMMANDS.items():
        module = row.target.partition(":")[0]
        assert importlib.util.find_spec(module) is not None, name
