"""ECOS, FRED and the World Bank on loopback, in their real wire formats, with every fault that such a server has.

`publishers()` serves all three from one table of figures by (source, key): {period as written: value}. `faults` are
answered first, one a request; `asked` keeps every address. Error bodies repeat the caller's key on purpose: nothing of
it may come out on our side. Bodies and messages as in the publishers' own documentation and recorded answers.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import web

ECOS_KEY = "ECOSKEY5ECRET5ECRET5"
FRED_KEY = "0123456789abcdef0123456789abcdef"
UNITS = {"722Y001": "연%", "901Y010": "2020=100", "731Y004": "원", "901Y118": "천달러", "151Y005": "십억원"}

BAD_KEY = (
    "Bad Request.  The value for variable api_key is not registered.  "
    "Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."
)
NO_SERIES = "Bad Request.  The series does not exist."


@dataclass(frozen=True)
class Fault:
    """One answer out of the ordinary. `hang`: no answer; `drip`: a byte now and then; `cut`: half of the true body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    drip: bool = False
    cut: bool = False
    charset: str = ""  # the true body in another charset than its header says
    abort: bool = False


LOGIN = Fault(302, b"", {"Location": "/login?next=api"})
PAGE = Fault(200, "<html><body>점검 중입니다</body></html>".encode(), {"Content-Type": "text/html"})
BROKEN = Fault(500, b"<html>Internal Server Error</html>", {"Content-Type": "text/html"})


@dataclass
class Publishers:
    """The running servers. `ecos`, `fred`, `bank` are base addresses."""

    ecos: str = ""
    fred: str = ""
    bank: str = ""
    figures: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    down: set[str] = field(default_factory=set)  # sources that answer 500 to everything
    etags: bool = False  # answers bear one, and 304 is said to who shows it
    page: int = 10_000  # most rows of one FRED or World Bank answer, whatever was asked
    asked: list[str] = field(default_factory=list)
    not_modified: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def then(self, source: str, *faults: Fault) -> None:
        self.faults[source].extend(faults)


@asynccontextmanager
async def publishers() -> AsyncIterator[Publishers]:
    made = Publishers()
    app = web.Application()

    def served(source: str, answer: Any) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            made.asked.append(request.raw_path)
            if source in made.down:
                return _fault(BROKEN)
            queue = made.faults[source]
            fault = queue.popleft() if queue else None
            if fault is not None and not (fault.cut or fault.charset):
                return await _faulty(made, request, fault)
            return _answered(made, request, answer(made, request), fault)

        return handle

    app.router.add_get("/ecos/{tail:.*}", served("ecos", _ecos))
    app.router.add_get("/fred/series/observations", served("fred", _fred))
    app.router.add_get("/bank/country/{country}/indicator/{indicator}", served("worldbank", _bank))
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    made.ecos, made.fred, made.bank = f"{base}/ecos", f"{base}/fred", f"{base}/bank"
    try:
        yield made
    finally:
        made.over.set()
        await runner.cleanup()


