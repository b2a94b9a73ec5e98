"""finestock, unmodified, against the paper exchange: only the addresses of its two brokers are redirected.

Usage: python client_finestock.py http://127.0.0.1:PORT live|virtual. Prints one JSON object; runs in its own virtual
environment. Virtual is KIS's paper host.
"""

import contextlib
import json
import sys

import finestock
from finestock.api_factory import APIFactory, APIProvider
from loguru import logger

BASE, MODE = sys.argv[1:3]


def main() -> None:
    logger.remove()
    with contextlib.redirect_stdout(sys.stderr):  # it tells of its own doings on stdout
        api = APIFactory.create_api(APIProvider.KIS, MODE)
        api.DOMAIN, api.DOMAIN_WS = BASE, BASE.replace("http", "ws", 1)
        api.set_oauth_info("F" * 36, "s" * 180)
        api.set_account_info("77773333", "01")
        api.oauth()
        price = api.get_price("005930")
        chart = api.get_ohlcv("005930", "20261101", "20261120")
        index = api.get_index("0001", "20261101", "20261120")
        book = api.get_orderbook("005930")
        api.do_order("005930", finestock.ORDER_FLAG.BUY, 0, 3)
        rests = api.do_order("005930", finestock.ORDER_FLAG.BUY, int(price.price * 0.85) // 1000 * 1000, 2)
        balance = api.get_balance()
        cancelled = api.do_order_cancel(rests.order.order_num, "005930", 2, rests.order.krx_fwdg_ord_orgno)
    print(
        json.dumps(
            {
                "price": price.price,
                "chart": len(chart),
                "index": len(index),
                "levels": len(book.buy),
                "held": {row.code: int(row.qty) for row in balance.hold},
                "cancelled": cancelled is not None,
            }
        )
    )


main()
