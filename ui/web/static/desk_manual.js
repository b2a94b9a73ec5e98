// 직접 확인: orders that the OMS could not settle, what to look for in the broker's app, and the person's verdict.
// Contract: words and letters are the server's. A card under somebody's hands is not redrawn while its order waits; what
// a verdict led to stays to be read. Nothing is sent before the letters are typed and the button is pressed.

import { announce, button, el, notice } from "./desk_dom.js";

const { count, time, won } = window.Quartz;

const drawn = new Map(); // intent id -> its card
const settled = new Map(); // cards judged here: kept with their result until the page is left

// Draws what waits, and shows or hides the section around it.
export function drawManual(body, { orders, verdicts }, after) {
  const waiting = new Set(orders.map((order) => order.intent_id));
  for (const id of [...drawn.keys()]) if (!waiting.has(id)) drawn.delete(id);
  const fresh = orders.filter((order) => !drawn.has(order.intent_id));
  for (const order of fresh) drawn.set(order.intent_id, card(order, verdicts, after));
  const done = [...settled].filter(([id]) => !waiting.has(id)).map(([, node]) => node);
  const wanted = [...orders.map((order) => drawn.get(order.intent_id)), ...done];
  const same = wanted.length === body.children.length && wanted.every((node, at) => body.children[at] === node);
  if (!same) body.replaceChildren(...wanted);
  body.closest("section").hidden = wanted.length === 0;
  if (fresh.length) announce("직접 확인해 주셔야 하는 주문이 있어요.");
}

function card(order, verdicts, after) {
  const { intent_id: id } = order;
  const message = el("p", { class: "desk-message", role: "status" });
  const number = el("input", { id: `number-${id}`, inputmode: "numeric", autocomplete: "off", maxlength: 20 });
  const letters = el("input", { id: `letters-${id}`, autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 8 });
  const reason = el("input", { id: `why-${id}`, autocomplete: "off", maxlength: 200 });
  const asked = el("p", { class: "desk-field" }, el("label", { for: number.id }, "증권사 주문번호"), number);
  const means = el("p", { class: "desk-quiet" });
  const rows = el("div", { class: "desk-evidence" });
  const form = { order, number, letters, reason, message, after };
  const choose = (verdict) => {
    form.verdict = verdict;
    asked.hidden = verdict === "absent";
    means.textContent = verdicts[verdict].means;
    send.disabled = false;
  };
  const choice = (verdict) => {
    const radio = el("input", { type: "radio", name: `verdict-${id}`, id: `${verdict}-${id}`, value: verdict, onchange: () => choose(verdict) });
    return el("p", { class: "desk-choice" }, radio, el("label", { for: radio.id }, verdicts[verdict].label));
  };
  const look = button("내역 조회", "evidence", () => evidence(order, rows, look, form), { "aria-label": `${order.name} 증권사 내역 조회` });
  const send = button("판정", "verdict", () => judge(form, node), { class: "desk-primary", disabled: true, "aria-label": `${order.name} 판정 보내기` });
  const adopt = choice("adopt");
  form.pick = (found) => {
    number.value = found;
    adopt.querySelector("input").checked = true;
    choose("adopt");
  };
  const node = el(
    "article",
    { class: "desk-card", "data-card": "manual", "data-id": id, "data-state": order.state },
    el("h3", {}, el("span", { class: order.side === "buy" ? "rise" : "fall" }, title(order))),
    el("p", {}, order.happened),
    notice(order.frozen),
    el("ol", {}, order.look.map((line) => el("li", {}, line))),
    el("div", { class: "desk-buttons" }, look),
    rows,
    el("fieldset", { class: "desk-verdict" }, el("legend", {}, "앱에서 보신 것"), adopt, asked, choice("absent"), means),
    el("p", { class: "desk-field" }, el("label", { for: letters.id }, `확인 글자를 그대로 입력해 주세요: ${order.confirmation}`), letters),
    el("p", { class: "desk-field" }, el("label", { for: reason.id }, "까닭 (선택)"), reason),
    el("div", { class: "desk-buttons" }, send, el("a", { class: "desk-link", href: "/help/orders" }, "자세히")),
    message,
  );
  asked.hidden = true;
  return node;
}

const title = (order) => {
  const price = order.order_type === "market" ? "시장가" : won(order.price);
  return `${order.name || order.ticker}(${order.ticker}) ${count(order.qty)}주 ${order.side === "buy" ? "매수" : "매도"} · ${price}`;
};

// What the broker shows now; asked for only when somebody wants it, because it costs a question to the broker.
async function evidence(order, rows, look, form) {
  look.disabled = true;
  rows.replaceChildren(el("p", { class: "desk-quiet", role: "status" }, "증권사에 묻고 있어요…"));
  try {
    const found = await window.Quartz.get(`/api/orders/${order.intent_id}/evidence`);
    rows.replaceChildren(...found.lines.map((line) => el("p", {}, line)), ...candidates(found.rows, form));
    announce(found.lines.join(" "));
  } catch (error) {
    rows.replaceChildren(notice(error.message, "trouble"));
  }
  look.disabled = false;
}

const candidates = (rows, form) =>
  rows.length
    ? [el("ul", { class: "desk-legs" }, rows.map((row) => el("li", {}, el("span", {}, rowText(row)), row.free ? pick(row, form) : el("span", { class: "desk-quiet desk-block" }, row.why))))]
    : [];

const pick = (row, form) => button("이 번호", "pick", () => form.pick(row.number), { "aria-label": `주문번호 ${row.number} 고르기` });

const rowText = (row) => {
  const price = row.price ? won(row.price) : "시장가";
  const marks = row.fits ? " · 같은 내용" : "";
  return `${row.number} · ${time(row.at)} · ${row.side === "buy" ? "매수" : "매도"} ${count(row.qty)}주 ${price} · 체결 ${count(row.filled)}주${marks} `;
};

async function judge(form, node) {
  const { order, message } = form;
  if (form.letters.value.trim().toLowerCase() !== order.confirmation) {
    message.textContent = `확인 글자가 달라요. 그대로 입력해 주세요: ${order.confirmation}`;
    form.letters.focus();
    return;
  }
  const body = { verdict: form.verdict, confirmation: form.letters.value.trim(), reason: form.reason.value };
  if (form.verdict === "adopt") body.number = form.number.value;
  const controls = [...node.querySelectorAll("button, input")];
  for (const control of controls) control.disabled = true;
  message.textContent = "판정을 전하고 있어요…";
  let over = false;
  try {
    const path = `/api/orders/${order.intent_id}/verdict`;
    const answer = await window.Quartz.once(path, () => window.Quartz.post(path, body));
    message.textContent = answer.message;
    over = true;
  } catch (error) {
    message.textContent = error.message;
    over = error.body?.code === "NOT_MANUAL" || error.status === 404;
  }
  if (over) settle(node, order);
  else for (const control of controls) control.disabled = false;
  await form.after();
}

// The result stays where the person looked; nothing on it can be pressed any more.
function settle(node, order) {
  for (const gone of node.querySelectorAll("fieldset, .desk-field, .desk-buttons, .desk-evidence, ol, .desk-notice")) gone.remove();
  node.dataset.state = "judged";
  settled.set(order.intent_id, node);
}
