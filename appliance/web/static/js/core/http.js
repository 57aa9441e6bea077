// Requests to the appliance. Every failure is an AskError whose text can be shown as it is.
import { say } from "./text.js";

export class AskError extends Error {
  /** @param {string} text @param {number} status 0: no answer at all @param {string} code */
  constructor(text, status, code) {
    super(text);
    this.status = status;
    this.code = code;
  }

  /** Nothing of the appliance answered. */
  get isUnreachable() {
    return this.status === 0 || (this.code === "unknown" && this.status >= 502 && this.status <= 504);
  }

  /** Trying again at once, with the same id, can help. */
  get canPass() {
    return this.isUnreachable || (this.status === 503 && this.code !== "disk_full");
  }

  /** The session of the person who looks has ended. */
  get isSignedOut() {
    return this.status === 401;
  }
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}

/** @param {number} status @param {any} body @returns {AskError} */
function refused(status, body) {
  const error = body?.error ?? {};
  return new AskError(error.text ?? say("error_unknown", { code: status }), status, error.code ?? "unknown");
}

/** A page instead of data: the appliance sent us to the sign-in. @param {Response} response */
async function readBody(response) {
  const type = response.headers.get("content-type") ?? "";
  if (response.redirected && !type.includes("json")) throw new AskError(say("signed_out_title"), 401, "signed_out");
  if (response.status === 204) return null;
  return type.includes("json") ? response.json() : null;
}

/**
 * @param {string} method @param {string} path @param {unknown} [body] @param {number} [timeout] milliseconds
 * @returns {Promise<any>}
 */
export async function ask(method, path, body, timeout = 8000) {
  /** @type {Record<string, string>} */ const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let answer;
  try {
    response = await fetch(path, { method, headers, cache: "no-store", signal: AbortSignal.timeout(timeout),
      body: body === undefined ? undefined : JSON.stringify(body) });
    answer = await readBody(response);
  } catch (problem) {
    if (problem instanceof AskError) throw problem;
    throw new AskError(say("error_network"), 0, "unreachable");
  }
  if (!response.ok) throw refused(response.status, answer);
  return answer;
}

/**
 * Sends one file; fetch tells nothing of the progress, XMLHttpRequest does.
 * @param {string} path @param {File} file @param {(share: number) => void} onProgress @returns {Promise<any>}
 */
export function upload(path, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-CSRF-Token", csrfToken());
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = request.onabort = () => reject(new AskError(say("error_network"), 0, "unreachable"));
    request.onload = () => {
      if (request.status >= 200 && request.status < 300 && request.response) resolve(request.response);
      else reject(refused(request.status, request.response));
    };
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}
