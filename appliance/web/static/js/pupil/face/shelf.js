// What the teacher gave in this lesson, kept in the browser until it ends: the list, and the files up to a size.
// A browser that keeps nothing still has it in memory.
/** @import {Face} from "./types.js" */
import { CannotDo, NO_SPACE } from "./cannot.js";

/** @typedef {{key: string, kind: "link"|"document", name: string, mime: string, size: number}} Given */
/** @typedef {Given & {lesson: string, at: number, order: number}} Kept */

const NAME = "preau-shelf";
const THINGS = "things";
const FILES = "files";

/** @type {Map<string, Kept>} */ const things = new Map();
/** @type {Map<string, Blob>} */ const files = new Map();
/** @type {Promise<IDBDatabase|null>|null} */ let opened = null;
let isRead = false;

function database() {
  opened ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(THINGS, { keyPath: "key" });
        request.result.createObjectStore(FILES);
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = request.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opened;
}

/**
 * @param {string} store @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} act
 * @returns {Promise<any>} undefined where nothing is kept
 */
async function within(store, mode, act) {
  const base = await database();
  if (!base) return undefined;
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(store, mode);
    const request = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
  });
}

/** Once, at the page's start. */
export async function readShelf() {
  const kept = await within(THINGS, "readonly", (store) => store.getAll()).catch(() => []);
  for (const one of kept ?? []) if (!things.has(one.key)) things.set(one.key, one);
  isRead = true;
}

export function isShelfRead() {
  return isRead;
}

/** The newest first. @returns {Kept[]} */
export function thingsGiven() {
  return [...things.values()].sort((one, other) => other.order - one.order);
}

/** @param {Face} face @param {Given} given */
export async function keepThing(face, given) {
  const order = Math.max(0, ...[...things.values()].map((one) => one.order)) + 1;
  const kept = { ...given, lesson: face.state?.lesson?.id ?? "", at: Date.now(), order };
  things.set(kept.key, kept);
  await within(THINGS, "readwrite", (store) => store.put(kept)).catch(() => undefined);
}

/** @param {string} key @returns {Promise<Blob|undefined>} */
export async function fileOf(key) {
  return files.get(key) ?? within(FILES, "readonly", (store) => store.get(key)).catch(() => undefined);
}

/** @param {string} key @param {Blob} blob */
export async function keepFile(key, blob) {
  try {
    if (await database()) await within(FILES, "readwrite", (store) => store.put(blob, key));
    else files.set(key, blob);
  } catch (problem) {
    if (/** @type {DOMException} */ (problem)?.name === "QuotaExceededError") throw new CannotDo(NO_SPACE);
    files.set(key, blob); // such a browser keeps no files: for as long as the page is open, then
  }
}

/** All of it, at once. */
export async function forgetShelf() {
  things.clear();
  files.clear();
  for (const store of [THINGS, FILES]) await within(store, "readwrite", (all) => all.clear()).catch(() => undefined);
}

/** What belongs to another lesson goes. @param {string} lesson "" when there is none */
export async function clearOthers(lesson) {
  if (!isRead) return;
  const gone = [...things.values()].filter((one) => one.lesson !== lesson && !(one.lesson === "" && lesson !== ""));
  for (const one of things.values()) if (one.lesson === "") one.lesson = lesson;
  if (!gone.length) return;
  for (const { key } of gone) {
    things.delete(key);
    files.delete(key);
    await within(THINGS, "readwrite", (store) => store.delete(key)).catch(() => undefined);
    await within(FILES, "readwrite", (store) => store.delete(key)).catch(() => undefined);
  }
}
