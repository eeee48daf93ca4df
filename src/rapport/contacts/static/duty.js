// The duty view looks again by itself, keeps what is being typed, and sounds when something came in or was not done in time.
"use strict";
(() => {
  const EVERY_MS = 30000;
  const shown = () => document.querySelector("[data-duty]");
  const button = () => document.querySelector("[data-sound-button]");
  let loud = false;
  let known = Number(shown().dataset.alarms);

  const ring = () => {
    const audio = new AudioContext();
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
      button().setAttribute("aria-pressed", String(loud));
      if (loud) ring(); // so that one hears what it will be
    });
  };

  const busy = () => shown().contains(document.activeElement) && document.activeElement.matches("textarea, input, select");

  const look = async () => {
    if (busy() || document.hidden) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected || busy()) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.querySelector("[data-duty]");
    if (!next) return;
    document.title = fresh.title;
    if (next.innerHTML !== shown().dataset.html) {
      const html = next.innerHTML;
      shown().replaceWith(next);
      next.dataset.html = html;
      offer();
    }
    const alarms = Number(next.dataset.alarms);
    if (loud && alarms > known) ring();
    known = alarms;
  };

  shown().dataset.html = shown().innerHTML;
  offer();
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
})();
