"""Client of the KIS (한국투자증권) Open API, used by the OMS alone: one client for live, paper and the paper exchange.

Rooms: `client` bundles the rest · `rest` (headers, paging, bounded re-asking of reads) with `quotes`, `charts`,
`orders`, `account`, `executions`, `calendar`, `news` on top · `transport` (one exchange of bytes, what was sent)
· `replies` (what an answer to an order means) · `token`, `approval` (keepers) · `ws` with `frames`, `notices`,
`events`, `subscriptions` · `environment`, `credentials`, `sealed`, `budget`, `errors`, `fields`.

It decides nothing about orders: no gate, no ledger, no re-sending. No global state.
"""
