"""Research as a process of its own: asks the read door for charts that nobody has asked for, without a pause.

`python -m benchmarks.flood SECONDS AT_ONCE SEED`, in the home of a running OMS. Every question is another window of
another name, so none is answered from what the OMS keeps. Prints how many were answered and how many were not.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from datetime import datetime, timedelta

import grpc

from benchmarks.orderpath import token_of
from domain.clock import KST
from domain.instruments import Instruments
from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from tools.embedded.services import endpoints
from tools.settings import load_settings


async def flood(seconds: float, at_once: int, seed: int) -> Counter[str]:
    settings, chance, seen = load_settings(), random.Random(seed), Counter[str]()
    metadata = (("x-quartz-principal", "worker"), ("x-quartz-token", token_of(settings, "worker")))
    today = datetime.now(KST).date()
    names, end = Instruments.load().all(), time.monotonic() + seconds

    async def ask(stub: oms_pb2_grpc.ReadsStub) -> None:
        while (left := end - time.monotonic()) > 0:
            last = today - timedelta(days=chance.randrange(1, 1500))
            first = last - timedelta(days=chance.randrange(5, 40))
            request = pb.ChartRequest(
                ticker=chance.choice(names).ticker, period="D", from_date=f"{first}", to_date=f"{last}"
            )
            try:
                await stub.Chart(request, metadata=metadata, timeout=left)
                seen["answered"] += 1
            except grpc.aio.AioRpcError as error:
                seen["unanswered"] += error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED

    async with grpc.aio.insecure_channel(endpoints(settings).oms_address) as channel:
        stub = oms_pb2_grpc.ReadsStub(channel)
        sys.stdout.write("asking\n")
        sys.stdout.flush()
        await asyncio.gather(*(ask(stub) for _ in range(at_once)))
    return seen


if __name__ == "__main__":
    found = asyncio.run(flood(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    sys.stdout.write(f"{found['answered']} {found['unanswered']}\n")
