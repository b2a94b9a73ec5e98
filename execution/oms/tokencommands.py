"""`quartz oms token issue | list | revoke`: tokens that programs of yours show the HTTP and WebSocket doors.

Contract: goes through the door as the administrator of this installation. The token is printed once, alone on stdout,
so that it can be put straight into a file; everything said about it goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from execution.oms.admindoor import admin_door, said
from tools.settings import Settings


def add_commands(commands: Any) -> None:
    token = commands.add_parser("token", help="내 프로그램이 주문에 쓸 토큰을 만들고 거둬요")
    what = token.add_subparsers(dest="what", required=True)
    issue = what.add_parser("issue", help="토큰을 만들어 한 번만 보여 줘요")
    issue.add_argument("--account", required=True, help="이 계좌에만 쓸 수 있어요")
    issue.add_argument("--name", required=True, help="어느 프로그램의 것인지")
    what.add_parser("list", help="만든 토큰을 보여 줘요")
    revoke = what.add_parser("revoke", help="토큰을 바로 거둬요")
    revoke.add_argument("token", metavar="ID", help="list가 보여 주는 번호")


def token(settings: Settings, options: argparse.Namespace) -> int:
    """The exit status: 0 when it was done."""
    return said(lambda: _token(settings, options))


def _token(settings: Settings, options: argparse.Namespace) -> int:
    from domain.proto import oms_pb2 as pb

    with admin_door(settings) as call:
        if options.what == "issue":
            made = call("IssueToken", pb.IssueTokenRequest(account_ref=options.account, label=options.name))
            sys.stderr.write(
                f"{made.issued.token_id} {made.issued.label}: X-Quartz-Principal은 {made.issued.principal}이에요."
                " 위임 안에서만 주문할 수 있어요. 다시 보여 주지 않아요.\n"
            )
            sys.stdout.write(f"{made.token}\n")
            return 0
        if options.what == "revoke":
            reply = call("RevokeToken", pb.RevokeTokenRequest(token_id=options.token))
        else:
            reply = call("CallerTokens", pb.CallerTokensRequest())
        for one in reply.tokens:
            sys.stdout.write(f"{_line(one)}\n")
        if not reply.tokens:
            sys.stdout.write("만든 토큰이 없어요.\n")
    return 0


def _line(one: Any) -> str:
    from domain.clock import KST

    at = one.issued_at.ToDatetime(tzinfo=KST).isoformat(sep=" ", timespec="minutes")
    state = "거둠" if one.HasField("revoked_at") else "사용 중"
    return f"{one.token_id}  {at}  {state}  {one.account_ref}  {one.label}"
