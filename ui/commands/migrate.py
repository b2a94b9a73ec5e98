"""`quartz migrate`: bring the database to this checkout's revision; `--check` only looks."""

from __future__ import annotations

import sys

from tools.embedded.services import running_services, start_services
from tools.settings import load_settings


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("quartz: migrate [--check]\n")
        return 2
    from tools.store.migrate import check_revision, head_revision, is_current, migrate

    settings = load_settings()
    ran_before = running_services(settings) is not None
    services = start_services(settings)
    url = services.endpoints.postgres_admin_url
    try:
        if arguments == ["--check"]:
            check_revision(url)
        elif not is_current(settings, url):
            migrate(settings, url)
        sys.stderr.write(f"데이터 구조는 최신이에요 (revision {head_revision()})\n")
    finally:
        if not ran_before:
            services.stop()
    return 0
