// The desk page: asks the API for each section now and then and draws what it says.
// Contract: a section that cannot be had says so and shows no figures, least of all old ones or zeros. What did not
// change is not redrawn. Acts are told in words next to the button and to screen readers.

import { drawApprovals } from "./desk_approvals.js";
import { watchCharts } from "./desk_charts.js";
import { announce, button, confirmed, el, notice, sideWord } from "./desk_dom.js";
import { asked as askedRule, drawGuard } from "./desk_guard.js";
import { drawManual } from "./desk_manual.js";
import * as draw from "./desk_sections.js";

const OFTEN = 4_000;
const SELDOM = 30_000;
const shown = new Map(); // section -> JSON text that it shows

const place = (name) => document.getElementById(`desk-${name}`);

// Figures count, the moment of the look does not.
const text = (answer) => JSON.stringify(answer, (key, value) => (key === "as_of" || key === "now" ? undefined : value));

function fill(name, answer, elements) {
  const now = text(answer);
  if (shown.get(name) === now) return;
  shown.set(name, now);
  place(name).replaceChildren(...elements());
}

function trouble(names, error) {
  for (const name of names) {
    if (shown.get(name) === error.message) continue;
    shown.set(name, error.message);
    place(name).replaceChildren(notice(error.message || "지금은 불러오지 못했어요.", "trouble"));
  }
}

function section(path, names, show) {
  return async () => {
    try {
      show(await window.Quartz.get(path));
    } catch (error) {
      trouble(names, error);
    }
  };
}

const book = section("/api/book", ["summary", "holdings"], (answer) => {
  fill("summary", answer, () => draw.summary(answer));
  fill("holdings", answer.holdings, () => draw.holdings(answer));
});
const approvals = section("/api/approvals", ["approvals"], (answer) => {
  shown.set("approvals", "");
  drawApprovals(place("approvals"), answer);
});
const guard = section("/api/guard", ["guard"], (answer) => {
  fill("guard", answer, () => drawGuard(answer, { change: changeRule, reset: resetRule }));
});
const open = section("/api/orders?open=1", ["open"], (answer) => {
  fill("open", answer, () => draw.openOrders(answer, cancel));
});
const orders = section("/api/orders", ["orders"], (answer) => fill("orders", answer, () => draw.orderHistory(answer)));
const mandates = section("/api/mandates", ["mandates"], (answer) => {
  fill("mandates", answer, () => draw.mandates(answer, { sign, revoke }));
});
const runs = section("/api/strategy-runs", ["runs"], (answer) => {
  fill("runs", answer, () => draw.runs(answer, setRun));
});
const strategies = section("/api/strategies", ["strategies"], (answer) => {
  fill("strategies", answer, () => draw.strategies(answer));
});
const journal = section("/api/history?limit=30", ["journal"], (answer) => {
  fill("journal", answer, () => draw.journal(answer));
});
const alerts = section("/api/alerts?limit=10", ["alerts"], (answer) => {
  fill("alerts", answer, () => draw.alerts(answer, { read: readAlerts, end: endAlert }));
});
const trading = section("/api/trading-state", ["trading"], (answer) => {
  fill("trading", answer, () => tradingControls(answer));
});
// Whoever cannot be asked is said where the trading state is; a card that was there stays.
const manual = section("/api/manual", [], (answer) => drawManual(place("manual"), answer, judged));
const stops = section("/api/strategy-stops", ["stops"], (answer) => {
  fill("stops", answer, () => draw.strategyStops(answer, stopStrategy));
});

// Acts ----------------------------------------------------------------------------------------------------------------

async function act(path, body, ...looks) {
  let said;
  try {
    said = (await window.Quartz.post(path, body)).message;
  } catch (error) {
    said = error.message;
  }
  announce(said);
  place("said").textContent = said;
  await Promise.all(looks.map((look) => look()));
}

// A rule is changed as a whole: what the dialog leaves empty is not watched any more.
async function changeRule(path, what, rule, takesResting) {
  const wanted = await askedRule(what, rule, takesResting);
  if (wanted) await told(window.Quartz.put(path, wanted), guard);
}

async function resetRule(path, what) {
  if (await confirmed(`${what}의 기준을 되돌릴까요?`, "되돌리기")) await told(window.Quartz.remove(path), guard);
}

async function told(answer, ...looks) {
  const said = await answer.then((done) => done.message, (error) => error.message);
  announce(said);
  place("said").textContent = said;
  await Promise.all(looks.map((look) => look()));
}

