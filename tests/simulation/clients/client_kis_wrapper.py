"""kis-wrapper, unmodified, against the paper exchange: only its two addresses are redirected.

Usage: python client_kis_wrapper.py http://127.0.0.1:PORT prod|paper. Prints one JSON object; runs in its own virtual
environment. Paper has no list of open orders.
"""

import json
import sys

import kis.auth
from kis import domestic
from kis.client import KIS
from kis.errors import KISError

BASE, ENV = sys.argv[1:3]
kis.auth._URLS = dict.fromkeys(("prod", "paper"), BASE)


def main() -> None:
    broker = KIS("W" * 36, "s" * 180, "77775555-01", env=ENV)
    quote = domestic.price(broker, "005930")
    low = int(quote["stck_llam"]) // 1000 * 1000
    domestic.buy(broker, "005930", 3)
    resting = domestic.buy(broker, "005930", 2, low + 1000)
    try:
        pending = [row["odno"] for row in domestic.pending_orders(broker)]
    except KISError as error:
        pending = [str(error)]
    revised = domestic.modify(broker, resting["ODNO"], 2, low + 2000)
    print(
        json.dumps(
            {
                "daily": len(domestic.daily(broker, "005930")),
                "held": {row["pdno"]: int(row["hldg_qty"]) for row in domestic.positions(broker)},
                "resting": resting["ODNO"],
                "pending": pending,
                "cancelled": domestic.cancel(broker, revised["ODNO"], 2)["ODNO"] > revised["ODNO"],
            }
        )
    )


main()
