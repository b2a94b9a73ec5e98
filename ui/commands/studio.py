"""`quartz studio`: the services, plus LangGraph's development server for Studio and the SDK, loopback only."""

from __future__ import annotations

import subprocess
import sys

from tools.embedded.errors import ServiceError
from tools.embedded.ports import LOOPBACK, can_bind, holder
from tools.settings import ROOT, load_settings
from ui.stack import child_environment, connect

PORT = 2024


def main(arguments: list[str]) -> int:
    settings = load_settings()
    if not can_bind(PORT):  # the server would move to another port without a word
        raise ServiceError(f"expected port {PORT} to be free, was taken by {holder(PORT)}")
    with connect(settings, lambda text: print(text, file=sys.stderr)):  # noqa: T201
        environment = {**child_environment(settings), "LANGGRAPH_CLI_NO_ANALYTICS": "1"}
        command = [
            sys.executable,
            "-m",
            "langgraph_cli",
            "dev",
            "--host",
            LOOPBACK,
            "--port",
            str(PORT),
            "--no-browser",
        ]
        return subprocess.call([*command, *arguments], cwd=ROOT, env=environment)
