// Exit rules on the desk: which prices sell each holding, whose rule it is, and the dialog that changes one.
// Contract: prices are the server's; distances are written in percent and sent in basis points, exactly. A rule is sent
// as a whole. Nothing here sells anything.

import { button, el } from "./desk_dom.js";

const { won } = window.Quartz;
const PARTS = [
  ["stop_bps", "손절: 평균 매입가보다 몇 % 내리면"],
  ["trailing_bps", "추적 손절: 산 뒤 고점보다 몇 % 내리면"],
  ["take_bps", "익절: 평균 매입가보다 몇 % 오르면"],
];
const SLEEVES = { manual: "직접", cycle: "정기 점검", savings: "적립식", outside: "밖에서" };

const price = (level) => (level === null ? "-" : won(level));
const named = (held) => `${held.name}(${held.ticker})`;
const sleeveWord = (sleeve) => SLEEVES[sleeve] ?? "전략";

export function drawGuard(answer, acts) {
  const rows = answer.positions.map((held) => row(held, answer, acts));
  const all = el(
    "p",
    { class: "desk-quiet" },
    `따로 정하지 않은 종목: ${answer.everything.source_text} · ${answer.everything.lines.join(" · ")}`,
  );
  const change = button("전체 변경", "guard-all", () => acts.change("/api/guard/rules", "모든 보유 종목", answer.everything, true));
  const list = answer.positions.length ? table(rows) : el("p", { class: "desk-empty" }, "지켜볼 보유 종목이 아직 없어요.");
  return [list, all, el("div", { class: "desk-buttons" }, change)];
}

const HEADS = ["종목", "손절가", "익절가", "기준", "바꾸기"];

function table(rows) {
  return el(
    "table",
    { class: "desk-table" },
    el("caption", { class: "desk-hidden" }, "손절과 익절"),
    el("thead", {}, el("tr", {}, HEADS.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows),
  );
}

function row(held, answer, acts) {
  const falling = [held.stop, held.trailing].filter((level) => level !== null);
  const out = held.exit === null ? "" : held.exit.rests_at ? ` · 증권사에 ${won(held.exit.rests_at)}에 걸려 있어요` : ` · 매도 주문 ${held.exit.state_text}`;
  const path = `/api/guard/rules/${held.ticker}`;
  const own = held.rule.source === "user" && held.rule.lines.join() !== answer.everything.lines.join();
  const cells = [
    `${named(held)} ${window.Quartz.count(held.qty)}주 (${sleeveWord(held.sleeve)})`,
    price(falling.length ? Math.max(...falling) : null),
    price(held.take),
    `${held.rule.source_text}: ${held.rule.lines.join(" · ")}${out}`,
    el(
      "span",
      { class: "desk-buttons" },
      button("바꾸기", "guard-change", () => acts.change(path, named(held), held.rule, held.takes_resting), {
        "aria-label": `${named(held)} 손절·익절 바꾸기`,
      }),
      own
        ? button("되돌리기", "guard-reset", () => acts.reset(path, named(held)), { "aria-label": `${named(held)} 기준 되돌리기` })
        : null,
    ),
  ];
  return el("tr", { "data-ticker": held.ticker }, cells.map((cell, at) => el(at ? "td" : "th", { "data-label": HEADS[at], scope: at ? null : "row" }, cell)));
}

// "7.5" or "7,5" is 750; null for an empty field; NaN for anything else.
export function bps(text) {
  const written = text.trim().replace("%", "").replace(",", ".");
  if (written === "") return null;
  const found = /^(\d{1,4})(?:\.(\d{1,2}))?$/.exec(written);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : NaN;
}

const percent = (value) => (value === null ? "" : String(value / 100));

// The rule that the person writes, ready to be sent; null when the dialog is left.
export function asked(what, rule, takesResting) {
  return new Promise((resolve) => {
    const fields = new Map(
      PARTS.map(([key]) => [key, el("input", { id: `guard-${key}`, inputmode: "decimal", autocomplete: "off", value: percent(rule[key]) })]),
    );
    const days = el("input", { id: "guard-sessions", inputmode: "numeric", autocomplete: "off", value: rule.sessions ?? "" });
    const rests = el("input", { id: "guard-resting", type: "checkbox", ...(rule.resting ? { checked: true } : {}) });
    const message = el("p", { class: "desk-message", role: "alert" });
    const close = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const save = () => {
      const wanted = { resting: rests.checked };
      for (const [key, field] of fields) wanted[key] = bps(field.value);
      const sessions = days.value.trim();
      wanted.sessions = sessions === "" ? null : /^\d{1,4}$/.test(sessions) ? Number(sessions) : NaN;
      if (rule.sell_at) wanted.sell_at = rule.sell_at;
      if (Object.values(wanted).some(Number.isNaN)) {
        message.textContent = "숫자로 적어 주세요. 예: 5, 7.5";
        return;
      }
      if (!rule.sell_at && [...PARTS.map(([key]) => key), "sessions"].every((key) => wanted[key] === null)) {
        message.textContent = "기준을 하나는 적어 주세요. 자동으로 팔지 않으려면 '모두 끄기'를 눌러 주세요.";
        return;
      }
      close(wanted);
    };
    const field = (input, label) => el("p", { class: "desk-field" }, el("label", { for: input.id }, label), input);
    const dialog = el(
      "dialog",
      { class: "desk-dialog", "aria-label": `${what} 손절·익절`, oncancel: () => close(null) },
      el("p", {}, el("strong", {}, `${what} 손절·익절`)),
      PARTS.map(([key, label]) => field(fields.get(key), label)),
      field(days, "기한: 산 뒤 몇 거래일이 지나면"),
      takesResting ? field(rests, "증권사에도 손절 주문을 미리 걸어 두기 (그동안 앱에서는 그 주식을 팔 수 없어요)") : null,
      message,
      el(
        "div",
        { class: "desk-buttons" },
        button("저장", "guard-save", save, { class: "desk-primary" }),
        button("모두 끄기", "guard-off", () => close({ off: true })),
        button("그만두기", "keep", () => close(null)),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
