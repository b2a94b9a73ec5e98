"""A publisher on loopback that speaks the formats of Korean news sites, and every way in which they fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

HANKYUNG = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title><![CDATA[경제 | 증권]]></title><language>ko</language>
<item><title><![CDATA[삼성전자, 3분기 호실적에 급등]]></title><link><![CDATA[https://news.example/article/1]]></link>
<author><![CDATA[기자]]></author><pubDate>Mon, 23 Nov 2026 09:43:21 +0900</pubDate></item>
<item><title><![CDATA["너무 올랐나?"…한미반도체, 장 초반 급락]]></title><link><![CDATA[https://news.example/article/2]]></link>
<pubDate>Mon, 23 Nov 2026 09:40:46 +0900</pubDate></item>
</channel></rss>"""

MAEIL = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>경제 : 증권</title>
<item><no>12051747</no><title><![CDATA[카카오, 광고 매출 부진에 약세]]></title><link><![CDATA[https://mk.example/1]]></link>
<category><![CDATA[헤드라인]]></category><pubDate>Mon, 23 Nov 2026 09:40:46 +09:00</pubDate>
<description><![CDATA[...]]></description><media:content medium="image" url="https://mk.example/1.jpg" />
<media:title>그림 설명은 제목이 아니다</media:title></item></channel></rss>"""

NDSOFT = """<?xml version="1.0" encoding="euc-kr"?>
<rss version="2.0"><channel><title>증권</title>
<item><title>기아, 유럽 판매 신기록&hellip;점유율&nbsp;상승 & 수익 개선</title>
<link>https://nd.example/news/articleView.html?idxno=1&page=2</link>
<pubDate>2026-11-23 09:30:41</pubDate><description><![CDATA[...]]></description></item>
<item><title>제목만 있고 링크가 없는 항목</title><pubDate>2026-11-23 00:00:00</pubDate></item>
<item><title>읽을 수 없는 시각</title><pubDate>어제쯤</pubDate></item>
</channel></rss>"""

BROKEN = HANKYUNG.replace("</item>\n</channel></rss>", "<b>여기서 끊김")
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/hosts">]>'
    "<rss><channel><item><title>&c;</title><pubDate>2026-11-23 09:00:00</pubDate></item></channel></rss>"
)
LOGIN = "<!doctype html><html><head><title>로그인</title></head><body><form>아이디</form></body></html>"
LIST = """<html><body><a href="/login">로그인</a><ul>
<li><a href="/article/2026112354246">두산에너빌리티, 원전 수주에 강세</a></li>
<li><a href="/article/2026112354246"><img alt=""></a></li>
<li><a href="/article/2020010100001">오래전에 쓴 기사의 제목이에요</a></li>
<li><a href="https://other.example/article/2026112399999">다른 곳의 기사 제목이에요 광고</a></li></ul></body></html>"""

ROBOTS = "User-agent: *\nDisallow: /private/\n"


@dataclass
class Publisher:
    """`url` of the server; `asked` are the paths in order, with the validators that came along."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    robots: str = ROBOTS
    robots_status: int = 200
    release: asyncio.Event = field(default_factory=asyncio.Event)
    feeds: dict[str, str] = field(default_factory=dict)  # more paths, and the RSS behind them

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


@asynccontextmanager
async def publisher() -> AsyncIterator[Publisher]:
    made = Publisher()
    pages: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}

    def page(path: str, body: str, charset: str = "utf-8", kind: str = "application/rss+xml") -> None:
        async def answer(request: web.Request) -> web.Response:
            if request.headers.get("If-None-Match") == '"v1"':
                return web.Response(status=304)
            return web.Response(
                body=body.encode(charset), headers={"Content-Type": f"{kind}; charset=utf-8", "ETag": '"v1"'}
            )

        pages[path] = answer

    page("/feed/finance", HANKYUNG)
    page("/rss/50200011/", MAEIL)
    page("/rss/S1N2.xml", NDSOFT, "cp949")
    page("/broken.xml", BROKEN)
    page("/bomb.xml", BOMB)
    page("/logged-out", LOGIN, kind="text/html")
    page("/list", LIST, kind="text/html")
    page("/private/feed", HANKYUNG)

    async def handle(request: web.Request) -> web.StreamResponse:
        made.asked.append((request.path, request.headers.get("If-None-Match", "")))
        path = request.path
        if path == "/robots.txt":
            return web.Response(text=made.robots, status=made.robots_status)
        if path in made.feeds:
            return web.Response(body=made.feeds[path].encode(), content_type="application/rss+xml", charset="utf-8")
        if path in pages:
            return await pages[path](request)
        if path == "/to-login":
            raise web.HTTPFound("/member/login?back=/feed")
        if path == "/moved":
            raise web.HTTPMovedPermanently("/feed/finance")
        if path == "/elsewhere":
            raise web.HTTPFound("http://localhost:9/feed")
        if path == "/down":
            return web.Response(status=500, text="<h1>Internal Server Error</h1>")
        if path == "/busy":
            return web.Response(status=429)
        if path == "/forbidden":
            return web.Response(status=403, text="bot")
        if path == "/large":
            return web.Response(body=b"x" * 3_200_000)
        if path == "/slow":
            await made.release.wait()
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.addresses
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.release.set()
        await runner.cleanup()
