// Small tools of the desk page: elements without markup in strings, words for a side, one question before an act.
// Contract: text goes in as text nodes only, so data can never become markup. Nothing here talks to the server; numbers
// and times are quartz.js's to write.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const button = (label, act, onclick, more = {}) =>
  el("button", { type: "button", "data-act": act, onclick, ...more }, label);

export const shares = (count) => `${window.Quartz.count(count)}주`;
export const sideWord = (side) => (side === "buy" ? "매수" : "매도");

// What a screen reader hears: results of an act and what arrived by itself, once each.
export function announce(text) {
  const live = document.getElementById("desk-live");
  if (live && text) live.textContent = text;
}

export function notice(text, kind = "info") {
  return el("p", { class: `desk-notice desk-notice-${kind}` }, text);
}

// One question with a verb on its button. Resolves to true, or to false when the person leaves it be.
export function confirmed(question, verb) {
  return new Promise((resolve) => {
    const close = (answer) => () => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = el(
      "dialog",
      { class: "desk-dialog", "aria-label": question, oncancel: close(false) },
      el("p", {}, question),
      el(
        "div",
        { class: "desk-buttons" },
        button(verb, "confirm", close(true), { class: "desk-primary" }),
        button("그만두기", "keep", close(false)),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
