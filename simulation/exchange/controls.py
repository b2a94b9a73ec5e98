"""Control answers of the WebSocket side: codes, texts, what a registration lacks, who it comes from. Pure.

Contract: every code of KIS's list has its rt_cd and text; `output` only with a successful registration; `encrypt` is Y
for notices. A registration names an approval key, or app key and secret as the oldest samples did. Without custtype it
counts as a person's.
"""

from __future__ import annotations

import json
from typing import Any

from simulation.exchange.credentials import APPROVAL_PREFIX, key_hash
from simulation.exchange.exchange import Exchange, well_formed
from simulation.exchange.streams import STREAMS

MESSAGES = {
    "OPSP0000": ("0", "SUBSCRIBE SUCCESS"),
    "OPSP0001": ("0", "UNSUBSCRIBE SUCCESS"),
    "OPSP0002": ("1", "ALREADY IN SUBSCRIBE"),
    "OPSP0003": ("1", "UNSUBSCRIBE ERROR(not found!)"),
    "OPSP0007": ("1", "SUBSCRIBE INTERNAL ERROR"),
    "OPSP0008": ("1", "MAX SUBSCRIBE OVER"),
    "OPSP0009": ("1", "SUBSCRIBE ERROR : mci send failed"),
    "OPSP0010": ("1", "SUBSCRIBE WARNING : invalid appkey"),
    "OPSP0011": ("1", "invalid approval : NOT FOUND"),
    "OPSP8991": ("1", "SUBSCRIBE ERROR : invalid tr_id"),
    "OPSP8992": ("1", "SUBSCRIBE ERROR : invalid tr_key"),
    "OPSP8993": ("9", "JSON PARSING ERROR : invalid tr_key"),
    "OPSP8994": ("9", "JSON PARSING ERROR : personalseckey not found"),
    "OPSP8995": ("9", "JSON PARSING ERROR : appsecret not found"),
    "OPSP8996": ("9", "ALREADY IN USE appkey"),
    "OPSP8997": ("9", "invalid tr_type"),
    "OPSP8998": ("9", "invalid custtype"),
    "OPSP8999": ("9", "resource not available"),
    "OPSP9990": ("9", "JSON PARSING ERROR : tr_key not found"),
    "OPSP9991": ("9", "JSON PARSING ERROR : input not found"),
    "OPSP9992": ("9", "JSON PARSING ERROR : body not found"),
    "OPSP9993": ("9", "JSON PARSING ERROR : internal error"),
    "OPSP9994": ("9", "JSON PARSING ERROR : INVALID appkey"),
    "OPSP9995": ("9", "JSON PARSING ERROR : resource not found"),
    "OPSP9996": ("9", "JSON PARSING ERROR : appkey not found"),
    "OPSP9997": ("9", "JSON PARSING ERROR : custtype not found"),
    "OPSP9998": ("9", "JSON PARSING ERROR : header not found"),
    "OPSP9999": ("9", "JSON PARSING ERROR : invalid json format"),
}


def malformed(header: dict[str, Any], wanted: dict[str, Any]) -> str:
    """The code for a registration that lacks a field or has it in a shape that cannot be; '' when it is whole."""
    if not wanted.get("tr_id"):
        return "OPSP9991"
    if "tr_key" not in wanted:
        return "OPSP9990"
    if not isinstance(wanted["tr_key"], str):
        return "OPSP8993"
    if "approval_key" not in header:
        if not header.get("appkey"):
            return "OPSP9996"
        if not header.get("appsecret"):
            return "OPSP8995"
    kind = header.get("custtype", "P")
    if kind not in ("P", "B"):
        return "OPSP8998"
    return "OPSP8994" if kind == "B" and not header.get("personalseckey") else ""


def owner_of(exchange: Exchange, header: dict[str, Any]) -> tuple[str, str]:
    """(first digits of the key hash that a whole registration comes from, '') or ('', code)."""
    if "approval_key" in header:
        owner = exchange.credentials.read_approval(str(header["approval_key"]), exchange.wall_epoch())
        return ("", "OPSP0011") if owner is None else (owner, "")
    appkey = str(header["appkey"])
    if not well_formed(appkey):
        return "", "OPSP9994"
    if exchange.known_pair(appkey, str(header["appsecret"])) is not None:
        return "", "OPSP0010"
    return key_hash(appkey)[:APPROVAL_PREFIX], ""


def answer(tr_id: str, tr_key: str, code: str, sealed_with: tuple[str, str] | None = None) -> str:
    """A control answer; key and iv only with a successful registration. Failures of a session name no TR."""
    rt_cd, text = MESSAGES[code]
    if rt_cd == "9":
        tr_id, tr_key = "(null)", ""
    body: dict[str, Any] = {"rt_cd": rt_cd, "msg_cd": code, "msg1": text}
    if sealed_with is not None:
        key, iv = sealed_with
        body["output"] = {"iv": iv, "key": key}
    encrypt = "Y" if tr_id in STREAMS and STREAMS[tr_id].encrypted else "N"
    return json.dumps({"header": {"tr_id": tr_id, "tr_key": tr_key, "encrypt": encrypt}, "body": body})
