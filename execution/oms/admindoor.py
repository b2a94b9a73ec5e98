"""The door as the administrator of this installation sees it from a terminal: whoever can read its secret.

Contract: yields a stub and the metadata to call it with; a door that cannot be reached is said in one Korean line by
`said`, and nothing is ever sent twice from here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tools.settings import Settings

CALL_S = 30.0


@contextmanager
def admin_door(settings: Settings) -> Iterator[Callable[[str, Any], Any]]:
    """Call it with a rpc's name and its request."""
    from domain.proto import oms_pb2_grpc
    from tools.doors import dial
    from tools.embedded.services import endpoints
    from tools.store.secrets import caller_token, instance_secret

    token = caller_token(instance_secret(settings), "admin")
    metadata = (("x-quartz-principal", "admin"), ("x-quartz-token", token))
    options = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0)]
    with dial(endpoints(settings).oms_address, options) as channel:
        stub = oms_pb2_grpc.OmsStub(channel)
        yield lambda name, request: getattr(stub, name)(request, metadata=metadata, timeout=CALL_S)


def said(work: Callable[[], int]) -> int:
    """The exit status of `work`; 1 with the door's own words on stderr when it refuses or is not there."""
    import grpc

    try:
        return work()
    except grpc.RpcError as error:
        details = error.details() or ""
        text = details.partition(": ")[2] if error.code() is grpc.StatusCode.PERMISSION_DENIED else details
        is_korean = any("가" <= letter <= "힣" for letter in text)
        sys.stderr.write(f"{text if is_korean else '주문 관리(OMS)에 닿지 않아요.'}\n")
        return 1
