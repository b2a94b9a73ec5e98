"""`quartz oms` starts the OMS; `quartz oms resolve INTENT --adopt ODNO | --absent --reason TEXT` is a person's verdict;
`quartz oms halt` and `resume` are the kill switch (see `switch`).

The verdict shows what is known, asks for the first eight characters of the intent's id again, and goes through the door
as the administrator of this installation: whoever can read its secret may decide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from execution.oms.switch import add_commands, switch
from tools.settings import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="quartz oms", description="주문 관리(OMS)를 켜거나 주문을 판정해요.")
    commands = parser.add_subparsers(dest="command")
    verdict = commands.add_parser("resolve", help="직접 확인이 필요한 주문을 판정해요")
    verdict.add_argument("intent", metavar="INTENT", help="주문의 번호 (UUID)")
    choice = verdict.add_mutually_exclusive_group(required=True)
    choice.add_argument("--adopt", metavar="ODNO", help="증권사의 이 주문번호예요")
    choice.add_argument("--absent", action="store_true", help="증권사에 그런 주문이 없어요")
    verdict.add_argument("--reason", required=True, help="그렇게 판정한 까닭")
    verdict.add_argument("--account", default="", help="계좌 (여러 개일 때)")
    add_commands(commands)
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings()
    if options.command in ("halt", "resume"):
        return switch(settings, options)
    if options.command == "resolve":
        return _resolve(settings, options)
    from execution.oms.logs import configure
    from execution.oms.server import serve

    configure(settings.log_level)
    return serve(settings)


def _resolve(settings: Settings, options: argparse.Namespace) -> int:
    import grpc

    from domain.proto import oms_pb2 as pb
    from domain.proto import oms_pb2_grpc
    from tools.embedded.services import endpoints
    from tools.store.secrets import caller_token, instance_secret

    token = caller_token(instance_secret(settings), "admin")
    metadata = (("x-quartz-principal", "admin"), ("x-quartz-token", token))
    address = endpoints(settings).oms_address
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = oms_pb2_grpc.OmsStub(channel)
        account = options.account or _account_of(settings, options.intent)
        if not account:
            sys.stderr.write("그런 주문이 없어요.\n")
            return 1
        found = stub.Orders(
            pb.OrdersRequest(account_ref=account, intent_id=options.intent), metadata=metadata, timeout=10
        )
        if not found.orders:
            sys.stderr.write("그런 주문이 없어요.\n")
            return 1
        order = found.orders[0]
        sys.stdout.write(
            f"{order.name}({order.ticker}) {order.side} {order.quantity:,}주 {order.price:,}원\n"
            f"상태 {order.state}: {order.state_note}\n"
            f"판정: {'주문번호 ' + options.adopt if options.adopt else '주문 없음'} ({options.reason})\n"
            "맞으면 주문 번호의 앞 여덟 글자를 다시 입력해 주세요: "
        )
        sys.stdout.flush()
        typed = sys.stdin.readline().strip()
        request = pb.ResolveRequest(
            account_ref=account, intent_id=options.intent, reason=options.reason, confirmation=typed
        )
        if options.adopt:
            request.adopt_broker_order_no = options.adopt
        else:
            request.absent = True
        reply = stub.Resolve(request, metadata=metadata, timeout=30)
    sys.stdout.write(f"{reply.message}\n")
    return 0 if reply.accepted else 1


def _account_of(settings: Settings, intent_id: str) -> str:
    """The account of an intent, looked up with the OMS's own role."""
    from execution.oms.ledger.postgres.lookup import account_of_intent
    from tools.store.roles import role_url

    return account_of_intent(role_url(settings, "oms"), intent_id)
