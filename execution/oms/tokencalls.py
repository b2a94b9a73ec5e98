"""The administrator's calls about programs' tokens: made, listed, taken back. Mixed into the door, which authenticates.

Contract: `admin` alone, which only whoever can read this installation's secret can be. The token itself is in one
answer and in no log, row or error.
"""

from __future__ import annotations

import grpc

from domain.proto import oms_pb2 as pb
from execution.oms.auth import Caller
from execution.oms.callertokens import CallerTokens, token_message
from execution.oms.ledger.desk import DeskAccount
from execution.oms.translated import translated


class TokenCalls:
    """For `OmsDoor`."""

    _tokens: CallerTokens

    def _caller(self, context: grpc.aio.ServicerContext, call: str) -> Caller:
        raise NotImplementedError

    async def _account(self, caller: Caller, account_ref: str) -> DeskAccount:
        raise NotImplementedError

    @translated
    async def CallerTokens(
        self, request: pb.CallerTokensRequest, context: grpc.aio.ServicerContext
    ) -> pb.CallerTokensReply:
        self._caller(context, "CallerTokens")
        return self._listed()

    @translated
    async def IssueToken(self, request: pb.IssueTokenRequest, context: grpc.aio.ServicerContext) -> pb.IssueTokenReply:
        caller = self._caller(context, "IssueToken")
        account = await self._account(caller, request.account_ref)
        made, token = await self._tokens.issue(account.account_ref, account.owner, request.label, caller.name)
        return pb.IssueTokenReply(issued=token_message(made), token=token)

    @translated
    async def RevokeToken(
        self, request: pb.RevokeTokenRequest, context: grpc.aio.ServicerContext
    ) -> pb.CallerTokensReply:
        caller = self._caller(context, "RevokeToken")
        await self._tokens.revoke(request.token_id, caller.name)
        return self._listed()

    def _listed(self) -> pb.CallerTokensReply:
        return pb.CallerTokensReply(tokens=[token_message(one) for one in self._tokens.all()])
