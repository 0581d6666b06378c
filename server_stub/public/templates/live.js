// A page that is read again when the server says that something moved, and every now and then in any case.
// Without this script the page reads itself again by its meta refresh.
"use strict";
(() => {
  const EVERY_MS = 15000, AT_MOST_MS = 800;
  let source = null, last = 0, waits = null;

  async function again() {
    waits = null;
    last = Date.now();
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const old = document.querySelector("main"), main = page.querySelector("main");
      if (old.innerHTML !== main.innerHTML) old.replaceWith(main);
      const head = page.querySelector("header");
      if (head) document.querySelector("header").replaceWith(head);
      if (!page.body.dataset.live) end();
      document.dispatchEvent(new Event("read-again"));
    } catch {
      // no network just now: the next round tries again
    }
  }

  // Many phones hear the same news: each waits a moment of its own.
  function soon() {
    if (waits === null) waits = setTimeout(again, Math.max(0, AT_MOST_MS - (Date.now() - last)) + Math.random() * 200);
  }

  function end() {
    clearInterval(timer);
    source.close();
  }

  source = new EventSource(document.body.dataset.live);
  source.addEventListener("moved", soon);
  const timer = setInterval(soon, EVERY_MS);
})();
