// The display's voice: each new line is said once, in the order in which it was called; none is overtaken or left out
// but one that was taken back before its turn.
// What cannot be fetched just now, since the network is away, is tried again for half a minute before the next one.
// A browser lets a page make sound only after somebody pressed something on it, so it begins switched off.
"use strict";
(() => {
  const AGAIN_MS = 3000, TRIES = 10, LONGEST_MS = 30000;
  const audio = new Audio(), known = new Set(lines());
  let waiting = [], on = false, saying = "", said = 0, failed = false, tries = 0, turns = 0, guard = 0;

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
    tries = 0;
    say();
  }

  function say() {
    const turn = ++turns;
    guard = setTimeout(over, LONGEST_MS, true, turn); // an answer that never ends must not keep all others back
    audio.src = saying;
    audio.play().catch(() => over(true, turn));
  }

  // Once a turn: what fails is told by an event and by a broken promise, and the second would end the next one.
  function over(wrong, turn = turns) {
    if (!saying || turn !== turns) return;
    clearTimeout(guard);
    turns += 1;
    failed = wrong;
    if (wrong && on && ++tries < TRIES) {
      show();
      setTimeout(() => (on ? say() : done()), AGAIN_MS);
      return;
    }
    if (!wrong) said += 1;
    done();
  }

  function done() {
    saying = "";
    show();
    next();
  }

  audio.addEventListener("ended", () => over(false));
  audio.addEventListener("error", () => over(true));

  document.addEventListener("read-again", () => {
    const here = lines(), test = document.querySelector(".sound")?.dataset.test;
    waiting = waiting.filter((line) => line === test || here.includes(line));
    for (const line of here) {
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
      if (!on) waiting = [];
    } else if (!event.target.matches(".sound [data-test]")) return;
    if (on || event.target.matches("[data-test]")) waiting.push(box.dataset.test);
    show();
    next();
  });

  show();
})();
