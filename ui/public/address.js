/* Gives the page the address of its conversation once something was said, so that a reload comes back to it. Chainlit's
   own script does this only where it is mounted at the root. Reads nothing but the conversation's id. */
(() => {
  window.addEventListener("message", ({ source, origin, data }) => {
    if (source !== window || origin !== window.location.origin) return;
    const id = String(data?.quartz_thread ?? "");
    const home = window.location.pathname.match(/^(.*\/chat)\/?$/);
    if (home && /^[0-9a-f-]{36}$/.test(id)) window.history.replaceState(window.history.state, "", `${home[1]}/thread/${id}`);
  });
})();
