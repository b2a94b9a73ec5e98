"""kis-trader, unmodified, against the paper exchange (current layout): only its host table is redirected.

Usage: python client_kis_trader.py http://127.0.0.1:PORT. Prints one JSON object; runs in its own virtual environment.
It drops 23-token notices (it expects the documented 26), so fills are read from the account.
"""

import json
import sys
import tempfile
import time

import kis_trader._internal._endpoints as endpoints
from kis_trader import KISClient

BASE = sys.argv[1]


def main() -> None:
    endpoints._BASE_URL_BY_ENVIRONMENT["real"] = BASE
    endpoints._WEBSOCKET_URL_BY_ENVIRONMENT["real"] = BASE.replace("http", "ws", 1)
    kis = KISClient(
        app_key="T" * 36,
        app_secret="t" * 180,
        account="50003333-01",
        environment="real",
        config_dir=tempfile.mkdtemp(),
    )
    stock = kis.domestic.stock("005930")
    quote = stock.quote()
    bars = stock.bars(start="20260101")
    book = stock.order_book()
    trades, books = [], []
    stream = kis.realtime()
    stream.subscribe(tr_id="H0STCNT0", tr_key="005930", on=trades.append)
    stream.subscribe(tr_id="H0STASP0", tr_key="005930", on=books.append)
    stream.start()
    price = int(quote.current_price)
    bought = stock.buy(quantity=3)
    resting = stock.buy(quantity=2, limit_price=price * 8 // 10 // 1000 * 1000)
    opened = [int(order.order_id) for order in kis.account.domestic.open_orders()]
    cancelled = kis.orders.cancel(resting.client_order_id)
    positions = kis.account.domestic.positions()
    end = time.monotonic() + 10
    while time.monotonic() < end and not (trades and books):
        time.sleep(0.1)
    stream.stop()
    print(
        json.dumps(
            {
                "price": price,
                "bars": len(bars),
                "asks": len(book.asks),
                "bought": str(bought.status),
                "cancelled": str(cancelled.status),
                "opened": int(resting.order_id) in opened,
                "cash": int(kis.account.balance().domestic.deposit),  # bonds and what is abroad are asked for as well
                "held": {row.symbol: int(row.quantity) for row in positions},
                "trades": len(trades),
                "books": len(books),
            }
        )
    )


if __name__ == "__main__":
    main()