async function cancel(order) {
  const what = `${order.name || order.ticker} ${sideWord(order.side)} 주문을 취소할까요?`;
  if (await confirmed(what, "취소하기")) await act(`/api/orders/${order.intent_id}/cancel`, {}, open, orders, book);
}

const judged = () => Promise.all([manual, trading, open, orders, journal, book].map((look) => look()));

async function stopStrategy({ sleeve, name, stopped }) {
  const [question, verb] = stopped
    ? [`${name}: 다시 주문할 수 있게 할까요?`, "재개"]
    : [`${name}: 더 사지 않게 멈출까요? 가진 주식은 팔 수 있어요.`, "멈추기"];
  const state = stopped ? "ACTIVE" : "HALTED";
  if (await confirmed(question, verb)) await act("/api/strategy-stops", { sleeve, state }, stops);
}

const RUN_QUESTIONS = {
  active: ["가장 최근 전략을 켤까요? 서명하신 위임이 없으면 서명하신 뒤에 거래해요.", "켜기"],
  paused: ["새로 사지 않게 멈출까요? 가진 종목은 매도 조건에 따라 팔아요.", "멈추기"],
  stopped: ["전략을 끌까요? 가진 종목은 손절·익절 기준만 지켜봐요.", "끄기"],
};

async function setRun({ name }, state) {
  const [question, verb] = RUN_QUESTIONS[state];
  if (await confirmed(`${name}: ${question}`, verb)) await act("/api/strategy-runs", { state }, runs, mandates, journal);
}

const readAlerts = () => act("/api/alerts/read", {}, alerts);

async function endAlert(rule) {
  if (await confirmed(`${rule.text}: 이 알림을 끌까요?`, "끄기")) await act(`/api/alerts/rules/${rule.id}/end`, {}, alerts);
}

async function sign(mandate) {
  if (await confirmed(`이 범위 안에서 ${mandate.label} 주문을 맡길까요?`, "서명")) {
    await act(`/api/mandates/${mandate.id}/sign`, {}, mandates, runs);
  }
}

async function revoke(mandate) {
  if (await confirmed(`${mandate.label} 위임을 철회할까요?`, "철회")) {
    await act(`/api/mandates/${mandate.id}/revoke`, {}, mandates, runs);
  }
}

const STATES = {
  ACTIVE: "주문할 수 있어요.",
  REDUCING: "줄이는 매도와 취소만 할 수 있어요.",
  HALTED: "멈췄어요. 취소만 할 수 있어요.",
};

const causeLine = ({ text, todo }) => el("li", {}, text, el("span", { class: "desk-quiet desk-block" }, todo));

function tradingControls({ state, causes }) {
  const why = el("input", { type: "text", id: "desk-reason", maxlength: 200, autocomplete: "off" });
  const change = (wanted) => act("/api/trading-state", { state: wanted, reason: why.value }, trading, book);
  const resume = async () => {
    if (await confirmed("정지를 풀고 다시 주문할 수 있게 할까요?", "재개")) await change("ACTIVE");
  };
  return [
    el("p", { "data-trading": state }, el("strong", {}, STATES[state] || state)),
    ...(causes.length ? [el("ul", { class: "desk-causes" }, causes.map(causeLine))] : []),
    ...(state === "ACTIVE" ? [] : [el("p", {}, el("a", { href: "/help/orders" }, "이 상태의 뜻과 할 일"))]),
    el("p", { class: "desk-field" }, el("label", { for: "desk-reason" }, "이유 (선택)"), why),
    el(
      "div",
      { class: "desk-buttons" },
      state === "HALTED" ? null : button("전체 정지", "halt", () => change("HALTED"), { class: "desk-stop" }),
      state === "ACTIVE" ? button("매수 멈춤", "reduce", () => change("REDUCING")) : null,
      state === "ACTIVE" ? null : button("재개", "resume", resume),
    ),
  ];
}

// Polls ---------------------------------------------------------------------------------------------------------------

function every(milliseconds, look) {
  const again = async () => {
    if (!document.hidden) await look();
    setTimeout(again, milliseconds);
  };
  again();
}

const LIVE = [book, approvals, alerts, guard, open, trading, manual, runs];
for (const look of LIVE) every(OFTEN, look);
for (const look of [orders, mandates, strategies, stops, journal]) every(SELDOM, look);
watchCharts(place("charts"));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const look of LIVE) look();
});
