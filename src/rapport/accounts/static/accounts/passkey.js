// Passkeys: the browser makes one, or shows one that it has, and a form carries what it said.
// <form data-passkey="create|get|fetch" hidden> with a hidden field "credential"; options for the browser stand in
// #passkey-options, or are fetched from the form's address ("fetch"). Without script the form stays hidden.
"use strict";
(() => {
  const works = globalThis.webauthnJSON && webauthnJSON.supported();
  const words = {
    NotAllowedError: "Nothing came from the device, or you stopped it. Try again.",
    InvalidStateError: "This device has a passkey for you already.",
    SecurityError: "This address is not the one that passkeys are made for here. Open the page by its usual address.",
  };

  async function options(form, kind) {
    if (kind !== "fetch") return JSON.parse(document.getElementById("passkey-options").textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
    return answer.json();
  }

  async function make(form, given) {
    const wanted = given.creation_options;
    const alone = form.elements.passwordless.checked;
    Object.assign(wanted.publicKey.authenticatorSelection,
      { residentKey: alone ? "required" : "discouraged", requireResidentKey: alone },
      alone ? { userVerification: "required" } : {});
    return webauthnJSON.create(wanted);
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const kind = form.dataset.passkey;
    const error = form.querySelector("[data-passkey-error]");
    const button = form.querySelector("button");
    form.hidden = !works;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      error.hidden = true;
      button.disabled = true;
      try {
        const given = await options(form, kind);
        const said = kind === "create" ? await make(form, given) : await webauthnJSON.get(given.request_options);
        form.elements.credential.value = JSON.stringify(said);
        form.submit();
      } catch (reason) {
        error.textContent = words[reason.name] || "That did not work. Reload the page and try again.";
        error.hidden = false;
        button.disabled = false;
      }
    });
  }
  for (const note of document.querySelectorAll("[data-no-passkeys]")) note.hidden = Boolean(works);
})();
