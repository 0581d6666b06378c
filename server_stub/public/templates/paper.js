// The code on a paper ends in a mac that only this browser knows: it stands behind the #, which is sent to nobody. The page
// holds the mac's SHA-256; this script compares the two and shows one of three sentences. Written out, since browsers lend
// their own SHA-256 to https pages only, and a hall's own network may have none.
"use strict";

function sha256(text) {
  const bits = (x) => Math.floor((x - Math.floor(x)) * 2 ** 32) | 0;
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const k = primes.map((p) => bits(Math.cbrt(p)));
  const h = primes.slice(0, 8).map((p) => bits(Math.sqrt(p)));
  const bytes = [...new TextEncoder().encode(text)];
  const length = bytes.length * 8;
  bytes.push(0x80);
  while (bytes.length % 64 !== 56) bytes.push(0);
  for (let i = 7; i >= 0; i--) bytes.push(Math.floor(length / 2 ** (8 * i)) & 255);
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  for (let at = 0; at < bytes.length; at += 64) {
    const w = [];
    for (let i = 0; i < 64; i++) {
      if (i < 16) {
        w[i] = [0, 1, 2, 3].reduce((word, j) => (word << 8) | bytes[at + 4 * i + j], 0);
        continue;
      }
      const a = w[i - 15], b = w[i - 2];
      const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3), s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const v = h.slice();
    for (let i = 0; i < 64; i++) {
      const s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25), choose = (v[4] & v[5]) ^ (~v[4] & v[6]);
      const one = (v[7] + s1 + choose + k[i] + w[i]) | 0;
      const s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22);
      const most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
      v.pop();
      v.unshift((one + s0 + most) | 0);
      v[4] = (v[4] + one) | 0;
    }
    for (let i = 0; i < 8; i++) h[i] = (h[i] + v[i]) | 0;
  }
  return h.map((x) => (x >>> 0).toString(16).padStart(8, "0")).join("");
}

const code = document.getElementById("code");
if (code) {
  const kept = "mac " + location.pathname;
  let mac = location.hash.slice(1);
  // A compared file comes back without the fragment: the tab remembers it, and forgets it when it is closed.
  try {
    if (mac) sessionStorage.setItem(kept, mac);
    else mac = sessionStorage.getItem(kept) || "";
  } catch { /* a browser that keeps nothing */ }
  const found = !mac ? "none" : sha256(mac) === code.dataset.fingerprint ? "right" : "wrong";
  code.className = "code " + found;
  code.textContent = code.dataset[found];
  code.hidden = false;
}
