"""Which account runs PostgreSQL, and where that account may keep files.

PostgreSQL refuses to run as root. Then an unprivileged account that already exists runs it: nothing is added to the
system and no folder of others is opened up. A plain user runs it as itself.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

_CANDIDATES = ("postgres", "_postgres", "nobody", "daemon")
ROOT_BASE = Path("/var/lib/quartz")


class NoAccount(RuntimeError):
    """Running as root on a system without any unprivileged account."""


class RunsAs(TypedDict, total=False):
    """As whom a child runs, in the words of subprocess.Popen; empty: as we do."""

    user: int
    group: int | None
    extra_groups: list[str | int]


@dataclass(frozen=True, slots=True)
class Account:
    """uid and gid to run as; None: as we are."""

    uid: int | None = None
    gid: int | None = None

    def popen_args(self) -> RunsAs:
        """Arguments for subprocess.Popen: identity is set between fork and exec by C code, no preexec_fn."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, folder: Path) -> bool:
        """True when every folder down to `folder` may be traversed by this account."""
        if self.uid is None:
            return True
        for part in (folder, *folder.parents):
            if not part.exists():
                continue
            info = part.stat()
            mine = info.st_uid == self.uid
            needed = stat.S_IXUSR if mine else stat.S_IXGRP if info.st_gid == self.gid else stat.S_IXOTH
            if not info.st_mode & needed:
                return False
        return True


def server_account() -> Account:
    """Ourselves, or as root the first unprivileged account of the system."""
    if os.geteuid() != 0:
        return Account()
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise NoAccount(f"expected an unprivileged account ({', '.join(_CANDIDATES)}) to run PostgreSQL as root, was none")
