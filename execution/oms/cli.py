"""`quartz oms` starts the OMS; `quartz oms resolve INTENT --adopt ODNO | --absent --reason TEXT` is a person's verdict;
`quartz oms halt` and `resume` are the kill switch (see `switch`), `quartz oms token` lends programs a token
(`tokencommands`).

The verdict shows the evidence, asks for the first eight characters of the intent's id again, and goes through the door
as the administrator of this installation: whoever can read its secret may decide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from execution.oms import tokencommands
from execution.oms.admindoor import admin_door, said
from execution.oms.switch import add_commands, switch
from tools.settings import Settings, load_settings

_OWNERS = {"this": "이 주문의 번호", "other": "다른 주문의 번호"}


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
    tokencommands.add_commands(commands)
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings()
    if options.command in ("halt", "resume"):
        return switch(settings, options)
    if options.command == "token":
        return tokencommands.token(settings, options)
    if options.command == "resolve":
        return _resolve(settings, options)
    from execution.oms.logs import configure
    from execution.oms.server import serve

    configure(settings.log_level)
    return serve(settings)


def _resolve(settings: Settings, options: argparse.Namespace) -> int:
    return said(lambda: _judged(settings, options))


def _judged(settings: Settings, options: argparse.Namespace) -> int:
    from domain.proto import oms_pb2 as pb

    account = options.account or _account_of(settings, options.intent)
    if not account:
        sys.stderr.write("그런 주문이 없어요.\n")
        return 1
    with admin_door(settings) as call:
        shown = call("Evidence", pb.EvidenceRequest(account_ref=account, intent_id=options.intent))
        for line in _evidence(shown):
            sys.stdout.write(f"{line}\n")
        sys.stdout.write(
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
        reply = call("Resolve", request)
    sys.stdout.write(f"{reply.message}\n")
    return 0 if reply.accepted else 1


def _evidence(shown: Any) -> Iterator[str]:
    """What the person decides on, line by line."""
    from domain.clock import KST

    order = shown.order
    yield f"{order.name}({order.ticker}) {order.side} {order.quantity:,}주 {order.price:,}원"
    yield f"상태 {order.state}: {order.state_note}"
    yield from shown.lines
    for row in shown.rows:
        marks = [_OWNERS.get(row.owner, ""), "시각과 내용이 맞음" if row.fits else "", "보내기 전부터 있던 번호"]
        said_of = ", ".join(mark for mark in (*marks[:2], marks[2] if row.seen_before else "") if mark)
        at = row.ordered_at.ToDatetime(tzinfo=KST).strftime("%H:%M:%S")
        yield (
            f"  {row.broker_order_no} {at} {row.side} {row.quantity:,}주 {row.price:,}원 체결 {row.filled:,}주"
            f"{' · ' + said_of if said_of else ''}"
        )


def _account_of(settings: Settings, intent_id: str) -> str:
    """The account of an intent, looked up with the OMS's own role."""
    from execution.oms.ledger.postgres.lookup import account_of_intent
    from tools.store.roles import role_url

    return account_of_intent(role_url(settings, "oms"), intent_id)
