/* The few English words of the conversation page that its translations do not reach.

Contract: changes only text and labels listed here, exact match, outside messages and cards. One pass a burst of
changes. */
(() => {
  "use strict";
  const TEXTS = {
    "Toggle theme": "밝기 바꾸기",
    "Toggle Sidebar": "지난 대화",
    "Cmd+k": "",
    "Ctrl+k": "",
    Close: "닫기",
    Tasks: "할 일",
    Output: "결과",
  };
  const LABELS = { "Toggle Sidebar": "지난 대화", Close: "닫기", logo: "Quartz", "user image": "내 그림", Suggestions: "고를 수 있는 것" };
  const NAMES = {
    "user-nav-button": "내 메뉴",
    "theme-toggle": "밝기 바꾸기",
    "new-chat-button": "새 대화",
    "sidebar-trigger-button": "지난 대화",
    "open-sidebar-button": "지난 대화 열기",
    "close-sidebar-button": "지난 대화 닫기",
    "search-chats-button": "지난 대화 찾기",
    "chat-submit": "보내기",
    "stop-button": "답변 멈추기",
  };
  const ICONS = { ".lucide-copy": "복사", ".lucide-check": "복사했어요", ".lucide-arrow-down": "맨 아래로" };

  function sweep() {
    for (const node of document.querySelectorAll("span.sr-only, kbd, .font-medium")) {
      const word = node.childElementCount ? null : TEXTS[node.textContent.trim()];
      if (word !== undefined && word !== null) node.textContent = word;
    }
    for (const attribute of ["title", "alt", "aria-label"]) {
      for (const node of document.querySelectorAll(`[${attribute}]`)) {
        const old = node.getAttribute(attribute);
        const fresh = old.startsWith("Avatar for ") ? "Quartz" : LABELS[old];
        if (fresh) node.setAttribute(attribute, fresh);
      }
    }
    for (const [id, name] of Object.entries(NAMES)) {
      // side list and head draw the same button with the same id
      for (const node of document.querySelectorAll(`[id="${id}"]:not([aria-label])`)) node.setAttribute("aria-label", name);
    }
    for (const icon of document.querySelectorAll("a:not([aria-label]) > img[alt]")) {
      const words = icon.parentElement.textContent.trim();
      if (words && words === icon.alt) icon.parentElement.setAttribute("aria-label", words); // read once, not twice
    }
    for (const [icon, name] of Object.entries(ICONS)) {
      for (const drawn of document.querySelectorAll(`button ${icon}`)) {
        const button = drawn.closest("button");
        if (!button.textContent.trim()) button.setAttribute("aria-label", name);
      }
    }
    const composer = document.getElementById("chat-input");
    if (composer && !composer.hasAttribute("aria-label")) composer.setAttribute("aria-label", "메시지");
  }

  let due = 0;
  const later = () => (due ||= setTimeout(() => ((due = 0), sweep()), 200));
  function start() {
    sweep();
    new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  }
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
