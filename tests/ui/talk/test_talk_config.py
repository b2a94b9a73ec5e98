"""What Chainlit is told about this installation: closed where Quartz has its own, Korean, nothing from elsewhere."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from talk_bench import import_chainlit

from tools.settings import ROOT, Settings

CONFIG: dict[str, Any] = tomllib.loads((ROOT / "ui" / ".chainlit" / "config.toml").read_text(encoding="utf-8"))


def test_chainlit_reads_every_section(quartz_home: Path) -> None:
    import_chainlit(Settings(home=quartz_home))
    from chainlit.config import FeaturesSettings, ProjectSettings, UISettings

    project, features = ProjectSettings(**CONFIG["project"]), FeaturesSettings(**CONFIG["features"])
    ui = UISettings(**CONFIG["UI"])
    assert project.allow_origins == []
    assert project.user_session_timeout == 12 * 3600
    assert (ui.name, ui.language, ui.github) == ("쿼츠", "ko-KR", None)
    upload, audio = features.spontaneous_file_upload, features.audio
    assert upload is not None
    assert audio is not None
    off = (upload.enabled, audio.enabled, features.mcp.enabled, features.edit_message, features.unsafe_allow_html)
    assert not any((*off, features.latex, features.allow_thread_sharing, features.favorites))


def test_our_words_are_where_chainlit_looks_for_them(quartz_home: Path) -> None:
    import_chainlit(Settings(home=quartz_home))
    stage = quartz_home / "run" / "face" / ".chainlit" / "translations" / "ko-KR.json"
    ours = ROOT / "ui" / ".chainlit" / "translations" / "ko-KR.json"
    assert not stage.is_symlink()  # Chainlit takes a link that leads out for a trick, and its own Korean instead
    assert json.loads(stage.read_text(encoding="utf-8")) == json.loads(ours.read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", ["custom_css", "custom_js"])
def test_the_page_fetches_our_files_alone(key: str) -> None:
    path = CONFIG["UI"][key]
    assert path.startswith("/public/")
    assert (ROOT / "ui" / path.removeprefix("/")).is_file()