def _answered(made: Publishers, request: web.Request, found: tuple[int, Any], fault: Fault | None) -> web.Response:
    status, body = found
    raw = json.dumps(body, ensure_ascii=False, default=float).encode()
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    if fault is not None and fault.cut:
        raw = raw[: len(raw) // 2]
    if fault is not None and fault.charset:
        raw = raw.decode().encode(fault.charset)
    if made.etags and status == 200:
        headers["ETag"] = f'"{hash(raw)}"'
        if request.headers.get("If-None-Match") == headers["ETag"]:
            made.not_modified += 1
            return web.Response(status=304, headers={"ETag": headers["ETag"]})
    return web.Response(status=status, body=raw, headers=headers)


def _fault(fault: Fault) -> web.Response:
    return web.Response(status=fault.status, body=fault.body, headers=fault.headers)


async def _faulty(made: Publishers, request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.hang:
        await made.over.wait()
    if fault.abort and request.transport is not None:
        request.transport.abort()
    if fault.drip:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while not made.over.is_set():
                await response.write(b" ")
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        return response
    return _fault(fault)


# ECOS: everything is in the path, every refusal is HTTP 200 -----------------------------------------------------------
def _result(code: str, message: str) -> tuple[int, Any]:
    return 200, {"RESULT": {"CODE": code, "MESSAGE": message}}


def _ecos(made: Publishers, request: web.Request) -> tuple[int, Any]:
    parts = request.match_info["tail"].split("/")
    if len(parts) < 10:
        return _result("ERROR-100", "필수 값이 누락되어 있습니다.")
    service, key, kind, _, first, last, statistic, cycle, start, end, *items = parts
    if service != "StatisticSearch":
        return _result("ERROR-500", "서버 오류입니다.")
    if key not in (ECOS_KEY, "sample"):
        return _result("INFO-100", f"인증키가 유효하지 않습니다. ({key})")
    if kind != "json":
        return _result("ERROR-200", "파일타입 값이 누락 혹은 유효하지 않습니다.")
    if cycle not in ("A", "S", "Q", "M", "SM", "D"):
        return _result("ERROR-100", "필수 값이 누락되어 있습니다.")
    if len(start) != {"A": 4, "M": 6}.get(cycle):
        return _result("ERROR-101", "주기와 다른 형식의 날짜 형식입니다.")
    if key == "sample" and int(last) - int(first) >= 10:
        return _result("ERROR-301", "조회건수 값의 타입이 유효하지 않습니다.")
    held = made.figures.get(("ecos", "/".join([statistic, *items])), {})
    periods = [period for period in sorted(held) if start <= period <= end]
    if not periods:
        return _result("INFO-200", "해당하는 데이터가 없습니다.")
    codes = {f"ITEM_CODE{at}": items[at - 1] if at <= len(items) else "" for at in range(1, 5)}
    rows = [
        {
            "STAT_CODE": statistic,
            "STAT_NAME": "한국은행 통계",
            **codes,
            **{f"ITEM_NAME{at}": "항목" if codes[f"ITEM_CODE{at}"] else "" for at in range(1, 5)},
            "UNIT_NAME": UNITS.get(statistic, ""),
            "WGT": "",
            "TIME": period,
            "DATA_VALUE": str(held[period]),
        }
        for period in periods[int(first) - 1 : int(last)]
    ]
    return 200, {"StatisticSearch": {"list_total_count": len(periods), "row": rows}}


# FRED: the key is in the query, a refusal is HTTP 400 -----------------------------------------------------------------
def _fred(made: Publishers, request: web.Request) -> tuple[int, Any]:
    asked = request.query
    if asked.get("api_key") != FRED_KEY:
        return 400, {"error_code": 400, "error_message": f"{BAD_KEY} ({asked.get('api_key')})"}
    held = made.figures.get(("fred", asked["series_id"]))
    if held is None:
        return 400, {"error_code": 400, "error_message": NO_SERIES}
    days = [day for day in sorted(held) if asked["observation_start"] <= day <= asked["observation_end"]]
    offset, limit = int(asked["offset"]), min(int(asked["limit"]), made.page)
    today = {"realtime_start": "2026-11-20", "realtime_end": "2026-11-20"}
    return 200, {
        **today,
        "observation_start": asked["observation_start"],
        "observation_end": asked["observation_end"],
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": asked["sort_order"],
        "count": len(days),
        "offset": offset,
        "limit": limit,
        "observations": [{**today, "date": day, "value": str(held[day])} for day in days[offset : offset + limit]],
    }


# The World Bank: no key, a list of two, a refusal is a list of one ----------------------------------------------------
def _bank(made: Publishers, request: web.Request) -> tuple[int, Any]:
    country, indicator = request.match_info["country"], request.match_info["indicator"]
    held = made.figures.get(("worldbank", f"{country}/{indicator}"))
    if held is None:
        value = "The provided parameter value is not valid"
        return 200, [{"message": [{"id": "120", "key": "Invalid value", "value": value}]}]
    start, _, end = request.query["date"].partition(":")
    years = [year for year in sorted(held, reverse=True) if start <= year <= end]
    size, page = min(int(request.query["per_page"]), made.page), int(request.query.get("page", "1"))
    meta = {"page": page, "pages": -(-len(years) // size), "per_page": size, "total": len(years)}
    rows = [
        {
            "indicator": {"id": indicator, "value": "GDP growth (annual %)"},
            "country": {"id": "1W", "value": "World"},
            "countryiso3code": country,
            "date": year,
            "value": None if held[year] is None else Decimal(str(held[year])),
            "unit": "",
            "obs_status": "",
            "decimal": 1,
        }
        for year in years[(page - 1) * size : page * size]
    ]
    return 200, [{**meta, "sourceid": "2", "lastupdated": "2026-07-13"}, rows or None]
