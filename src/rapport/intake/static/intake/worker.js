// Shows the form when no server answers, and sends what is kept when the line is back, even if no page is open.
// Before this stands APP: { version, form, shell, files, queue }. Nothing else is ever kept.
importScripts(APP.queue);
const PREFIX = 'rapport-form ' + APP.form + ' ', HERE = PREFIX + APP.version;
const PATIENCE = 8000; // ms until a line that does not answer counts as none
const GATEWAY = [502, 503, 504]; // what a proxy answers for a server that is away

addEventListener('install', (event) => {
  const fresh = new Request(APP.shell, { cache: 'reload' });
  event.waitUntil(caches.open(HERE).then((cache) => cache.addAll([fresh, ...APP.files])).then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  const old = (name) => name.startsWith(PREFIX) && name !== HERE;
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
    .then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  const { request } = event, path = new URL(request.url).pathname;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  if (request.mode === 'navigate' && path.startsWith(APP.form)) event.respondWith(page(request));
  else if (APP.files.includes(path)) event.respondWith(kept(path).then((found) => found || fetch(request)));
});

addEventListener('sync', (event) => {
  // A promise that fails makes the browser try again later.
  if (event.tag === 'reports') event.waitUntil(Kept.sendAll(true).then((left) => { if (left) throw new Error('no line'); }));
});

async function page(request) {
  const away = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fetch(request).catch(() => undefined), away]);
  if (answer && !GATEWAY.includes(answer.status)) return answer;
  return (await kept(APP.shell)) || answer || Response.error();
}

function kept(path) { return caches.open(HERE).then((cache) => cache.match(path)); }
