// 자산과 손익: two figures of the API, asked for and drawn when the section comes into view.
// Contract: a chart that cannot be had says why in its place; the page works without any.

import { el, notice } from "./desk_dom.js";

const CHARTS = [
  ["equity", "총자산 그래프"],
  ["pnl", "손익 그래프"],
];

export function watchCharts(body) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    body.replaceChildren();
    for (const [name, label] of CHARTS) drawChart(body, name, label);
  });
  seen.observe(body);
}

async function drawChart(body, name, label) {
  const frame = el("div", { role: "img", "aria-label": label });
  const note = el("p", { class: "desk-quiet" });
  body.append(el("div", { "data-card": "chart", "data-chart": name }, el("h3", {}, label), frame, note));
  const failed = (error) => {
    frame.className = "";
    frame.replaceChildren(notice(error.message, "trouble"));
  };
  try {
    const answer = await window.Quartz.get(`/api/charts/${name}`);
    note.textContent = [answer.label, answer.as_of && `${window.Quartz.time(answer.as_of)} 기준`].filter(Boolean).join(" · ");
    if (answer.empty) frame.replaceChildren(el("p", { class: "desk-empty" }, answer.empty));
    else {
      frame.className = "desk-plot"; // plotly measures its place before it draws
      window.Quartz.draw(frame, answer.figure, failed);
    }
  } catch (error) {
    failed(error);
  }
}
