"""The one request by which app key and secret are exchanged for a credential (/oauth2/tokenP, /oauth2/Approval).

Contract: one POST, nothing cached, nothing concluded from the reply; the caller has the budget's grant. The secret goes
into the body alone, under the name that the path wants.
"""

from __future__ import annotations

from tools.kis.credentials import Credential
from tools.kis.deadline import Deadline, Seconds
from tools.kis.transport import Exchange, Outgoing, Transport

_TIMEOUT_S = 10.0


async def ask(transport: Transport, credential: Credential, path: str, *, field: str, seconds: Seconds) -> Exchange:
    """`field` names the secret: appsecret for a token and secretkey for an approval key."""
    return await transport.exchange(
        Outgoing(
            "POST",
            path,
            {"content-type": "application/json; charset=utf-8"},
            body={
                "grant_type": "client_credentials",
                "appkey": credential.appkey.get_secret_value(),
                field: credential.appsecret.get_secret_value(),
            },
        ),
        Deadline.after(_TIMEOUT_S, seconds),
        write=False,
    )
