// Looks for news every few seconds and puts them into the list and the timeline where they stand,
// without moving the page under the reader or taking the keyboard's focus away.
(function () {
  'use strict';
  const EVERY = 5000, LONGEST = 60000;
  const LATE = 10; // seconds between an event's time of publishing and its place in every server's list, at most
  const views = document.getElementById('views');
  const note = document.getElementById('live');
  if (!views || !window.fetch) return;
  const filters = document.querySelector('.filters .more');
  let state = views.dataset.state, moment = Number(views.dataset.moment), wait = EVERY, timer = 0, lostAt = null, counted = true;

  // The region itself is always there: screen readers announce what changes in it.
  function say(text) { note.textContent = text; note.className = text ? 'note' : ''; }

  function fresh(url) {
    return fetch(url, { headers: { Accept: 'text/html, application/json' } }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer;
    });
  }

  function look() {
    timer = 0;
    if (document.hidden) return;
    fresh(views.dataset.pulse)
      .then(function (answer) { return answer.json(); })
      .then(function (pulse) { return pulse.state === state ? null : update(pulse.state); })
      .then(found, lost)
      .then(function () { timer = timer || setTimeout(look, wait); });
  }

  function found() { wait = EVERY; if (lostAt) { lostAt = null; say(''); } }

  function lost() {
    lostAt = lostAt || new Date();
    wait = Math.min(LONGEST, wait * 2);
    say(views.dataset.lost.replace('{t}', lostAt.toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' })));
  }

  function update(next) {
    const address = new URL(location.href);
    address.searchParams.set('part', 'results');
    return fresh(address).then(function (answer) { return answer.text(); }).then(function (html) {
      const page = new DOMParser().parseFromString(html, 'text/html');
      const added = putList(page.getElementById('list'));
      const line = document.getElementById('timeline');
      if (!line.contains(document.activeElement)) line.replaceWith(page.getElementById('timeline'));
      document.getElementById('unmapped').replaceWith(page.getElementById('unmapped'));
      moment = Number(page.querySelector('[data-moment]').dataset.moment);
      state = next;
      counted = false;
      count();
      lostAt = null;
      say(added ? views.dataset.new.replace('{n}', added) : views.dataset.changed);
      document.dispatchEvent(new CustomEvent('rapport:news'));
    });
  }

  // Takes over what differs and leaves every other element, so that focus and selection stay. Returns what is new.
  function putList(wanted) {
    const list = document.getElementById('list');
    const had = list.querySelector('.events'), has = wanted.querySelector('.events');
    if (!had || !has) { list.replaceWith(wanted); return has ? Array.from(has.children).filter(isNews).length : 0; }
    const anchor = firstSeen(had), before = anchor && anchor.getBoundingClientRect().top;
    const old = new Map(Array.from(had.children, function (item) { return [item.dataset.ref, item]; }));
    const kept = new Set(Array.from(has.children, function (item) { return item.dataset.ref; }));
    old.forEach(function (item, ref) { if (!kept.has(ref)) drop(item); });
    let at = had.firstElementChild, added = 0;
    Array.from(has.children).forEach(function (item) {
      const same = old.get(item.dataset.ref);
      if (!same) {
        if (isNews(item)) { item.classList.add('new'); added += 1; }
        had.insertBefore(item, at);
        return;
      }
      if (same === at) at = at.nextElementSibling; else had.insertBefore(same, at);
      if (text(same) !== text(item)) same.querySelector('.meta').replaceWith(item.querySelector('.meta'));
      const title = item.querySelector('a'), shown = same.querySelector('a');
      if (title.textContent !== shown.textContent) shown.textContent = title.textContent;
    });
    list.querySelector('h2').innerHTML = wanted.querySelector('h2').innerHTML;
    if (anchor && anchor.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - before);
    return added;
  }

  // An event that only moved here from another page is not new.
  function isNews(item) { return Number(item.dataset.published) > moment - LATE; }

  // The counts beside the filters, when they can be seen; what was chosen or typed there stays.
  function count() {
    if (counted || !filters.open) return;
    counted = true;
    fresh(location.href).then(function (answer) { return answer.text(); }).then(function (html) {
      const page = new DOMParser().parseFromString(html, 'text/html');
      filters.querySelectorAll('.check .count').forEach(function (shown) { shown.textContent = '0'; });
      const groups = filters.querySelectorAll('fieldset');
      page.querySelectorAll('.filters fieldset').forEach(function (group, place) {
        let before = groups[place].querySelector('legend');
        group.querySelectorAll('.check').forEach(function (wanted) {
          const value = CSS.escape(wanted.querySelector('input').value);
          const box = groups[place].querySelector('input[value="' + value + '"]'), same = box && box.parentElement;
          if (same) same.querySelector('.count').textContent = wanted.querySelector('.count').textContent;
          else before.after(wanted);
          before = same || wanted;
        });
      });
    }).catch(function () { counted = false; });
  }

  // What is gone goes; if the keyboard was there, it moves on to the neighbour.
  function drop(item) {
    const next = item.nextElementSibling || item.previousElementSibling;
    if (next && item.contains(document.activeElement)) next.querySelector('a').focus({ preventScroll: true });
    item.remove();
  }

  function text(item) { return item.querySelector('.meta').textContent; }

  // The item the reader is at: the focused one, or the first on the screen once the list's start has left it.
  function firstSeen(list) {
    const focused = document.activeElement && document.activeElement.closest('[data-ref]');
    if (focused) return focused;
    if (list.getBoundingClientRect().top >= 0) return null;
    return Array.from(list.children).find(function (item) { return item.getBoundingClientRect().top >= 0; });
  }

  // "12 min ago" goes on counting.
  function age() {
    document.querySelectorAll('time[data-ago]').forEach(function (time) {
      const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
      const unit = minutes < 60 ? ['minutes', 1] : minutes < 1440 ? ['hours', 60] : ['days', 1440];
      const said = minutes < 1 ? views.dataset.now : views.dataset[unit[0]].replace('{n}', Math.floor(minutes / unit[1]));
      if (time.firstChild.data !== said) time.firstChild.data = said;
    });
  }

  filters.addEventListener('toggle', count);
  document.addEventListener('visibilitychange', function () { if (!document.hidden && !timer) look(); });
  setInterval(age, 30000);
  timer = setTimeout(look, EVERY);
})();
