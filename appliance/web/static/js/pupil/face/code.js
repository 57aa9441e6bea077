// A short code is typed: it opens a token for one use, which is used at once.
import { byId, setText } from "../../core/dom.js";
import { loadStrings, say } from "../../core/text.js";
import { enter, guessKind, sayProblem } from "./enter.js";

const PATIENCE_MS = 15_000;

/** @param {string} code @returns {Promise<{token: string, guest: boolean, kind: string|null}|null>} null when said why not */
async function open(code) {
  const csrf = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
  try {
    const answer = await fetch("/join", { method: "POST", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf }, body: JSON.stringify({ code }) });
    if (answer.ok) return await answer.json();
    if (answer.status === 429) sayProblem({ reason: "wait", status: 429 });
    else setText(byId("join-error"), say("join.bad_code"));
  } catch {
    sayProblem({ reason: "unreachable", status: 0 });
  }
  return null;
}

async function submit() {
  const input = /** @type {HTMLInputElement} */ (byId("code"));
  const button = /** @type {HTMLButtonElement} */ (byId("join-go"));
  const code = input.value.replace(/[\s-]/g, "").toUpperCase();
  if (!code) return input.focus();
  button.disabled = true;
  setText(byId("join-error"), say("join.wait"));
  const opened = await open(code);
  if (opened) await enter({ token: opened.token, guest: Boolean(opened.guest), kind: opened.kind ?? guessKind() });
  button.disabled = false;
  input.select();
}

loadStrings();
byId("code-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});

// A board's QR code carries the code behind the #: it goes into no log, and nobody has to type it.
const [, scanned] = /^#(\d{6})$/.exec(location.hash) ?? [];
if (scanned) {
  /** @type {HTMLInputElement} */ (byId("code")).value = scanned;
  history.replaceState(null, "", location.pathname);
  void submit();
}
