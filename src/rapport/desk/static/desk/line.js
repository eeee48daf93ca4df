// Decisions and a bad line. A form that does not reach the server stays as it is, is kept for this tab, and is sent again
// when the line is back; what was written survives a session that has ended. Without this script forms are sent as ever.
(function () {
  'use strict';
  const STORE = 'rapport-line', FIRST = 5000, SLOWEST = 60000; // ms between tries
  const PATIENCE = 20000; // ms until a line that does not answer counts as lost
  const leaving = document.querySelector('[data-sign-out]');
  if (leaving) leaving.addEventListener('submit', function () { sessionStorage.removeItem(STORE); });
  const desk = document.querySelector('[data-desk]');
  if (!desk || !window.fetch) return;
  const person = desk.dataset.person;
  let wait = FIRST, timer = 0, again = null;

  const box = document.createElement('div');
  box.className = 'note warning line';
  box.setAttribute('role', 'status');
  box.hidden = true;
  desk.prepend(box);

  document.addEventListener('submit', function (event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'post' || !desk.contains(form) || form.enctype === 'multipart/form-data') return;
    event.preventDefault();
    if (form.dataset.line) return;
    send(form, event.submitter);
  });
  addEventListener('online', function () { if (again) again(); });
  remind();

  function send(form, submitter) {
    const fields = Array.from(new FormData(form, submitter)), before = JSON.parse(form.dataset.kept || '{}');
    const same = JSON.stringify(before.fields) === JSON.stringify(fields);
    const item = { key: same ? before.key : newKey(), path: here(form), action: form.getAttribute('action'), fields: fields,
      button: submitter ? label(submitter) : '' };
    const stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, PATIENCE);
    form.dataset.line = '1';
    form.setAttribute('aria-busy', 'true');
    keep(item);
    again = null;
    fetch(form.action, { method: 'POST', body: new URLSearchParams(fields), headers: { 'X-Form': item.key }, signal: stop.signal })
      .then(function (answer) {
        const json = (answer.headers.get('Content-Type') || '').startsWith('application/json');
        if ([502, 503, 504].includes(answer.status)) throw new Error(answer.status);
        return json ? answer.json() : answer.redirected ? { sign_in: answer.url } : { wrong: true };
      }).then(function (said) {
        clearTimeout(late);
        if (said.to) { forget(item); go(said.to); return; }
        release(form);
        if (said.sign_in) { form.dataset.kept = JSON.stringify(item); signedOut(said.sign_in); return; }
        forget(item);
        plainly(form, submitter); // nothing was done: the server's page says why, with what was written
      }).catch(function () {
        clearTimeout(late);
        release(form);
        form.dataset.kept = JSON.stringify(item);
        lost(form, submitter, item);
      });
  }

  function release(form) {
    delete form.dataset.line;
    delete form.dataset.sent;
    form.removeAttribute('aria-busy');
  }

  function go(to) {
    const target = new URL(to, location.href), stays = target.pathname === location.pathname && target.search === location.search;
    location.assign(target.href);
    if (stays && target.hash) location.reload();
  }

  function plainly(form, submitter) {
    if (submitter && submitter.name) {
      const hidden = document.createElement('input');
      hidden.type = 'hidden';
      hidden.name = submitter.name;
      hidden.value = submitter.value;
      form.append(hidden);
    }
    HTMLFormElement.prototype.submit.call(form);
  }

  function lost(form, submitter, item) {
    const what = item.button ? '“' + item.button + '”' : 'This';
    tell(what + ' was not sent: the line is lost. Everything stays as it is here, and it is sent by itself when the line is back.');
    again = function () {
      clearTimeout(timer);
      again = null;
      if (!form.isConnected) return;
      if (submitter && submitter.isConnected) form.requestSubmit(submitter); else form.requestSubmit();
    };
    button('Send now', function () { wait = FIRST; if (again) again(); });
    button('Do not send it', function () { clearTimeout(timer); again = null; forget(item); delete form.dataset.kept; hide(); });
    clearTimeout(timer);
    timer = setTimeout(function () { if (again) again(); }, wait);
    wait = Math.min(SLOWEST, wait * 2);
  }

  function signedOut(address) {
    tell('This was not sent: you are signed out. What you wrote is kept in this tab, and is here again when you have signed in. ');
    link('Sign in', address);
  }

  // --- what a page before could not send ----------------------------------------------------------------------------

  function remind() {
    const items = kept();
    const mine = items.find(function (item) { return item.path === location.pathname; }), other = mine || items[0];
    if (!other) return;
    if (!mine) {
      tell('Not sent: ' + (other.button ? '“' + other.button + '” on another page. ' : 'what you wrote on another page. '));
      link('Go there', other.path);
    } else if (!restore(mine)) {
      const said = mine.fields.filter(function (field) { return /^(title|summary|reason|text|question|evidence)$/.test(field[0]) && field[1]; });
      tell('No answer came to “' + mine.button + '”: look below what has happened since.'
        + (said.length ? ' You had written: ' + said.map(function (field) { return field[1]; }).join(' · ') : ''));
    }
    button('Throw it away', function () { forget(other); hide(); });
  }

  function restore(item) {
    const names = new Set(item.fields.map(function (field) { return field[0]; }));
    const form = Array.from(desk.querySelectorAll('form')).find(function (form) {
      return form.getAttribute('action') === item.action && Array.from(names).every(function (name) { return name in form.elements || name === 'csrfmiddlewaretoken'; });
    });
    if (!form) return false;
    Array.from(form.elements).forEach(function (input) {
      if (!input.name || input.name === 'csrfmiddlewaretoken' || input.type === 'submit') return;
      const values = item.fields.filter(function (field) { return field[0] === input.name; }).map(function (field) { return field[1]; });
      if (/^(checkbox|radio)$/.test(input.type)) input.checked = values.includes(input.value);
      else if (values.length) input.value = values[0];
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    const closed = form.closest('details');
    if (closed) closed.open = true;
    tell('What you had written is here again. It was not sent: look at it, and send it.');
    return true;
  }

  // Kept in this tab, of one person; whoever else signs in here finds nothing.
  function kept() {
    const store = JSON.parse(sessionStorage.getItem(STORE) || '{}');
    if (store.person === person) return store.items;
    sessionStorage.removeItem(STORE);
    return [];
  }

  function save(items) {
    try { sessionStorage.setItem(STORE, JSON.stringify({ person: person, items: items })); } catch (error) { /* full: it stays on the page */ }
  }

  // What holds nothing that somebody chose or wrote need not outlive its page.
  function keep(item) {
    if (item.fields.every(function (field) { return /^(csrfmiddlewaretoken|after|back)$/.test(field[0]); })) return;
    save(kept().filter(function (other) { return other.path !== item.path || other.action !== item.action; }).concat(item));
  }
  function forget(item) { save(kept().filter(function (other) { return other.key !== item.key; })); }

  // The page that a form stands on; one that answered a form has that form's address.
  function here(form) {
    const report = new URL(form.action).pathname.match(/^\/[^/]+\/desk\/reports\/[^/]+\//);
    return report ? report[0] : location.pathname;
  }

  function newKey() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) { return byte.toString(16).padStart(2, '0'); }).join('');
  }

  function label(button) {
    return Array.from(button.childNodes).filter(function (node) { return node.nodeName !== 'KBD'; })
      .map(function (node) { return node.textContent; }).join('').trim();
  }

  function tell(text) {
    const line = document.createElement('p');
    line.textContent = text;
    box.replaceChildren(line);
    box.hidden = false;
  }

  function hide() { box.hidden = true; }

  function button(text, act) {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.addEventListener('click', act);
    box.append(made, ' ');
  }

  function link(text, address) {
    const made = document.createElement('a');
    made.className = 'button';
    made.href = address;
    made.textContent = text;
    box.append(made, ' ');
  }
})();
