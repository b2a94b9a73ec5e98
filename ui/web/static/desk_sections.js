// What each section of the desk draws from one answer of the API. Pure drawing: data in, elements out; acts that change
// something are handed in. Tables become stacked rows on a phone by their cells' labels (desk.css).

import { button, el, shares, sideWord } from "./desk_dom.js";

const { direction, pct, signed, time, won } = window.Quartz;

const empty = (text) => el("p", { class: "desk-empty" }, text);
const quiet = (text) => el("p", { class: "desk-quiet" }, text);

function table(caption, heads, rows) {
  return el(
    "table",
    { class: "desk-table" },
    el("caption", { class: "desk-hidden" }, caption),
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el(
      "tbody",
      {},
      rows.map((cells) =>
        el("tr", {}, cells.map((cell, at) => el(at ? "td" : "th", { "data-label": heads[at], scope: at ? null : "row" }, cell))),
      ),
    ),
  );
}

const change = (amount, text = signed(amount)) => el("span", { class: direction(amount) }, text);

export function summary(book) {
  const figures = [
    ["총자산", won(book.total_value)],
    ["예수금(D+2)", won(book.cash)],
    ["주문 가능", won(book.buying_power)],
    ["평가손익", change(book.unrealised)],
    ["오늘 손익", book.day_change === null ? "-" : change(book.day_change)],
    ["오늘 실현", change(book.realised_today)],
    ["누적 실현", change(book.realised_total)],
    ["낸 비용", won(book.fees_total + book.taxes_total)],
  ];
  const list = el("dl", { class: "desk-figures" }, figures.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  const notes = [book.label, `${time(book.as_of)} 기준`, book.reconciled ? "" : "증권사와 잔고를 맞추는 중이에요."];
  return [list, quiet(notes.filter(Boolean).join(" · "))];
}

export function holdings(book) {
  if (!book.holdings.length) return [empty("보유 종목은 아직 없어요.")];
  const rows = book.holdings.map((held) => [
    `${held.name}(${held.ticker})`,
    held.qty === held.sellable ? shares(held.qty) : `${shares(held.qty)} (매도 가능 ${shares(held.sellable)})`,
    won(held.price),
    won(held.value),
    change(held.unrealised, `${signed(held.unrealised)} ${held.unrealised_pct === null ? "" : pct(held.unrealised_pct)}`.trim()),
    held.weight_pct === null ? "-" : `${held.weight_pct.toFixed(1)}%`,
  ]);
  return [table("보유 종목", ["종목", "수량", "현재가", "평가금액", "평가손익", "비중"], rows), quiet(book.label)];
}

const orderName = (order) =>
  el("span", { class: order.side === "buy" ? "rise" : "fall" }, `${order.name || order.ticker}(${order.ticker}) ${sideWord(order.side)}`);
const orderPrice = (order) => (order.order_type === "market" ? "시장가" : won(order.price));
const filled = (order) => {
  const provisional = order.provisional > order.filled ? ` (잠정 ${shares(order.provisional)})` : "";
  return `${shares(order.filled)} / ${shares(order.qty)}${provisional}`;
};

export function openOrders({ orders }, cancel) {
  if (!orders.length) return [empty("미체결 주문이 없어요.")];
  const rows = orders.map((order) => [
    orderName(order),
    orderPrice(order),
    filled(order),
    order.note ? `${order.state_text} · ${order.note}` : order.state_text,
    order.reason || "-",
    order.cancelable
      ? button("취소", "cancel", () => cancel(order), {
          "data-id": order.intent_id,
          "aria-label": `${order.name || order.ticker} ${sideWord(order.side)} 주문 취소`,
        })
      : "-",
  ]);
  return [table("미체결 주문", ["주문", "가격", "체결 / 주문", "상태", "이유", "취소"], rows)];
}

export function orderHistory({ orders }) {
  if (!orders.length) return [empty("주문 내역이 아직 없어요.")];
  const rows = orders.map((order) => [
    time(order.created_at),
    orderName(order),
    orderPrice(order),
    filled(order),
    order.state_text,
    order.reason || "-",
  ]);
  return [table("주문 내역", ["시각", "주문", "가격", "체결 / 주문", "상태", "이유"], rows)];
}

const MANDATE_STATES = { offered: "서명 전", live: "유효", revoked: "철회", expired: "끝남" };

export function mandates(answer, { sign, revoke }) {
  if (!answer.mandates.length) return [empty("아직 위임이 없어요. 모든 주문은 승인 카드로 하나씩 여쭤봐요.")];
  return answer.mandates.map((mandate) =>
    el(
      "article",
      { class: "desk-card", "data-card": "mandate", "data-id": mandate.id, "data-state": mandate.state },
      el("h3", {}, `${mandate.label} · ${MANDATE_STATES[mandate.state]}`),
      el("ul", {}, mandate.lines.map((line) => el("li", {}, line))),
      mandate.state === "offered" ? button("서명", "sign", () => sign(mandate), { "aria-label": `${mandate.label} 위임에 서명` }) : null,
      mandate.state === "live" ? button("철회", "revoke", () => revoke(mandate), { "aria-label": `${mandate.label} 위임 철회` }) : null,
    ),
  );
}

const RUN_STATES = { active: "켜짐", paused: "잠시 멈춤", stopped: "꺼짐" };

// A strategy that trades by itself: what runs, whether it may order, what its own part holds and makes.
export function runs({ runs: started, label }, set) {
  if (!started.length) return [empty("켜 둔 전략이 없어요. 대화에서 '전략 켜줘'라고 하시면 시작해요.")];
  const verb = (words, state, run) => button(words, `run-${state}`, () => set(run, state), { "aria-label": `${run.name} ${words}` });
  return started.map((run) =>
    el(
      "article",
      { class: "desk-card", "data-card": "run", "data-id": run.strategy_id, "data-state": run.state },
      el("h3", {}, `${run.name} v${run.version} · ${run.state === "active" && !run.signed ? "서명 전" : RUN_STATES[run.state]}`),
      quiet(run.state === "active" ? run.note : [run.state_text, run.note].filter(Boolean).join(" ")),
      ...(run.holdings.length || run.parked
        ? [
            el("p", {}, `전략이 가진 금액 ${won(run.value)} · 평가손익 `, gainOf(run), run.costs ? ` · 낸 수수료·세금 ${won(run.costs)}` : ""),
          ]
        : []),
      ...(run.holdings.length
        ? [
            table(
              `${run.name}의 보유 종목`,
              ["종목", "수량", "평가금액", "평가손익"],
              run.holdings.map((held) => [`${held.name}(${held.ticker})`, shares(held.qty), won(held.value), gainOf(held)]),
            ),
          ]
        : [quiet(`조건에 맞아 산 종목은 아직 없어요. ${run.signed ? run.watch : ""}`)]),
      ...(run.parked ? [el("p", {}, `쉬는 돈: ${run.parked.name} ${shares(run.parked.qty)} · ${won(run.parked.value)} `, gainOf(run.parked))] : []),
      quiet(label),
      el(
        "div",
        { class: "desk-buttons" },
        run.state === "active" ? verb("멈추기", "paused", run) : null,
        run.state !== "active" || run.changed ? verb("다시 켜기", "active", run) : null,
        run.state === "stopped" ? null : verb("끄기", "stopped", run),
      ),
    ),
  );
}

const gainOf = ({ unrealised, unrealised_pct: part }) => change(unrealised, `${signed(unrealised)} ${part === null ? "" : pct(part)}`.trim());

export function strategies(answer) {
  if (!answer.length) return [empty("아직 전략이 없어요. 대화에서 '전략 만들기'라고 해 주세요.")];
  return answer.map((strategy) =>
    el(
      "article",
      { class: "desk-card", "data-card": "strategy", "data-id": strategy.id },
      el("h3", {}, strategy.summary_lines[0] || strategy.name || "전략"),
      el("ul", {}, strategy.summary_lines.slice(1).map((line) => el("li", {}, line.replace(/^· /, "")))),
      quiet(`${time(strategy.created_at)}에 저장`),
      el("a", { class: "desk-link", href: `/api/strategies/${strategy.id}.json`, download: true }, "JSON 받기"),
      " ",
      el("a", { class: "desk-link", href: `/api/strategies/${strategy.id}/report.html`, "data-act": "report" }, "보고서"),
      ...kisFile(strategy),
    ),
  );
}

// A .kis.yaml says less than a strategy: what it leaves out is named before it is taken, or why there can be none.
function kisFile({ id, kis }) {
  if (!kis) return [];
  const parts = kis.missing.map((each) => each.part).join(",");
  const href = `/api/strategies/${id}/kis.yaml${parts ? `?without=${parts}` : ""}`;
  const link = (words) => el("a", { class: "desk-link", href, download: true, "data-act": "kis" }, words);
  if (!kis.problems.length && !kis.missing.length) return [" ", link("KIS 파일")];
  const names = kis.missing.map((each) => each.label).join(", ");
  const told = kis.problems.length
    ? [quiet(`KIS 파일(.kis.yaml)로 옮길 수 없어요. ${kis.problems[0]}`)]
    : [quiet(`KIS 파일(.kis.yaml)에는 이것을 적을 수 없어요: ${names}. 빼면 파일의 전략은 지금 전략과 다르게 거래해요.`), link("빼고 받기")];
  return [el("details", {}, el("summary", {}, "KIS 파일"), told)];
}

export function strategyStops({ strategies }, stop) {
  if (!strategies.length) return [];
  const rows = strategies.map((strategy) =>
    el(
      "li",
      { "data-sleeve": strategy.sleeve, "data-stopped": String(strategy.stopped) },
      el("span", {}, strategy.stopped ? `${strategy.name}: 멈췄어요. 더 사지 않아요.` : `${strategy.name}: 따로 멈추지 않았어요.`),
      button(strategy.stopped ? "재개" : "멈추기", "strategy-stop", () => stop(strategy), {
        "aria-label": `${strategy.name} ${strategy.stopped ? "재개" : "멈추기"}`,
      }),
    ),
  );
  return [el("h3", {}, "전략별로 멈추기"), el("ul", { class: "desk-stops" }, rows)];
}

// The newest first; the heading's count is of what was not read yet, wherever it would be shown.
export function alerts({ unread, alerts: found, rules }, { read, end }) {
  const items = found.map((alert) =>
    el(
      "li",
      {},
      el("span", { class: "desk-quiet" }, `${time(alert.at)} · ${alert.label}${alert.read ? "" : " · 새 알림"}`),
      el("span", { class: "desk-block" }, alert.text),
    ),
  );
  const wishes = rules.map((rule) =>
    el("li", {}, `${rule.text} `, button("끄기", "alert-end", () => end(rule), { "aria-label": `${rule.text} 알림 끄기` })),
  );
  return [
    unread ? el("p", {}, `읽지 않은 알림 ${unread}건 `, button("모두 읽음", "alerts-read", read)) : null,
    items.length ? el("ol", { class: "desk-journal" }, items) : empty("아직 온 알림이 없어요."),
    wishes.length ? el("h3", {}, "걸어 둔 알림") : null,
    wishes.length ? el("ul", { class: "desk-stops" }, wishes) : null,
  ].filter(Boolean);
}

// A summary that names the instrument itself needs no name before it.
const entrySaid = ({ name, summary }) => (name && !summary.includes(name.split("(")[0]) ? `${name} ${summary}` : summary);

export function journal({ entries }) {
  if (!entries.length) return [empty("아직 기록이 없어요.")];
  const items = entries.map((entry) =>
    el(
      "li",
      {},
      el("span", { class: "desk-quiet" }, `${time(entry.at)} · ${entry.label}`),
      el("span", { class: "desk-block" }, entrySaid(entry)),
      entry.lines.length ? el("ul", {}, entry.lines.map((line) => el("li", {}, line))) : null,
    ),
  );
  return [el("ol", { class: "desk-journal" }, items)];
}
