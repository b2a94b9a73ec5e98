"""The exchange of an order path that was started with faults, as one person's account sees it."""

from __future__ import annotations

from typing import Any

import httpx
from oms_path import Path_, Person

from simulation.exchange.journal import read_journal


class Venue:
    """Arms faults for one account, and says what the exchange's journal holds of it."""

    def __init__(self, path: Path_, account: str) -> None:
        self._path = path
        self.account = account

    @classmethod
    async def of(cls, path: Path_, who: Person) -> Venue:
        """Of a person whose account is opened just now."""
        await path.orders(who)  # patient while the account is being opened
        await path.agrees(who)
        return cls(path, next(one for one in reversed(_journal(path)) if one["kind"] == "account")["account"])

    def arm(self, kind: str, **more: Any) -> None:
        on = {name: more.pop(name) for name in ("path", "record", "ticker", "tr_id") if name in more}
        body = {"kind": kind, "on": {"account": self.account, **on}, **more}
        answer = httpx.post(self._path.exchange.url + "/quartz/faults", json=body)
        assert answer.status_code == 201, answer.text

    def by_hand(self, **body: Any) -> None:
        answer = httpx.post(self._path.exchange.url + "/quartz/hand-order", json={"account": self.account, **body})
        assert answer.status_code == 201, answer.text

    def struck(self, kind: str) -> int:
        """How often it struck at this account or anybody's."""
        hits: dict[str, int] = httpx.get(self._path.exchange.url + "/quartz/faults").json()["hits"]
        return hits.get(kind, 0)

    def calm(self) -> None:
        """No faults any more, for anybody."""
        assert httpx.delete(self._path.exchange.url + "/quartz/faults").status_code == 200

    def journal(self, *kinds: str) -> list[dict[str, Any]]:
        mine = [one for one in _journal(self._path) if one.get("account") == self.account]
        return [one for one in mine if one["kind"] in kinds]

    def ours(self) -> list[dict[str, Any]]:
        """Orders that were not placed by hand."""
        return [one for one in self.journal("order") if "channel" not in one]

    def paid(self) -> int:
        """What buys cost less what sales brought, won."""
        spent = 0
        for one in self.journal("fill"):
            amount, charges = one["qty"] * one["price"], one["fee"] + one["tax"]
            spent += amount + charges if one["side"] == "buy" else charges - amount
        return spent

    def held(self) -> int:
        """Shares of all names together."""
        return sum(one["qty"] if one["side"] == "buy" else -one["qty"] for one in self.journal("fill"))


def _journal(path: Path_) -> list[dict[str, Any]]:
    return list(read_journal(path.exchange.folder))
