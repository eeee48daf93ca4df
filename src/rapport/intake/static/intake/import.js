// Shows how far an import has come, and the page anew when it is at rest.
(function () {
  'use strict';
  const EVERY = 1000, LONGEST = 20000;
  const box = document.querySelector('[data-import]');
  if (!box || !window.fetch) return;
  const bar = box.querySelector('progress'), said = box.querySelector('[data-said]');
  let wait = EVERY;
  function look() {
    fetch(box.dataset.import, { headers: { Accept: 'application/json' } })
      .then(function (answer) { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
      .then(function (now) {
        if (now.state !== box.dataset.state) { location.reload(); return; }
        if (now.total && now.state === 'running') { bar.max = now.total; bar.value = now.done; }
        if (said.textContent !== now.said) said.textContent = now.said;
        wait = EVERY;
        setTimeout(look, wait);
      })
      .catch(function () { wait = Math.min(LONGEST, wait * 2); setTimeout(look, wait); });
  }
  setTimeout(look, wait);
}());
