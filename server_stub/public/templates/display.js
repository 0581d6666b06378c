// The display's voice: each new line is said once, in the order in which it was called; none is overtaken or left out.
// A browser lets a page make sound only after somebody pressed something on it, so it begins switched off.
"use strict";
(() => {
  const audio = new Audio(), waiting = [], known = new Set(lines());
  let on = false, saying = "", said = 0, failed = false;

  function lines() {
    return [...document.querySelectorAll("[data-say]")].map((row) => row.dataset.say).reverse();
  }

  function show() {
    const box = document.querySelector(".sound");
    if (!box) return;
    box.hidden = false;
    const state = failed ? "failed" : on ? "on" : "off";
    box.querySelector("[data-switch]").textContent = on ? box.dataset.close : box.dataset.open;
    box.querySelector("output").textContent = box.dataset[state].replace("#", said);
  }

  function next() {
    if (saying || !waiting.length) return;
    saying = waiting.shift();
    audio.src = saying;
    audio.play().catch(() => over(true));
  }

  function over(wrong) {
    if (!saying) return;
    failed = wrong;
    if (!wrong) said += 1;
    saying = "";
    show();
    next();
  }

  audio.addEventListener("ended", () => over(false));
  audio.addEventListener("error", () => over(true));

  document.addEventListener("read-again", () => {
    for (const line of lines()) {
      if (known.has(line)) continue;
      known.add(line);
      if (on) waiting.push(line);
    }
    show();
    next();
  });

  document.addEventListener("click", (event) => {
    const box = document.querySelector(".sound");
    if (event.target.matches(".sound [data-switch]")) {
      on = !on;
      if (!on) waiting.length = 0;
    } else if (!event.target.matches(".sound [data-test]")) return;
    if (on || event.target.matches("[data-test]")) waiting.push(box.dataset.test);
    show();
    next();
  });

  show();
})();
