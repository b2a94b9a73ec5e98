"""Chainlit inside this process: what it is told before it is imported, which of its routes exist, and its page.

Contract: `prepare` runs before anything imports chainlit. Chainlit signs nobody in: the guard hands it a short-lived
token of its own making, and its routes for logins, uploads, tools and sharing do not exist here (`is_open` lists what
does). It finds no key of a tracker, no foreign database and no .env, and writes only below the home.

What it does not do: say anything. The conversation is in `ui.talk`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tools.embedded.files import private_dir, write_private
from tools.settings import ROOT, Settings
from tools.store.secrets import derive, instance_secret

if TYPE_CHECKING:
    from fastapi import FastAPI

PATH = "/chat"
TALK = "ui.talk.app"
TOKEN_SECONDS = 300
_ID = r"[0-9a-zA-Z_-]{1,64}"
_PAGES = re.compile(rf"/(thread/{_ID}|element/{_ID})?")
_READ = re.compile(
    rf"/(user|auth/config|favicon|logo|project/(translations|settings)|project/thread/{_ID}(/element/{_ID})?"
    r"|(assets|public)/[^\0]+|avatars/[^/\0]+)"
)
_WRITTEN = {("POST", "/project/threads"), ("PUT", "/project/thread"), ("DELETE", "/project/thread")}
SOCKET = "/ws/socket.io"
_STRANGERS = re.compile(r"\s*<(link|meta)\b[^>]*\b(href|content)=\"https?://[^>]*>")
# Names of the environment by which Chainlit would talk to somebody else or sign people in by itself.
_UNWANTED = re.compile(
    r"LITERAL_API_KEY|LITERAL_API_URL|DATABASE_URL|BUCKET_NAME|SLACK_.*|DISCORD_.*|TEAMS_.*|OAUTH_.*|CHAINLIT_.*"
)


def prepare(settings: Settings) -> None:
    """The environment that Chainlit reads at import."""
    for name in [name for name in os.environ if _UNWANTED.fullmatch(name)]:
        del os.environ[name]
    os.environ.update(
        CHAINLIT_APP_ROOT=str(_stage(settings)),
        CHAINLIT_ROOT_PATH=PATH,
        CHAINLIT_CUSTOM_AUTH="1",
        CHAINLIT_AUTH_SECRET=derive(instance_secret(settings), "web:chainlit").hex(),
        CHAINLIT_ENV_FILE=os.devnull,  # .env is for our settings alone
        TRACELOOP_TELEMETRY="false",
        OTEL_SDK_DISABLED="true",
    )


def _stage(settings: Settings) -> Path:
    """A folder of links to our files, so that what Chainlit adds (.files, translations) lands in the home."""
    stage = private_dir(settings.run_dir / "face")
    ours = ROOT / "ui"
    translations = private_dir(stage / ".chainlit" / "translations")
    _link(ours / "public", stage / "public")
    _link(ours / ".chainlit" / "config.toml", stage / ".chainlit" / "config.toml")
    for file in ours.glob("chainlit*.md"):
        _link(file, stage / file.name)
    for file in (ours / ".chainlit" / "translations").glob("*.json"):  # copied: Chainlit reads no link that leads out
        write_private(translations / file.name, file.read_text(encoding="utf-8"))
    return stage


def _link(target: Path, link: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def chainlit_app(talk: str = TALK) -> FastAPI:
    """Chainlit's application with our callbacks; the first call imports both, which takes seconds."""
    from chainlit.config import config
    from chainlit.server import app

    config.project.user_session_timeout = TOKEN_SECONDS
    config.project.transports = ["websocket"]
    config.run.headless = True
    import_module(talk)
    return app


def page() -> str:
    """The one page of the conversation, without what it would fetch from other hosts."""
    from chainlit.server import get_html_template

    html = cast(Callable[[str], str], get_html_template)(PATH)  # Chainlit does not say what it takes
    return _STRANGERS.sub("", html).replace('<html lang="en">', '<html lang="ko">', 1)


def token_for(user_id: str, name: str) -> str:
    """What Chainlit takes for a signed-in person; never leaves this process."""
    from chainlit.auth import create_jwt
    from chainlit.user import User

    return create_jwt(User(identifier=user_id, display_name=name))


def is_open(method: str, path: str) -> bool:
    """Whether a path below /chat exists, Chainlit's or its page; `method` is WEBSOCKET for an upgrade."""
    if path.rstrip("/") == SOCKET:
        return method == "WEBSOCKET"
    if method in ("GET", "HEAD"):
        return _PAGES.fullmatch(path) is not None or _READ.fullmatch(path) is not None
    return (method, path) in _WRITTEN
