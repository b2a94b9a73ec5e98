"""mojito2, unmodified, against the paper exchange: only its host constants are redirected.

Usage: python client_mojito2.py http://127.0.0.1:PORT. Prints one JSON object; runs in its own virtual environment.
"""

import json
import os
import sys
import tempfile
import time
from urllib.parse import urlsplit

import mojito
import mojito.koreainvestment as module
import requests
import websockets

BASE = sys.argv[1]
WS = BASE.replace("http", "ws", 1)


def redirect() -> None:
    """Send whatever goes to KIS's hosts to the exchange; the client's code stays as it is."""
    real_request = requests.Session.request

    def request(self, method, url, *args, **kwargs):
        parts = urlsplit(url)
        if parts.hostname and parts.hostname.endswith("koreainvestment.com"):
            url = BASE + url[len(f"{parts.scheme}://{parts.netloc}") :]
        return real_request(self, method, url, *args, **kwargs)

    requests.Session.request = request
    real_connect = websockets.connect

    def connect(uri, **kwargs):
        return real_connect(WS if "koreainvestment" in uri else uri, **kwargs)

    module.websockets.connect = connect


def main() -> None:
    redirect()
    os.chdir(tempfile.mkdtemp())  # it keeps token.dat where it stands
    key, secret = "M" * 36, "m" * 180
    stream = mojito.KoreaInvestmentWS(key, secret, ["H0STCNT0", "H0STASP0"], ["005930"], user_id="hts-mojito")
    stream.start()
    broker = mojito.KoreaInvestment(api_key=key, api_secret=secret, acc_no="50001111-01")
    price = int(broker.fetch_price("005930")["output"]["stck_prpr"])
    chart = broker.fetch_ohlcv("005930", timeframe="D")["output2"]
    minutes = broker.fetch_today_1m_ohlcv("005930")["output2"]
    time.sleep(1.5)  # let the stream register
    bought = broker.create_market_buy_order("005930", 3)
    low = price * 8 // 10 // 1000 * 1000
    resting = broker.create_limit_buy_order("005930", low, 2)
    cancelled = broker.cancel_order(
        resting["output"]["KRX_FWDG_ORD_ORGNO"], resting["output"]["ODNO"], 2, True, order_type="00"
    )
    balance = broker.fetch_balance()
    seen = {"체결": 0, "호가": 0, "체잔": []}
    end = time.monotonic() + 15
    while time.monotonic() < end and not (seen["체결"] and seen["호가"] and len(seen["체잔"]) >= 4):
        kind, data = stream.get()
        if kind == "체잔":
            seen[kind].append(data["체결여부"])
        else:
            seen[kind] += 1
    stream.terminate()
    held = {row["pdno"]: int(row["hldg_qty"]) for row in balance["output1"]}
    print(
        json.dumps(
            {
                "price": price,
                "chart": len(chart),
                "minutes": len(minutes),
                "bought": bought["rt_cd"],
                "cancelled": cancelled["rt_cd"],
                "held": held.get("005930"),
                "trades": seen["체결"],
                "books": seen["호가"],
                "notices": seen["체잔"],
            }
        )
    )


if __name__ == "__main__":
    main()
