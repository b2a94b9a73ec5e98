"""A bare subscriber for tests of the exchange's WebSocket side."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class Stream:
    """A subscriber that keeps what it was told."""

    def __init__(self, socket: Any, approval: str) -> None:
        self.socket = socket
        self.approval = approval
        self.key = self.iv = ""

    async def ask(self, tr_id: str, tr_key: str, tr_type: str = "1", approval: str | None = None) -> dict[str, Any]:
        header = {
            "approval_key": self.approval if approval is None else approval,
            "custtype": "P",
            "tr_type": tr_type,
            "content-type": "utf-8",
        }
        body = {"input": {"tr_id": tr_id, "tr_key": tr_key}}
        await self.socket.send(json.dumps({"header": header, "body": body}))
        while True:
            text = await self.receive()
            if text[0] == "{":
                answer: dict[str, Any] = json.loads(text)
                if "output" in answer["body"]:
                    self.key, self.iv = answer["body"]["output"]["key"], answer["body"]["output"]["iv"]
                return answer

    async def receive(self, seconds: float = 5) -> str:
        text: str = await asyncio.wait_for(self.socket.recv(), seconds)
        return text

    async def frame(self, tr_id: str) -> list[str]:
        """Fields of the next data frame of a TR, decrypted if need be."""
        while True:
            text = await self.receive()
            if text[0] in "01" and text.split("|")[1] == tr_id:
                sealed, _, count, payload = text.split("|", 3)
                if sealed == "1":
                    payload = self.open(payload)
                fields = payload.split("^")
                assert len(fields) % int(count) == 0
                return fields

    def open(self, payload: str) -> str:
        decryptor = Cipher(algorithms.AES(self.key.encode()), modes.CBC(self.iv.encode())).decryptor()
        padded = decryptor.update(base64.b64decode(payload)) + decryptor.finalize()
        unpadder = padding.PKCS7(128).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()


@asynccontextmanager
async def stream(place: Any, caller: Any, path: str = "/tryitout") -> AsyncIterator[Stream]:
    body = {"grant_type": "client_credentials", "appkey": caller.key, "secretkey": caller.secret}
    approval = (await caller.http.post("/oauth2/Approval", json=body)).json()["approval_key"]
    assert len(approval) == 36
    async with websockets.connect(place.url.replace("http", "ws") + path) as socket:
        yield Stream(socket, approval)
