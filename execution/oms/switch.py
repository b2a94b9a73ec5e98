"""`quartz oms halt` and `quartz oms resume`: the kill switch from a terminal, for everything, an account or a strategy.

Contract: goes through the door as the administrator of this installation and needs the OMS and its ledger alone: no
model, no web, no Valkey. Prints where it stands afterwards and what was already on its way.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from execution.oms.admindoor import admin_door, said
from tools.settings import Settings


def add_commands(commands: Any) -> None:
    for name, text in (("halt", "주문을 멈춰요. 취소만 할 수 있어요"), ("resume", "멈춘 것을 풀어요")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--account", default="", help="이 계좌만 (없으면 모두)")
        command.add_argument("--strategy", default="", metavar="SLEEVE", help="이 전략만 (예: strategy:…, 계좌와 함께)")
        command.add_argument("--reason", default="", help="까닭")


def switch(settings: Settings, options: argparse.Namespace) -> int:
    """The exit status: 0 when it was done."""
    if options.strategy and not options.account:
        sys.stderr.write("전략은 계좌와 함께 골라 주세요 (--account).\n")
        return 2
    return said(lambda: _switch(settings, options))


def _switch(settings: Settings, options: argparse.Namespace) -> int:
    from domain.proto import oms_pb2 as pb

    request = pb.TradingStateRequest(
        scope="strategy" if options.strategy else "account" if options.account else "global",
        account_ref=options.account,
        sleeve=options.strategy,
        state="HALTED" if options.command == "halt" else "ACTIVE",
        reason=options.reason,
    )
    with admin_door(settings) as call:
        reply = call("SetTradingState", request)
    sys.stdout.write(f"{reply.state}: {reply.message}\n")
    for order in reply.in_flight:
        sys.stdout.write(
            f"  이미 나간 주문: {order.name}({order.ticker}) {order.side} {order.quantity:,}주 {order.state}\n"
        )
    return 0
