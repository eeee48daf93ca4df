// Decisions and a bad line. A form that does not reach the server stays as it is, is kept for this tab, and is sent again
// when the line is back; what was written survives a session that has ended. Without this script forms are sent as ever.
// Its forms are those within [data-person], which says whose page it is; its words stand in #line-words.
(function () {
  'use strict';
  const STORE = 'rapport-line', FIRST = 5000, SLOWEST = 60000; // ms between tries
  const PATIENCE = 20000; // ms until a line that does not answer counts as lost
  const leaving = document.querySelector('[data-sign-out]');
  if (leaving) leaving.addEventListener('submit', function () { sessionStorage.removeItem(STORE); });
  const desk = document.querySelector('[data-person]');
  if (!desk || !window.fetch) return;
  const person = desk.dataset.person, words = JSON.parse(document.getElementById('line-words').textContent);
  const waiting = []; // { form, submitter, item } to be sent when the line is back
  let wait = FIRST, timer = 0;

  const box = document.createElement('div');
  box.className = 'note warning line';
  box.setAttribute('role', 'status');
  box.lang = document.documentElement.lang;
  box.hidden = true;
  desk.prepend(box);

  document.addEventListener('submit', function (event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'post' || !desk.contains(form) || form.enctype === 'multipart/form-data' ||
      'plain' in form.dataset) return; // plain: the answer is shown once, or is a file, and must not be asked for twice
    event.preventDefault();
    if (form.dataset.line) return;
    if (leaves(form) && desk.querySelector('form[data-line]:not([data-part])')) {
      release(form);
      tell(words.under_way);
      return;
    }
    const decided = waiting.find(function (one) { return leaves(one.form) && one.form !== form; });
    if (leaves(form) && decided) {
      // “Next” must not run ahead of what was decided; a decision takes the place of an earlier one.
      if (!chosen(fieldsOf(form, event.submitter))) { release(form); lost(); return; }
      drop(decided.form);
      forget(decided.item);
    }
    if (leaves(form) && waiting.some(function (one) { return !leaves(one.form); })) {
      drop(form);
      waiting.push({ form: form, submitter: event.submitter, item: itemOf(form, event.submitter) });
      release(form);
      again();
    } else send(form, event.submitter);
  });
  addEventListener('online', again);
  remind();

  // A form that is answered with a part of its page stays on it; every other one leads to another page.
  function leaves(form) { return !form.dataset.part; }

  function fieldsOf(form, submitter) { return Array.from(new FormData(form, submitter)); }

  function itemOf(form, submitter) {
    const fields = fieldsOf(form, submitter), before = JSON.parse(form.dataset.kept || '{}');
    const same = JSON.stringify(before.fields) === JSON.stringify(fields);
    return { key: same ? before.key : newKey(), path: here(form), query: location.search, action: form.getAttribute('action'), fields: fields,
      button: submitter ? label(submitter) : '' };
  }

  function send(form, submitter, anew) {
    const item = itemOf(form, submitter), headers = { 'X-Form': item.key };
    const stop = new AbortController(), late = setTimeout(function () { stop.abort(); }, PATIENCE);
    if (!leaves(form)) headers['X-Part'] = '1';
    form.dataset.line = '1';
    form.setAttribute('aria-busy', 'true');
    keep(item);
    drop(form);
    fetch(form.action, { method: 'POST', body: new URLSearchParams(item.fields), headers: headers, signal: stop.signal })
      .then(function (answer) {
        const json = (answer.headers.get('Content-Type') || '').startsWith('application/json');
        if ([502, 503, 504].includes(answer.status)) throw new Error(answer.status);
        if (json) return answer.json();
        if (answer.redirected) return { sign_in: answer.url };
        if (leaves(form) || !(answer.ok || answer.status === 400)) return { wrong: answer.status };
        return answer.text().then(function (html) { return { html: html, done: answer.ok }; });
      }).then(function (said) {
        clearTimeout(late);
        if (said.to) { forget(item); go(said.to); return; }
        release(form);
        if (said.token && String(said.person) === person && !anew) {
          // The same person signed in anew, in another tab: only the form's proof is too old.
          document.querySelectorAll('input[name=csrfmiddlewaretoken]').forEach(function (input) { input.value = said.token; });
          forget(item);
          send(form, submitter, true);
          return;
        }
        if (said.sign_in || said.token) {
          form.dataset.kept = JSON.stringify(item);
          if (said.sign_in) signedOut(said.sign_in);
          else tell(words.somebody_else);
          return;
        }
        forget(item);
        if (said.html) {
          delete form.dataset.kept;
          form.dispatchEvent(new CustomEvent('answered', { bubbles: true, detail: said }));
          wait = FIRST;
          if (waiting.length) again(); else if (lost.shown) hide();
        } else if (leaves(form)) plainly(form, submitter); // nothing was done: the server's page says why, with what was written
        else tell(say(words.refused, { button: item.button, status: said.wrong }));
      }).catch(function () {
        clearTimeout(late);
        release(form);
        form.dataset.kept = JSON.stringify(item);
        waiting.push({ form: form, submitter: submitter, item: item });
        lost();
        clearTimeout(timer);
        timer = setTimeout(again, wait);
        wait = Math.min(SLOWEST, wait * 2);
      });
  }

  function drop(form) {
    const at = waiting.findIndex(function (one) { return one.form === form; });
    if (at >= 0) waiting.splice(at, 1);
  }

  // The next of what waits; its answer leads to the one behind it. What leaves the page goes last.
  function again() {
    clearTimeout(timer);
    const next = waiting.find(function (one) { return !leaves(one.form); }) || waiting[0];
    if (!next) return;
    drop(next.form);
    if (!next.form.isConnected) again();
    else send(next.form, next.submitter && next.submitter.isConnected ? next.submitter : null);
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

  function lost() {
    const what = waiting.map(function (one) { return called(one.item); }).join(', ');
    tell(say(words.lost, { what: what }));
    lost.shown = true;
    button(words.send_now, function () {
      tell(say(words.sending, { what: what }));
      lost.shown = true;
      wait = FIRST;
      again();
    });
    button(words.do_not_send, function () {
      clearTimeout(timer);
      waiting.splice(0).forEach(function (one) { forget(one.item); delete one.form.dataset.kept; });
      hide();
    });
  }

  function signedOut(address) {
    tell(words.signed_out);
    link(words.sign_in, address);
  }

  // --- what a page before could not send ----------------------------------------------------------------------------

  function remind() {
    const items = kept();
    const mine = items.find(function (item) { return item.path === location.pathname; }), other = mine || items[0];
    if (!other) return;
    if (!mine) {
      tell(say(words.elsewhere, { what: called(other) }));
      link(words.go_there, other.path + (other.query || ''));
    } else if (!restore(mine)) {
      const said = mine.fields.filter(function (field) { return /^(title|summary|reason|text|question|evidence|note)$/.test(field[0]) && field[1]; });
      tell(say(words.no_answer, { button: mine.button })
        + (said.length ? ' ' + say(words.had_written, { text: said.map(function (field) { return field[1]; }).join(' · ') }) : ''));
    }
    button(words.throw_away, function () { forget(other); hide(); });
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
    tell(words.back_again);
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

  function chosen(fields) { return fields.some(function (field) { return !/^(csrfmiddlewaretoken|after|back)$/.test(field[0]); }); }

  // What holds nothing that somebody chose or wrote need not outlive its page.
  function keep(item) {
    if (!chosen(item.fields)) return;
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

  // A sentence with its names filled in.
  function say(sentence, names) { return sentence.replace(/\{(\w+)\}/g, function (_, name) { return names[name]; }); }

  function called(item) { return item.button ? '“' + item.button + '”' : words.written; }

  function label(button) {
    return Array.from(button.childNodes).filter(function (node) { return node.nodeName !== 'KBD'; })
      .map(function (node) { return node.textContent; }).join('').trim();
  }

  function tell(text) {
    const line = document.createElement('p');
    line.textContent = text;
    box.replaceChildren(line);
    box.hidden = false;
    lost.shown = false;
  }

  function hide() { box.hidden = true; lost.shown = false; }

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
