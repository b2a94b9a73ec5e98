"""python-kis, unmodified, against the paper exchange (legacy layout): only its host constants are redirected.

Usage: python client_python_kis.py http://127.0.0.1:PORT. Prints one JSON object; runs in its own virtual environment.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta

import pykis.client.websocket as pykis_socket
import pykis.kis as pykis_main
from pykis import KisAuth, PyKis

BASE = sys.argv[1]


def main() -> None:
    pykis_main.REAL_DOMAIN = BASE
    pykis_socket.WEBSOCKET_REAL_DOMAIN = BASE.replace("http", "ws", 1)
    auth = KisAuth(id="hts-pykis", account="50002222-01", appkey="P" * 36, secretkey="p" * 180, virtual=False)
    kis = PyKis(auth, keep_token=False)
    stock = kis.stock("005930")
    quote = stock.quote()
    chart = stock.chart("30d")
    book = stock.orderbook()
    account = kis.account()
    executions: list[int] = []
    prices: list[int] = []
    ticket = account.on("execution", lambda _, event: executions.append(int(event.response.order_number.number)))
    price_ticket = stock.on("price", lambda _, event: prices.append(int(event.response.price)))
    until = time.monotonic() + 20  # it asks for an approval key before each registration, one a second at most
    while time.monotonic() < until and not any(tr.id == "H0STCNI0" for tr in kis.websocket._registered_subscriptions):
        time.sleep(0.05)
    bought = stock.buy(qty=3)
    resting = stock.buy(price=int(quote.low_limit) // 1000 * 1000 + 1000, qty=2)
    pending = [int(order.number) for order in account.pending_orders()]
    revised = resting.modify(price=int(quote.low_limit) // 1000 * 1000 + 2000)
    revised.cancel()
    left = [int(order.number) for order in account.pending_orders()]
    end = time.monotonic() + 15
    while time.monotonic() < end and not (executions and prices):
        time.sleep(0.1)
    balance = account.balance()
    orders = account.daily_orders(start=datetime.now(UTC).date() - timedelta(days=3))
    ticket.unsubscribe()
    price_ticket.unsubscribe()
    print(
        json.dumps(
            {
                "name": stock.name,
                "price": int(quote.price),
                "chart": len(chart.bars),
                "ask": int(book.ask_price.price),
                "bought": int(bought.number),
                "pending": int(resting.number) in pending,
                "left": left,
                "held": {row.symbol: int(row.qty) for row in balance.stocks},
                "orders": len(orders.orders),
                "notices": executions,
                "prices": len(prices),
            }
        )
    )
    sys.stdout.flush()
    import os

    os._exit(0)  # its reconnecting socket thread would keep the process alive


if __name__ == "__main__":
    main()
