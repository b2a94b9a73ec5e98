"""A bare KIS caller for tests: knows the headers of the wire and nothing of our client."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import httpx

PREFIX = "/uapi/domestic-stock/v1/"
KEY, SECRET = "K" * 36, "s" * 180


class Wire:
    """A bare KIS caller: knows headers and nothing else."""

    def __init__(self, url: str, key: str = KEY, secret: str = SECRET, account: str = "1234567801") -> None:
        self.url = url
        self.key, self.secret = key, secret
        self.account = {"CANO": account[:8], "ACNT_PRDT_CD": account[8:]}
        self.http = httpx.AsyncClient(base_url=url, timeout=10)
        self.token = ""

    async def login(self) -> Wire:
        body = {"grant_type": "client_credentials", "appkey": self.key, "appsecret": self.secret}
        answer = await self.http.post("/oauth2/tokenP", content=json.dumps(body))
        self.token = answer.json()["access_token"]
        return self

    def headers(self, tr_id: str) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.token}",
            "appkey": self.key,
            "appsecret": self.secret,
            "tr_id": tr_id,
            "custtype": "P",
        }

    async def get(self, path: str, tr_id: str, **query: str) -> httpx.Response:
        return await self.http.get(PREFIX + path, params=query, headers=self.headers(tr_id))

    async def post(self, path: str, tr_id: str, **body: str) -> httpx.Response:
        return await self.http.post(PREFIX + path, content=json.dumps(body), headers=self.headers(tr_id))

    async def quote(self, ticker: str = "005930") -> dict[str, str]:
        query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": ticker}
        output: dict[str, str] = (await self.get("quotations/inquire-price", "FHKST01010100", **query)).json()["output"]
        return output

    async def order(self, side: str, quantity: int, price: int = 0, ticker: str = "005930", **more: str) -> Any:
        tr_id = "TTTC0012U" if side == "buy" else "TTTC0011U"
        body = {
            **self.account,
            "PDNO": ticker,
            "ORD_DVSN": "00" if price else "01",
            "ORD_QTY": str(quantity),
            "ORD_UNPR": str(price),
            **more,
        }
        return (await self.post("trading/order-cash", tr_id, **body)).json()

    async def cancel(self, odno: str, quantity: int = 0, **more: str) -> Any:
        body = {
            **self.account,
            "KRX_FWDG_ORD_ORGNO": "06010",
            "ORGN_ODNO": odno,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": "02",
            "ORD_QTY": str(quantity),
            "ORD_UNPR": "0",
            "QTY_ALL_ORD_YN": "N" if quantity else "Y",
            **more,
        }
        return (await self.post("trading/order-rvsecncl", "TTTC0013U", **body)).json()

    async def balance(self, tr_id: str = "TTTC8434R", **more: str) -> httpx.Response:
        query = {
            **self.account,
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "02",
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
            "CTX_AREA_FK100": "",
            "CTX_AREA_NK100": "",
        }
        return await self.get("trading/inquire-balance", tr_id, **(query | more))

    async def executions(self, day: datetime, tr_id: str = "TTTC0081R", **more: str) -> httpx.Response:
        query = {
            **self.account,
            "INQR_STRT_DT": f"{day:%Y%m%d}",
            "INQR_END_DT": f"{day:%Y%m%d}",
            "SLL_BUY_DVSN_CD": "00",
            "INQR_DVSN": "00",
            "PDNO": "",
            "CCLD_DVSN": "00",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "INQR_DVSN_3": "00",
            "INQR_DVSN_1": "",
            "CTX_AREA_FK100": "",
            "CTX_AREA_NK100": "",
        }
        return await self.get("trading/inquire-daily-ccld", tr_id, **(query | more))
