"""The lake: files under one URL, in a folder or an S3 bucket, through pyarrow's filesystems.

Contract: paths are relative, with forward slashes, and never leave the lake. `write` is all or nothing: a reader sees
the whole file or none (a folder renames a temporary file; S3 shows an object once it is complete). `list` of a folder
that is not there is empty; `read` of a file that is gone raises FileNotFoundError; a lake that cannot be reached raises
LakeUnavailable, a URL that nobody can read LakeError. Blocking: call it from a thread where a loop runs.

Knows nothing of Parquet or bars.
"""

from __future__ import annotations

import secrets
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlsplit

from tools.settings import Settings


class LakeError(ValueError):
    """QUARTZ_LAKE_URL cannot be used."""


class LakeUnavailable(Exception):
    """The lake cannot be reached now."""


class Lake(Protocol):
    """See the module's contract."""

    def list(self, folder: str) -> list[str]:
        """Paths of all files below a folder, sorted."""
        ...

    def read(self, path: str) -> bytes: ...
    def write(self, path: str, data: bytes) -> None: ...
    def delete(self, path: str) -> None:
        """Gone afterwards, whether it was there or not."""
        ...


class FileLake:
    """A lake on one of pyarrow's filesystems, below `root`. `renames`: a file is moved into place."""

    def __init__(self, filesystem: Any, root: str, *, renames: bool) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        self._renames = renames

    def list(self, folder: str) -> list[str]:
        from pyarrow.fs import FileSelector, FileType

        selector = FileSelector(self._at(folder), allow_not_found=True, recursive=True)
        found = self._do(lambda: self._filesystem.get_file_info(selector))
        paths = [info.path for info in found if info.type == FileType.File]
        return sorted(path[len(self._root) + 1 :] for path in paths if not path.rpartition("/")[2].startswith("."))

    def read(self, path: str) -> bytes:
        def work() -> bytes:
            with self._filesystem.open_input_file(self._at(path)) as file:
                return bytes(file.read())

        return bytes(self._do(work))

    def write(self, path: str, data: bytes) -> None:
        target = self._at(path)
        folder, _, name = target.rpartition("/")
        written = f"{folder}/.{secrets.token_hex(8)}-{name}" if self._renames else target

        def work() -> None:
            if self._renames:
                self._filesystem.create_dir(folder, recursive=True)
            with self._filesystem.open_output_stream(written) as file:
                file.write(data)
            if self._renames:
                self._filesystem.move(written, target)

        self._do(work)

    def delete(self, path: str) -> None:
        try:
            self._do(lambda: self._filesystem.delete_file(self._at(path)))
        except FileNotFoundError:
            return

    def _at(self, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not parts or ".." in parts or parts[0] == "/":
            raise ValueError(f"expected a path inside the lake, was {path!r}")
        return f"{self._root}/{path}"

    def _do(self, work: Any) -> Any:
        try:
            return work()
        except FileNotFoundError:
            raise
        except OSError as error:  # pyarrow's own errors of a filesystem are OSErrors too
            raise LakeUnavailable(f"expected the lake to answer, was {type(error).__name__}: {error}") from error


def open_lake(settings: Settings) -> FileLake:
    """The configured lake, or a folder `lake` in this home. Raises LakeError."""
    url = settings.lake_url
    return folder_lake(settings.home / "lake") if url is None else lake_at(url)


def folder_lake(folder: Path) -> FileLake:
    from pyarrow.fs import LocalFileSystem

    return FileLake(LocalFileSystem(), str(folder.absolute()), renames=True)


def lake_at(url: str) -> FileLake:
    """`s3://bucket/prefix?region=…&endpoint_override=…`, `file:///path` or a path."""
    parts = urlsplit(url)
    if not parts.scheme or parts.scheme == "file":
        return folder_lake(Path(parts.path if parts.scheme else url).expanduser())
    if parts.scheme != "s3":
        raise LakeError(f"expected QUARTZ_LAKE_URL as a folder or s3://bucket/prefix, was {parts.scheme}://…")
    from pyarrow.fs import FileSystem

    try:
        filesystem, root = FileSystem.from_uri(url)
    except (ValueError, OSError) as error:
        raise LakeError("expected QUARTZ_LAKE_URL as s3://bucket/prefix?region=…, was not understood") from error
    return FileLake(filesystem, root, renames=False)
