"""The exchange's own journal: one JSON object a line, appended and fsynced before anybody is answered.

Contract: `append` returns only when the records are on disk; `read_journal` yields every whole record in order and
tolerates exactly one torn last line (a crash in the middle of a write), which the next opening cuts off. Each record
has `seq` (1, 2, 3 …), `t` (market time, ISO with +09:00) and `kind`. Nothing else of the exchange is durable.
Kinds: venue, key, token, revoke, account, order, cancel, revise, reject, fill, kill, bounce, convert, trigger, expire,
day, settle, clock, reserve, reserve_revise, reserve_cancel, reserve_sent, push.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

FILE_NAME = "journal.jsonl"

Record = dict[str, Any]


class JournalPort(Protocol):
    """Contract: `append` returns numbered records once they are durable."""

    def recover(self) -> list[Record]: ...

    def append(self, records: Iterable[Record]) -> list[Record]: ...

    def close(self) -> None: ...


class JournalBroken(Exception):
    """A line that is not the last one cannot be read, or numbers are not consecutive: a person must look."""


class JournalBusy(Exception):
    """Another exchange process holds this data folder."""


def read_journal(path: Path) -> Iterator[Record]:
    """Records of a journal file or of a data folder, oldest first; a torn last line is left out."""
    file = path / FILE_NAME if path.is_dir() else path
    if not file.exists():
        return
    for record, _ in _whole_records(file):
        yield record


def _whole_records(file: Path) -> Iterator[tuple[Record, int]]:
    """(record, offset after it)."""
    expected = 1
    offset = 0
    with file.open("rb") as handle:
        for line in handle:
            if not line.endswith(b"\n"):
                return  # torn by a crash: it was never answered
            offset += len(line)
            try:
                record = json.loads(line)
            except ValueError as error:
                raise JournalBroken(f"expected JSON in {file.name} record {expected}, was {line[:40]!r}") from error
            if record.get("seq") != expected:
                raise JournalBroken(f"expected seq {expected} in {file.name}, was {record.get('seq')!r}")
            expected += 1
            yield record, offset


class Journal:
    """The writing end; one process at a time holds a folder (advisory lock)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE_NAME
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._file: BinaryIO = os.fdopen(descriptor, "r+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise JournalBusy(f"expected a free data folder, was {folder} held by another exchange") from error
        self._seq = 0

    def recover(self) -> list[Record]:
        """All records; cuts a torn tail so that the next append starts on a fresh line."""
        records: list[Record] = []
        end = 0
        for record, offset in _whole_records(self._path):
            records.append(record)
            end = offset
        if self._path.stat().st_size != end:
            self._file.truncate(end)
            os.fsync(self._file.fileno())
        self._seq = len(records)
        return records

    def append(self, records: Iterable[Record]) -> list[Record]:
        """Number the records, write them in one piece and wait for the disk."""
        numbered = [{"seq": self._seq + i, **record} for i, record in enumerate(records, start=1)]
        if not numbered:
            return []
        text = "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in numbered)
        data = memoryview(text.encode())
        while data:
            data = data[self._file.write(data) :]
        os.fsync(self._file.fileno())
        self._seq += len(numbered)
        return numbered

    def close(self) -> None:
        self._file.close()


class MemoryJournal:
    """The same interface without a disk, for pure tests and simulated worlds."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def recover(self) -> list[Record]:
        return list(self.records)

    def append(self, records: Iterable[Record]) -> list[Record]:
        start = len(self.records)
        numbered = [{"seq": start + i, **record} for i, record in enumerate(records, start=1)]
        self.records.extend(numbered)
        return numbered

    def close(self) -> None:
        return None
