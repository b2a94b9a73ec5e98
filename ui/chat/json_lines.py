"""`quartz chat --json`: one message a line in, one `Turn` a line out; nothing else ever reaches standard output.

Contract: a line that cannot be read (not UTF-8, too long, an unknown command) is answered by a turn whose notice says
what was expected; the conversation goes on. The end of input ends the program with status 0.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from typing import TextIO

from ui.chat.session import ChatSession

MAX_LINE_BYTES = 64 * 1024


async def run(session: ChatSession, out: TextIO) -> int:
    """Answers lines of standard input until its end."""
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    transport = await _connect(reader)
    try:
        while (line := await _next_line(reader)) is not None:
            turn = await session.handle(line)
            if turn is None:
                continue
            out.write(turn.model_dump_json() + "\n")
            out.flush()
            if session.ended:
                break
    finally:
        if transport is not None:
            transport.close()
    return 0


async def _connect(reader: asyncio.StreamReader) -> asyncio.ReadTransport | None:
    """Standard input behind `reader`. A regular file (`< lines.txt`) is no pipe to asyncio and is read at once."""
    loop = asyncio.get_running_loop()
    if stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode):
        reader.feed_data(await asyncio.to_thread(sys.stdin.buffer.read))
        reader.feed_eof()
        return None
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    return transport


async def _next_line(reader: asyncio.StreamReader) -> str | None:
    """The next line as text; one that is too long comes back as its beginning, undecodable bytes as U+FFFD."""
    try:
        raw = await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        raw = end.partial
        if not raw:
            return None
    except asyncio.LimitOverrunError:
        raw = await _skip_line(reader)
    return raw.decode("utf-8", errors="replace")


async def _skip_line(reader: asyncio.StreamReader) -> bytes:
    """Reads past an endless line and keeps enough of it to be refused as too long."""
    kept = await reader.read(MAX_LINE_BYTES)
    while True:
        try:
            await reader.readuntil(b"\n")
            return kept
        except asyncio.LimitOverrunError:
            await reader.read(MAX_LINE_BYTES)
        except asyncio.IncompleteReadError:
            return kept
