// The duty view looks again by itself. What it would sound for it sounds for also while somebody types: only the page as
// it is drawn waits for them. Whatever keeps it from looking it says at once, and loudly: nobody takes its quiet for peace.
"use strict";
(() => {
  const EVERY_MS = 30000, PATIENCE_MS = 20000;
  const AGAIN = 10; // looks: while nothing can be seen it sounds again every five minutes [ours]
  const STORE = "rapport-sound";
  const shown = () => document.querySelector("[data-duty]");
  const button = () => document.querySelector("[data-sound-button]");
  const deaf = document.querySelector("[data-deaf]"), later = document.querySelector("[data-later]");
  const marks = (duty) => new Set(duty.dataset.alarms.split(" ").filter(Boolean));
  let loud = sessionStorage.getItem(STORE) === "1";
  let known = marks(shown()), failed = 0, since = new Date(), audio = null;

  const ring = async () => {
    audio = audio || new AudioContext();
    await audio.resume();
    for (const at of [0, 0.4, 0.8]) {
      const tone = audio.createOscillator();
      tone.frequency.value = 880;
      tone.connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.25);
    }
  };

  const offer = () => {
    document.querySelector("[data-sound]").hidden = false;
    button().setAttribute("aria-pressed", String(loud));
    button().addEventListener("click", () => {
      loud = !loud;
      sessionStorage.setItem(STORE, loud ? "1" : "0");
      document.querySelector("[data-mute]").hidden = true;
      button().setAttribute("aria-pressed", String(loud));
      if (loud) ring(); // so that one hears what it will be
    });
  };

  // A page that nobody has touched may make no sound: then it says so.
  const audible = () => {
    if (!loud) return;
    audio = audio || new AudioContext();
    setTimeout(() => { document.querySelector("[data-mute]").hidden = audio.state === "running"; }, 300);
  };

  const busy = () => shown().contains(document.activeElement) && document.activeElement.matches("textarea, input, select");

  // What the server shows now; or why nothing can be seen.
  const fetched = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.redirected) return { why: "out" };
      if (answer.status >= 500) return { why: "down" };
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return answer.ok && page.querySelector("[data-duty]") ? { page } : { why: "ended" };
    } catch { return { why: "down" }; }
  };

  const blind = (why) => {
    const at = since.toLocaleTimeString(document.documentElement.lang,
      { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: deaf.dataset.zone }); // as the page says all times
    const link = deaf.querySelector("a");
    deaf.querySelector("p").textContent = deaf.dataset[why].replace("{at}", at);
    link.hidden = why === "down";
    link.href = location.href;
    deaf.hidden = false;
    document.title = `(!) ${deaf.dataset.title}`;
    // One look that fails on a bad line is not worth waking somebody for.
    if (loud && (failed - (why === "down" ? 1 : 0)) % AGAIN === 0) ring();
    failed += 1;
  };

  const draw = (next) => {
    const html = next.innerHTML, same = html === shown().dataset.html;
    later.hidden = same || !busy();
    if (same || busy()) return;
    shown().replaceWith(next);
    next.dataset.html = html;
    offer();
  };

  const look = async () => {
    const { page, why } = await fetched();
    if (!page) { blind(why); return; }
    failed = 0;
    since = new Date();
    deaf.hidden = true;
    document.title = page.title;
    const next = page.querySelector("[data-duty]"), there = marks(next);
    if (loud && [...there].some((one) => !known.has(one))) ring();
    known = there;
    draw(next);
  };

  shown().dataset.html = shown().innerHTML;
  offer();
  audible();
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  addEventListener("online", look);
})();
