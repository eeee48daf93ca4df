// Reports that are kept on this phone until there is a line. Loaded by the page of the form and by its service worker.
//
// A report: id (its form_id), address, at (ms), state, version (counts changes), fields [[name, value]],
// files [{ name, type, bytes }], tries, next (ms: not sent before), problem, errors { name: [text] }.
// States: waiting · held (somebody changes it) · refused · sent: then nothing is left but id, address, state, at and ref.
self.Kept = (function () {
  'use strict';
  const NAME = 'rapport-reports', DAY = 86400000;
  const REMEMBERED = 7 * DAY; // how long the reference of a report that was sent stays here
  const FIRST = 5000, LONGEST = 300000; // ms until the next try: doubled each time
  const PATIENCE = 60000, SLOWEST = 2; // ms for an answer, and bytes a ms that a line must carry at least
  const channel = self.BroadcastChannel ? new BroadcastChannel(NAME) : null;
  let opened = null, sending = null, listener = function () {};
  if (channel) channel.onmessage = function () { listener(); };

  function open() {
    opened = opened || new Promise(function (resolve, reject) {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = function () { asked.result.createObjectStore('reports', { keyPath: 'id' }); };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = function () { opened = null; reject(asked.error); };
    });
    return opened;
  }

  // Everything that `work` does is done, on disk, or nothing is.
  function within(mode, work) {
    return open().then(function (database) {
      return new Promise(function (resolve, reject) {
        const transaction = database.transaction('reports', mode, { durability: 'strict' });
        transaction.oncomplete = function () { resolve(asked && asked.result); };
        transaction.onabort = transaction.onerror = function () { reject(transaction.error); };
        const asked = work(transaction.objectStore('reports'));
      });
    });
  }

  function writing(work) { return within('readwrite', work).then(function (done) { changed(); return done; }); }
  function changed() { if (channel) channel.postMessage(''); listener(); }

  function all() {
    return within('readonly', function (reports) { return reports.getAll(); })
      .then(function (found) { return found.sort(function (a, b) { return a.at - b.at; }); });
  }

  // Gives a report anew, as `make` has it after it was read in the same transaction.
  function change(id, make) {
    return writing(function (reports) {
      const asked = reports.get(id);
      asked.onsuccess = function () { if (asked.result) make(asked.result, reports); };
    });
  }

  // A report that somebody writes; one that was sent meanwhile stays, and this is another.
  function keep(report) {
    return writing(function (reports) {
      const asked = reports.get(report.id);
      asked.onsuccess = function () {
        const before = asked.result;
        if (before && before.state === 'sent') report.id = newId();
        else if (before) report.version = before.version + 1;
        reports.put(report);
      };
    }).then(function () { return report; });
  }

  function hold(id) { return change(id, function (now, reports) { if (now.state !== 'sent') { now.state = 'held'; reports.put(now); } }); }
  function free(id) {
    return change(id, function (now, reports) { if (now.state !== 'sent') { now.state = 'waiting'; now.next = 0; reports.put(now); } });
  }
  function remove(id) { return writing(function (reports) { reports.delete(id); }); }
  function removeAll() { return writing(function (reports) { reports.clear(); }); }

  function newId() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) { return byte.toString(16).padStart(2, '0'); }).join('');
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  // Gives { state: sent, ref, address } · { state: other, ref }: an earlier version had come · { state: refused, problem,
  // errors } · { state: waiting, wait, line }. What does not answer as our server does is no line: a hotel's page, a proxy.
  function deliver(report) {
    const body = new FormData(), stop = new AbortController();
    report.fields.forEach(function (field) { body.append(field[0], field[1]); });
    body.set('form_id', report.id);
    let size = 0;
    report.files.forEach(function (file) { size += file.bytes.byteLength; body.append('files', new Blob([file.bytes], { type: file.type }), file.name); });
    const timer = setTimeout(function () { stop.abort(); }, PATIENCE + size / SLOWEST);
    const asking = { method: 'POST', body: body, headers: { Accept: 'application/json' }, redirect: 'error', cache: 'no-store', signal: stop.signal };
    return fetch(report.address, asking).then(function (answer) {
      const status = answer.status;
      return answer.json().catch(function () { return {}; }).then(function (said) {
        if (said.ref && (status === 200 || status === 409)) return { state: status === 200 ? 'sent' : 'other', ref: said.ref, address: said.address };
        if (status === 413 || (said.errors && status < 500 && status !== 429)) return { state: 'refused', problem: said.problem || '', errors: said.errors || {} };
        return { state: 'waiting', wait: 1000 * Number(answer.headers.get('Retry-After')) || 0, line: Boolean(said.errors) };
      });
    }).catch(function () { return { state: 'waiting', wait: 0, line: false }; })
      .then(function (outcome) { clearTimeout(timer); return outcome; });
  }

  // Sends one and writes down what came of it.
  function send(report) {
    return deliver(report).then(function (outcome) {
      return change(report.id, function (now, reports) {
        if (now.state === 'sent') return;
        const same = now.version === report.version, sent = { id: now.id, address: now.address, state: 'sent', at: Date.now(), ref: outcome.ref };
        if (outcome.state === 'sent' && same) reports.put(sent);
        else if (outcome.state === 'sent' || (outcome.state === 'other' && now.state !== 'held')) {
          // What was changed after an earlier version had left is a report of its own.
          reports.put(sent);
          reports.put(Object.assign(now, { id: newId(), tries: 0, next: 0 }));
        } else if (outcome.state === 'refused' && same) {
          reports.put(Object.assign(now, { state: now.state === 'held' ? 'held' : 'refused', problem: outcome.problem, errors: outcome.errors }));
        } else if (outcome.state === 'waiting') {
          const pause = Math.min(LONGEST, FIRST * Math.pow(2, now.tries)) * (0.8 + 0.4 * Math.random());
          reports.put(Object.assign(now, { tries: Math.min(now.tries + 1, 20), next: Date.now() + Math.max(pause, outcome.wait) }));
        }
      }).then(function () { return outcome; });
    });
  }

  // Sends what waits: what is due, or everything at once. Gives how many still wait.
  function sendAll(everything) {
    const one = function () { return each(everything); };
    sending = sending || Promise.resolve(navigator.locks ? navigator.locks.request(NAME, { ifAvailable: true }, function (lock) { return lock && one(); }) : one())
      .then(function () { sending = null; return all(); }, function (error) { sending = null; throw error; })
      .then(function (found) { return found.filter(function (report) { return report.state === 'waiting'; }).length; });
    return sending;
  }

  async function each(everything) {
    for (const report of await all()) {
      if (report.state === 'sent' && report.at < Date.now() - REMEMBERED) await remove(report.id);
      if (report.state !== 'waiting' || (!everything && report.next > Date.now())) continue;
      const outcome = await send(report);
      if (outcome.state === 'waiting' && !outcome.line) return;
      if (outcome.state === 'other') everything = true;
    }
  }

  return {
    all: all, keep: keep, hold: hold, free: free, remove: remove, removeAll: removeAll, newId: newId,
    deliver: deliver, send: send, sendAll: sendAll,
    onchange: function (told) { listener = told; },
  };
}());
