/* What every card shares: the way to the API, Korean numbers and times, polling, and a component that stays itself.

Contract: `window.Quartz`. Every call is same-origin with the session cookie; unsafe ones carry the CSRF header. A
failure is an Error whose message is Korean and may be shown; `error.status` and `error.body` say the rest. It holds no
state of an order: cards ask again. It draws nothing (halt.js does) and decides nothing. */
(() => {
  "use strict";
  const script = document.currentScript;
  const rootMeta = document.querySelector('meta[property="og:root_path"]');
  const base = (rootMeta?.content ?? "").replace(/\/chat\/?$/, "");

  // The words for a failure that brings none of its own.
  const WORDS = {
    401: "다시 로그인해 주세요.",
    403: "이 화면에서는 할 수 없어요. 새로고침한 뒤 다시 해 주세요.",
    404: "찾을 수 없어요.",
    409: "이미 처리된 일이에요.",
    422: "값을 다시 확인해 주세요.",
    429: "너무 자주 눌렀어요. 잠시 뒤 다시 해 주세요.",
  };
  const OFFLINE = "연결이 끊겼어요. 잠시 뒤 다시 해 주세요.";
  const BROKEN = "문제가 생겼어요. 잠시 뒤 다시 해 주세요.";
  const LATE = "답이 늦어지고 있어요. 잠시 뒤 다시 확인해 주세요.";
  const PATIENCE_MS = 20000;

  function cookie(name) {
    const found = document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }

  async function call(method, path, body) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") {
      headers["Content-Type"] = "application/json";
      headers["X-Quartz-CSRF"] = cookie("quartz_csrf");
    }
    const give_up = new AbortController();
    const timer = setTimeout(() => give_up.abort(), PATIENCE_MS);
    let response;
    let answer;
    try {
      response = await fetch(base + path, {
        method,
        headers,
        body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
        credentials: "same-origin",
        cache: "no-store",
        signal: give_up.signal,
      });
      answer = await response.json().catch((broken) => {
        if (give_up.signal.aborted) throw broken;
        return null;
      });
    } catch {
      throw new Error(give_up.signal.aborted ? LATE : OFFLINE);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok && answer !== null) return answer;
    const said = answer?.message ?? answer?.detail;
    const error = new Error(typeof said === "string" && said ? said : (WORDS[response.status] ?? BROKEN));
    error.status = response.status;
    error.body = answer;
    throw error;
  }

  // One request at a time under one key: a second click is handed the first one's promise.
  const running = new Map();
  function once(key, work) {
    if (!running.has(key)) running.set(key, work().finally(() => running.delete(key)));
    return running.get(key);
  }

  const answers = new Map();

  /* Ask now and again until `until(data)`; `every` is milliseconds or (data) => milliseconds. The callback gets
  (data, null) or (last data, error). Sleeps while the page is hidden. Returns how to stop. */
  function poll(path, callback, { every = 2000, until = () => false } = {}) {
    let timer = 0;
    let stopped = false;
    let asking = false;
    let failures = 0;
    const pause = (data) => (typeof every === "function" ? every(data) : every) * Math.min(2 ** failures, 8);

    async function ask() {
      clearTimeout(timer);
      if (stopped || asking || document.hidden) return;
      asking = true;
      try {
        const data = await call("GET", path);
        answers.set(path, data);
        failures = 0;
        if (!stopped) callback(data, null);
        if (until(data)) stop();
      } catch (error) {
        failures += 1;
        if (!stopped) callback(answers.get(path) ?? null, error);
        if (error.status === 401 || error.status === 404) stop();
      } finally {
        asking = false;
      }
      if (!stopped) timer = setTimeout(ask, pause(answers.get(path) ?? null));
    }

    function stop() {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", ask);
    }

    document.addEventListener("visibilitychange", ask);
    ask();
    return stop;
  }

  /* Chainlit evaluates an element's file anew whenever it draws, which would make a new component, lose what is being
  typed and drop the focus. The first function under a name stays the component. */
  const components = new Map();
  function component(name, render) {
    if (!components.has(name)) components.set(name, render);
    return components.get(name);
  }

  const grouped = new Intl.NumberFormat("ko-KR", { maximumFractionDigits: 0 });
  const count = (n) => grouped.format(n ?? 0);
  const won = (n) => (n === null || n === undefined ? "-" : `${count(n)}원`);
  const plus = (n) => (n > 0 ? "+" : "");
  const signed = (n) => `${plus(n)}${won(n)}`;
  const pct = (x) => {
    if (x === null || x === undefined) return "-";
    const rounded = Math.round(x * 10) / 10;
    return `${plus(rounded)}${rounded.toFixed(1)}%`;
  };
  const direction = (n) => (n > 0 ? "rise" : n < 0 ? "fall" : "flat");

  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Asia/Seoul", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  function time(iso) {
    const at = new Date(iso);
    if (!iso || Number.isNaN(at.getTime())) return "-";
    const part = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${part.month}월 ${part.day}일 ${part.hour}:${part.minute}`;
  }
  const calendar = new Intl.DateTimeFormat("en-GB", {
    timeZone: "Asia/Seoul", year: "numeric", month: "numeric", day: "numeric",
  });
  function day(iso) {
    const at = new Date(iso);
    if (!iso || Number.isNaN(at.getTime())) return "-";
    const part = Object.fromEntries(calendar.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${part.year}년 ${part.month}월 ${part.day}일`;
  }
  function left(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    if (hours) return minutes ? `${hours}시간 ${minutes}분` : `${hours}시간`;
    return minutes ? `${minutes}분 ${seconds % 60}초` : `${seconds}초`;
  }

  /* josa("삼성전자", "을/를") → "삼성전자를". Digits are read as Sino-Korean; anything else takes the second form. */
  const DIGIT_ENDS = { 0: 21, 1: 8, 3: 16, 6: 1, 7: 8, 8: 8 };
  function josa(word, pair) {
    const [closed, open] = pair.split("/");
    const last = word.trim().replace(/[)\]'"]+$/, "").slice(-1);
    const code = last.charCodeAt(0) - 0xac00;
    const end = code >= 0 && code < 11172 ? code % 28 : (DIGIT_ENDS[last] ?? 0);
    const takesOpen = end === 0 || (closed === "으로" && end === 8);
    return word + (takesOpen ? open : closed);
  }

  /* The text in parts: a figure's number each time it stands there by itself, and the words between. */
  function marked(text, figures) {
    const known = [...figures].sort((a, b) => b.text.length - a.text.length);
    const parts = [];
    let rest = String(text ?? "");
    while (rest) {
      const found = known
        .map((figure) => ({ figure, at: rest.indexOf(figure.text) }))
        .filter(({ figure, at }) => at >= 0 && !/[\d.,+-]/.test(rest[at - 1] ?? "") && !/^[.,]?\d/.test(rest.slice(at + figure.text.length)))
        .sort((a, b) => a.at - b.at || b.figure.text.length - a.figure.text.length)[0];
      if (!found) break;
      if (found.at) parts.push({ text: rest.slice(0, found.at) });
      parts.push({ text: found.figure.text, figure: found.figure });
      rest = rest.slice(found.at + found.figure.text.length);
    }
    if (rest) parts.push({ text: rest });
    return parts;
  }

  function onTheme(callback) {
    const watch = new MutationObserver(callback);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", callback);
    return () => {
      watch.disconnect();
      system.removeEventListener("change", callback);
    };
  }

  /* What the person said first after this node, null when nothing yet: then its buttons belong to an older question. */
  const listeners = new Set();
  function onSpoken(callback) {
    if (!listeners.size) {
      let due = 0;
      onSpoken.watch = new MutationObserver(() => {
        due ||= setTimeout(() => {
          due = 0;
          listeners.forEach((listener) => listener());
        }, 120);
      });
      onSpoken.watch.observe(document.body, { childList: true, subtree: true });
    }
    listeners.add(callback);
    return () => {
      listeners.delete(callback);
      if (!listeners.size) onSpoken.watch.disconnect();
    };
  }
  function answered(node) {
    const said = [...document.querySelectorAll('[data-step-type="user_message"]')];
    const after = said.find((one) => node.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    return after ? after.innerText.trim() : null;
  }

  /* Something that asks must be seen when it comes: brings its end into view, unless the talk went on since. */
  function reveal(node) {
    if (!node || answered(node) !== null) return;
    setTimeout(() => {
      const talk = scroller(node);
      const hidden = talk ? node.getBoundingClientRect().bottom - talk.getBoundingClientRect().bottom : 0;
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (hidden > 0) talk.scrollBy({ top: hidden + 8, behavior: calm ? "auto" : "smooth" });
    }, 400);
  }
  // The talk alone: scrollIntoView would push the page's head out of sight with it.
  function scroller(node) {
    const scrolls = (one) => /auto|scroll/.test(getComputedStyle(one).overflowY) && one.scrollHeight > one.clientHeight;
    for (let one = node.parentElement; one && one !== document.body; one = one.parentElement) if (scrolls(one)) return one;
    return null;
  }

  function load(src) {
    return new Promise((done, failed) => {
      const tag = Object.assign(document.createElement("script"), { src, async: true, onload: done });
      tag.onerror = () => {
        tag.remove();
        failed(new Error("차트를 그릴 준비를 하지 못했어요. 잠시 뒤 다시 해 주세요."));
      };
      document.head.append(tag);
    });
  }
  /* Draw a plotly figure as wide as its place, its text as the text around it and kept so when the theme changes; plotly
  is fetched once, at the first figure. Returns how to stop; `failed(error)` when there is no drawing it. */
  function draw(node, figure, failed) {
    let gone = false;
    async function paint() {
      if (!window.Plotly) await once("plotly", () => load(`${base}/static/plotly.min.js`));
      if (gone) return;
      const { data, layout = {} } = structuredClone(figure);
      const { color, fontFamily: family } = getComputedStyle(node);
      layout.font = { ...layout.font, color, family };
      layout.autosize = true;
      delete layout.width;
      if (layout.height) node.style.height = `${layout.height}px`;
      await window.Plotly.react(node, data, layout, { responsive: true, displayModeBar: false, scrollZoom: false });
    }
    const attempt = () => paint().catch((error) => gone || failed(error));
    attempt();
    const forget = onTheme(attempt);
    return () => {
      gone = true;
      forget();
      window.Plotly?.purge(node);
    };
  }

  /* An act of a card that takes a second tap and one POST to `path`; what came of it is said where the focus goes. A
  hook: the card hands in React's own, because this file is loaded without it. */
  function useSecondTap({ useEffect, useRef, useState }, path, after) {
    const [asking, setAsking] = useState(false);
    const [busy, setBusy] = useState(false);
    const [said, setSaid] = useState("");
    const sure = useRef(null);
    const status = useRef(null);
    useEffect(() => {
      if (asking) sure.current?.focus();
    }, [asking]);
    async function confirm() {
      setBusy(true);
      setSaid(await once(path, () => call("POST", path)).then((done) => done.message, (error) => error.message));
      setBusy(false);
      setAsking(false);
      after();
      status.current?.focus();
    }
    return { asking, busy, said, sure, status, ask: () => setAsking(true), keep: () => setAsking(false), confirm };
  }

  window.Quartz = {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    put: (path, body) => call("PUT", path, body),
    remove: (path) => call("DELETE", path),
    link: (path) => base + path,
    known: (path) => answers.get(path) ?? null,
    poll, once, component, count, won, signed, pct, direction, time, day, left, josa, marked,
    draw, onSpoken, answered, reveal, useSecondTap,
  };

  document.documentElement.lang = "ko";
  try {
    localStorage["vite-ui-theme"] ??= "system"; // Chainlit knows only light or dark as a default
  } catch {
    // A browser that keeps nothing gets the default.
  }
  for (const name of ["halt.js", "words.js", "address.js"]) {
    if (script?.src) load(new URL(name, script.src).href).catch(() => {});
  }
})();
