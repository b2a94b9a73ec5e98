"""kis-agent, unmodified, against the paper exchange: its base address is an argument of its own.

Usage: python client_kis_agent.py http://127.0.0.1:PORT. Prints one JSON object; runs in its own virtual environment.
It keeps tokens beside its own code, whatever server gave them, unless KIS_TOKEN_PATH says otherwise.
"""

import json
import logging
import os
import sys
from pathlib import Path

os.environ["KIS_TOKEN_PATH"] = str(Path.home() / "kis-agent-token.json")

from kis_agent import Agent

BASE = sys.argv[1]


def main() -> None:
    agent = Agent(app_key="A" * 36, app_secret="s" * 180, account_no="77772222", account_code="01", base_url=BASE)
    logging.disable(logging.CRITICAL)
    quote = agent.get_stock_price("005930")["output"]
    low = int(quote["stck_llam"]) // 1000 * 1000 + 1000
    bought = agent.order_stock_cash("buy", "005930", "01", "3", "0")
    resting = agent.order_stock_cash("buy", "005930", "00", "2", str(low))
    open_orders = agent.inquire_psbl_rvsecncl()["output"]
    balance = agent.get_account_balance()
    print(
        json.dumps(
            {
                "keys": len(quote),
                "book": len(agent.get_orderbook("005930")["output1"]),
                "minutes": len(agent.get_minute_price("005930")["output2"]),
                "investors": len(agent.get_stock_investor("005930")["output"]),
                "programmes": len(agent.get_program_trade_by_stock("005930")["output"]),
                "index": len(agent.get_index_daily_price()["output2"]),
                "margin": agent.inquire_intgr_margin()["output"]["stck_cash100_max_ord_psbl_amt"],
                "bought": bought["rt_cd"],
                "open": resting["output"]["ODNO"] in [row["odno"] for row in open_orders],
                "held": {row["pdno"]: int(row["hldg_qty"]) for row in balance["output1"]},
            }
        )
    )


main()
