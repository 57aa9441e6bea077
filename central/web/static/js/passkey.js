// Passkeys: a question from the server, the device's answer, and on. Buttons appear where the browser knows how.

/** @param {string} text */
function bytesOf(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (sign) => sign.charCodeAt(0));
}

/** @param {ArrayBuffer|null|undefined} buffer */
function textOf(buffer) {
  if (!buffer) return null;
  const signs = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(signs).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {string} url @param {object} body */
async function send(url, body) {
  const token = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="csrf-token"]')).content;
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error?.text ?? "");
  return told;
}

/** @param {any} options */
function readable(options) {
  const found = { ...options, challenge: bytesOf(options.challenge) };
  if (options.user) found.user = { ...options.user, id: bytesOf(options.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (options[name]) found[name] = options[name].map((/** @type {any} */ one) => ({ ...one, id: bytesOf(one.id) }));
  }
  return found;
}

/** @param {any} credential */
function writable(credential) {
  const { response } = credential;
  /** @type {Record<string, any>} */
  const told = { clientDataJSON: textOf(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (name in response) told[name] = textOf(response[name]);
  }
  return {
    id: credential.id,
    rawId: textOf(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: told,
  };
}

/** @param {HTMLElement} part */
async function run(part) {
  const { passkey, question, answer, next } = part.dataset;
  const publicKey = readable(await send(question ?? "", {}));
  const credential = passkey === "make"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  const name = /** @type {HTMLInputElement|null} */ (part.querySelector("[data-passkey-name]"))?.value;
  const told = await send(answer ?? "", { credential: writable(credential), name, next });
  location.assign(told.next);
}

/** @param {HTMLElement} part */
function wire(part) {
  part.hidden = false;
  const button = /** @type {HTMLButtonElement} */ (part.querySelector("[data-passkey-button]"));
  const error = /** @type {HTMLElement} */ (part.querySelector("[data-passkey-error]"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    error.hidden = true;
    try {
      await run(part);
    } catch (problem) {
      // What the browser says is in its own words; what the server says is for people.
      const ours = problem instanceof DOMException ? "" : /** @type {Error} */ (problem).message;
      /** @type {HTMLElement} */ (error.querySelector("span")).textContent = ours || (error.dataset.refused ?? "");
      error.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-passkey]").forEach((part) => wire(/** @type {HTMLElement} */ (part)));
}
