"""`quartz oms halt` and `quartz oms resume`: the kill switch from a terminal, for everything, an account or a strategy.

Contract: goes through the door as the administrator of this installation and needs the OMS and its ledger alone: no
model, no web, no Valkey. Prints where it stands afterwards and what was already on its way.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tools.settings import Settings


def add_commands(commands: Any) -> None:
    for name, text in (("halt", "주문을 멈춰요. 취소만 할 수 있어요"), ("resume", "멈춘 것을 풀어요")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--account", default="", help="이 계좌만 (없으면 모두)")
        command.add_argument("--strategy", default="", metavar="SLEEVE", help="이 전략만 (예: strategy:…, 계좌와 함께)")
        command.add_argument("--reason", default="", help="까닭")


def switch(settings: Settings, options: argparse.Namespace) -> int:
    """The exit status: 0 when it was done."""
    import grpc

    from domain.proto import oms_pb2 as pb
    from domain.proto import oms_pb2_grpc
    from tools.embedded.services import endpoints
    from tools.store.secrets import caller_token, instance_secret

    if options.strategy and not options.account:
        sys.stderr.write("전략은 계좌와 함께 골라 주세요 (--account).\n")
        return 2
    scope = "strategy" if options.strategy else "account" if options.account else "global"
    request = pb.TradingStateRequest(
        scope=scope,
        account_ref=options.account,
        sleeve=options.strategy,
        state="HALTED" if options.command == "halt" else "ACTIVE",
        reason=options.reason,
    )
    token = caller_token(instance_secret(settings), "admin")
    metadata = (("x-quartz-principal", "admin"), ("x-quartz-token", token))
    with grpc.insecure_channel(endpoints(settings).oms_address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            reply = oms_pb2_grpc.OmsStub(channel).SetTradingState(request, metadata=metadata, timeout=30)
        except grpc.RpcError as error:
            sys.stderr.write(f"{error.details() or '주문 관리(OMS)에 닿지 않아요.'}\n")
            return 1
    sys.stdout.write(f"{reply.state}: {reply.message}\n")
    for order in reply.in_flight:
        sys.stdout.write(
            f"  이미 나간 주문: {order.name}({order.ticker}) {order.side} {order.quantity:,}주 {order.state}\n"
        )
    return 0
