// 승인 대기: the same cards as in the chat, so that the desk works without it.
// Contract: a card is drawn from the API's answer alone; a click sends an id, a word and lowered quantities, and what
// became of it is read back. A card under somebody's hands is not redrawn while it stays as it was.

import { announce, button, el, notice, sideWord } from "./desk_dom.js";

const { count, time, won } = window.Quartz;

const drawn = new Map(); // approval id -> { shown, node }
const settled = new Map(); // cards answered here: kept with their result until the page is left

export function drawApprovals(body, { approvals }) {
  const open = new Map(approvals.map((approval) => [approval.id, approval]));
  const before = drawn.size;
  for (const id of [...drawn.keys()]) if (!open.has(id)) drawn.delete(id);
  const nodes = approvals.map((approval) => kept(approval));
  const done = [...settled.entries()].filter(([id]) => !open.has(id)).map(([, node]) => node);
  const empty = nodes.length + done.length === 0 ? [el("p", { class: "desk-empty" }, "기다리는 주문이 없어요.")] : [];
  const wanted = [...nodes, ...done, ...empty];
  const same = wanted.length === body.children.length && wanted.every((node, at) => body.children[at] === node);
  if (!same) body.replaceChildren(...wanted);
  if (nodes.length > before) announce("승인을 기다리는 주문이 있어요.");
}

function kept(approval) {
  const shown = JSON.stringify([approval.state, approval.card]);
  const known = drawn.get(approval.id);
  if (known && known.shown === shown) return known.node;
  const node = card(approval);
  drawn.set(approval.id, { shown, node });
  return node;
}

function card(approval) {
  const { card: content, id } = approval;
  const inputs = new Map();
  const message = el("p", { class: "desk-message", role: "status" });
  const legs = content.legs.map((leg) => legRow(leg, inputs, id));
  const agreed = el("input", { type: "checkbox", id: `ack-${id}` });
  const node = el(
    "article",
    { class: "desk-card", "data-card": "approval", "data-id": id, "data-state": approval.state },
    el("ul", { class: "desk-legs" }, legs),
    el("p", {}, costs(content)),
    content.limits.map((limit) => notice(`한도: ${limit.message}`)),
    content.needs_unsuitable_ack
      ? el(
          "p",
          { class: "desk-ack" },
          agreed,
          el("label", { for: agreed.id }, "투자성향보다 위험한 상품인 것을 알고 있어요 (부적합 확인)"),
        )
      : null,
    el("p", { class: "desk-quiet" }, [`${time(approval.expires_at)}까지 승인할 수 있어요.`, content.label].filter(Boolean).join(" · ")),
  );
  const what = content.legs.map((leg) => `${leg.name} ${sideWord(leg.side)}`).join(", ");
  const send = (decision) => () => answer(approval, node, message, decision, inputs, agreed);
  const lower = button("수량 변경", "lower", () => reveal(node, lower), {
    "aria-expanded": "false",
    "aria-label": `${what} 수량 변경`,
  });
  node.append(
    el(
      "div",
      { class: "desk-buttons" },
      button("승인", "approve", send("approve"), { class: "desk-primary", "aria-label": `${what} 승인` }),
      button("거절", "reject", send("reject"), { "aria-label": `${what} 거절` }),
      lower,
    ),
    message,
  );
  return node;
}

function legRow(leg, inputs, id) {
  const price = leg.order_type === "market" ? "시장가" : `지정가 ${won(leg.price)}`;
  const now = leg.reference ? ` (지금 ${won(leg.reference)})` : "";
  const input = el("input", {
    type: "number",
    id: `qty-${id}-${leg.leg}`,
    inputmode: "numeric",
    min: 1,
    max: leg.qty,
    step: 1,
    value: leg.qty,
  });
  inputs.set(leg, input);
  return el(
    "li",
    {},
    el("strong", { class: leg.side === "buy" ? "rise" : "fall" }, `${leg.name}(${leg.ticker}) ${count(leg.qty)}주 ${sideWord(leg.side)}`),
    el("span", {}, ` ${price}${now} · 약 ${won(leg.amount)}`),
    leg.reason ? el("span", { class: "desk-quiet desk-block" }, `이유: ${leg.reason}`) : null,
    el("span", { class: "desk-lower", hidden: true }, el("label", { for: input.id }, `수량 (1~${leg.qty})`), input),
  );
}

function costs(content) {
  const tax = content.tax ? ` · 세금 ${won(content.tax)}` : "";
  return `수수료 ${won(content.fee)}${tax} · 주문 뒤 살 수 있는 돈 ${won(content.cash_after)}`;
}

function reveal(node, toggle) {
  const fields = [...node.querySelectorAll(".desk-lower")];
  const show = fields.some((field) => field.hidden);
  for (const field of fields) field.hidden = !show;
  toggle.setAttribute("aria-expanded", String(show));
  if (show) fields[0].querySelector("input").focus();
}

async function answer(approval, node, message, decision, inputs, agreed) {
  const controls = [...node.querySelectorAll("button, input")];
  const quantities = {};
  for (const [leg, input] of inputs) {
    const asked = input.valueAsNumber;
    if (asked !== leg.qty) quantities[String(leg.leg)] = Number.isInteger(asked) ? asked : 0; // the server says no to 0
  }
  for (const control of controls) control.disabled = true;
  message.textContent = decision === "approve" ? "승인을 전하고 있어요…" : "거절을 전하고 있어요…";
  const body = decision === "approve" ? { decision, quantities, unsuitable_ack: agreed.checked } : { decision };
  let said;
  try {
    said = (await window.Quartz.post(`/api/approvals/${approval.id}`, body)).message;
  } catch (error) {
    said = error.message;
  }
  message.textContent = said; // its role reads it out
  await settle(approval, node, controls);
}

// What the tables say after the click; a card that is still open can be answered again.
async function settle(approval, node, controls) {
  let now;
  try {
    now = await window.Quartz.get(`/api/approvals/${approval.id}`);
  } catch {
    now = { state: "open" };
  }
  node.dataset.state = now.state;
  if (now.state === "open") {
    for (const control of controls) control.disabled = false;
    return;
  }
  node.querySelector(".desk-buttons").remove();
  settled.set(approval.id, node);
}
