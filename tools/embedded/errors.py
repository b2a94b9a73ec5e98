"""Why a service of ours does not run; one class, because the reaction is one: tell the user and stop.

ServiceError
└── ServicesDown    nothing runs and the caller was not to start it
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.embedded.files import last_lines

_NEEDED_BYTES = 200 * 1024 * 1024


class ServiceError(RuntimeError):
    """The text says what was expected and what to mend."""


class ServicesDown(ServiceError):
    """Expected running services; `quartz up` starts them."""


def check_disk(folder: Path) -> None:
    """Refuse to start a database on a full disk, before it says so in a stranger's words."""
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise ServiceError(f"expected at least 200 MB free under {folder}, was {free // 1024**2} MB")


def explained(service: str, log: Path, code: int | None) -> ServiceError:
    """The error for a server that did not come up, from the end of its log."""
    tail = last_lines(log)
    if "No space left on device" in tail:
        return ServiceError(f"expected free disk space for {service}, was none left (see {log})")
    if "Address already in use" in tail or "could not bind" in tail:
        return ServiceError(f"expected a free port for {service}, was taken (see {log})")
    if "Permission denied" in tail:
        return ServiceError(f"expected {service} to be allowed to read its files, was denied (see {log})\n{tail}")
    return ServiceError(f"expected {service} to start, was exit code {code} (see {log})\n{tail}")
