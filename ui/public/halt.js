/* 전체 정지 within two taps, on every page of the conversation.

Contract: `#quartz-halt` is always there, in the free middle of the header (which never scrolls), and says the state in
words. The first tap opens a dialog, the second acts; the answer is shown before the dialog closes. Chainlit redraws
its header as it likes: the button finds its place again. A page that brings its own `#quartz-halt` keeps it. */
(() => {
  "use strict";
  const Quartz = window.Quartz;
  const style = document.currentScript && new URL("halt.css", document.currentScript.src).href;
  const SLOW_MS = 5000;
  const SOON_MS = 3000; // a state that ends by itself: an account that is being opened, a resume that compares the book
  const HALT = {
    title: "모든 주문을 멈출까요?",
    text: "새 주문이 나가지 않아요. 이미 나간 주문은 남아 있으니 필요하면 하나씩 취소해 주세요.",
    act: "halt", button: "정지", state: "HALTED",
  };
  const RESUME = {
    title: "주문을 다시 시작할까요?",
    text: "다시 시작하면 승인한 주문과 위임한 주문이 나갈 수 있어요.",
    act: "resume", button: "재개", state: "ACTIVE",
  };
  const FACES = {
    ACTIVE: ["전체 정지", "모든 주문 멈추기"],
    REDUCING: ["매도만 · 정지", "지금은 줄이는 주문만 나가요. 모든 주문 멈추기"],
    HALTED: ["정지됨 · 재개", "모든 주문이 멈춰 있어요. 다시 시작하기"],
  };

  let trading = "ACTIVE";
  let button;
  let dialog;
  let stopWatching = () => {};

  function make(tag, attributes, ...children) {
    const node = Object.assign(document.createElement(tag), attributes);
    node.append(...children);
    return node;
  }

  function show(state) {
    if (!FACES[state]) return;
    trading = state;
    const [words, label] = FACES[state];
    button.textContent = words;
    button.setAttribute("aria-label", `${words}. ${label}`);
    button.dataset.state = state;
  }

  function dataset(node, values) {
    Object.assign(node.dataset, values);
    return node;
  }

  function open() {
    const asked = trading === "HALTED" ? RESUME : HALT;
    const said = make("p", { role: "status" });
    const close = dataset(make("button", { type: "button", textContent: "닫기" }), { act: "close" });
    const acts = [act(asked, said)];
    if (trading === "REDUCING") acts.push(act(RESUME, said));
    const title = make("h2", { id: "quartz-halt-title", textContent: asked.title });
    const text = make("p", { id: "quartz-halt-text", textContent: asked.text });
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(title, text, said, make("div", {}, ...acts, close));
    dialog.showModal();
    close.focus(); // what stops or starts trading is never under a stray Enter
  }

  function act(asked, said) {
    const node = dataset(make("button", { type: "button", textContent: asked.button }), { act: asked.act });
    node.addEventListener("click", async () => {
      const all = dialog.querySelectorAll("[data-act=halt],[data-act=resume]");
      all.forEach((one) => (one.disabled = true));
      said.textContent = "처리하는 중이에요…";
      try {
        const reason = asked.act === "halt" ? "화면에서 정지를 누름" : "화면에서 재개를 누름";
        const body = { state: asked.state, reason };
        const answer = await Quartz.once("trading-state", () => Quartz.post("/api/trading-state", body));
        watch(); // afresh, so that an answer from before this act cannot show the state of before
        show(answer.state ?? asked.state);
        said.textContent = answer.message || (asked.act === "halt" ? "모두 멈췄어요." : "다시 시작했어요.");
        dialog.querySelector("[data-act=close]").focus();
      } catch (error) {
        said.textContent = error.message;
        all.forEach((one) => (one.disabled = false));
        node.focus();
      }
    });
    return node;
  }

  const pace = (me) => (me?.trading_state === "REDUCING" ? SOON_MS : SLOW_MS);

  function watch() {
    stopWatching();
    stopWatching = Quartz.poll("/api/me", (me) => me && show(me.trading_state), { every: pace });
  }

  function settle() {
    const place = document.querySelector("#header > div:nth-last-child(2)") ?? document.body;
    if (button.parentElement !== place) place.append(button);
  }

  function start() {
    if (document.getElementById("quartz-halt-dialog")) return; // a page may name this file and have it from quartz.js
    button = document.getElementById("quartz-halt");
    if (!button) {
      button = make("button", { id: "quartz-halt", type: "button" });
      let due = 0;
      const later = () => (due ||= setTimeout(() => ((due = 0), settle()), 100));
      new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
      settle();
    }
    dialog = make("dialog", { id: "quartz-halt-dialog" });
    dialog.setAttribute("aria-labelledby", "quartz-halt-title");
    dialog.setAttribute("aria-describedby", "quartz-halt-text");
    dialog.addEventListener("close", () => button.focus());
    document.body.append(dialog);
    if (style) document.head.append(make("link", { rel: "stylesheet", href: style }));
    button.addEventListener("click", open);
    show("ACTIVE");
    watch();
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
