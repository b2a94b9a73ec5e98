"""Keys for KIS have no place on the paper exchange, and only the person's own programs may bring them."""

from __future__ import annotations

import grpc
import pytest
from oms_path import Path_

from domain.proto import oms_pb2 as pb
from tools.oms_client import OmsChannel
from tools.store.secrets import instance_secret


def _request(account_ref: str) -> pb.EnrollRequest:
    return pb.EnrollRequest(account_ref=account_ref, app_key="P" * 36, app_secret="s" * 180, account_no="12345678-01")


@pytest.mark.parametrize("venue", ["sim", "paper"])
async def test_on_the_paper_exchange_keys_are_refused_in_words(path: Path_, venue: str) -> None:
    who = path.person(venue=venue)
    reply = await path.client.enroll(who.identity, _request(who.account))
    assert (reply.accepted, reply.code) == (False, "WRONG_VENUE")
    assert reply.message.endswith("요.")
    assert (await path.client.unenroll(who.identity)).code == "WRONG_VENUE"
    assert not path.sql("SELECT 1 FROM ledger.credentials WHERE account_ref = %s", who.account)


@pytest.mark.parametrize("principal", ["worker", "guard", "admin"])
async def test_no_program_but_the_persons_own_brings_keys(path: Path_, principal: str) -> None:
    who = path.person()
    async with OmsChannel(path.oms.address, instance_secret(path.database.settings), principal) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.oms.Enroll(_request(who.account), metadata=channel.metadata())
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await channel.oms.Unenroll(pb.UnenrollRequest(account_ref=who.account), metadata=channel.metadata())
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
