// 자산과 손익: two figures of the API in Plotly, which is fetched only when the section comes into view.
// Contract: a chart that cannot be had says why in its place; the page works without any.

import { el, notice } from "./desk_dom.js";

const CHARTS = [
  ["equity", "총자산 그래프"],
  ["pnl", "손익 그래프"],
];
let plotly = null;

export function watchCharts(body) {
  const seen = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      seen.disconnect();
      drawCharts(body);
    }
  });
  seen.observe(body);
}

async function drawCharts(body) {
  const frames = CHARTS.map(([name, label]) => el("div", { class: "desk-chart", "data-card": "chart", "data-chart": name, role: "img", "aria-label": label }));
  body.replaceChildren(...frames);
  for (const [at, [name]] of CHARTS.entries()) {
    try {
      await draw(frames[at], name);
    } catch (error) {
      frames[at].replaceChildren(notice(error.message, "trouble"));
    }
  }
}

async function draw(frame, name) {
  const answer = await window.Quartz.get(`/api/charts/${name}`);
  if (answer.empty) {
    frame.replaceChildren(el("p", { class: "desk-empty" }, answer.empty));
    return;
  }
  const Plotly = await library();
  const style = getComputedStyle(frame);
  const layout = {
    ...answer.figure.layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { ...answer.figure.layout?.font, color: style.color, family: style.fontFamily },
    autosize: true,
  };
  await Plotly.newPlot(frame, answer.figure.data, layout, { displayModeBar: false, responsive: true, locale: "ko" });
  frame.after(el("p", { class: "desk-quiet" }, [answer.label, answer.as_of].filter(Boolean).join(" · ")));
}

function library() {
  plotly ??= new Promise((resolve, reject) => {
    const script = el("script", { src: "/static/plotly.min.js" });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => reject(new Error("그래프를 그리는 도구를 불러오지 못했어요.")));
    document.head.append(script);
  });
  return plotly;
}
