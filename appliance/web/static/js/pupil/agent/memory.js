// What a device remembers over a reload, in IndexedDB `preau-{id}`. Where the browser refuses one, nothing is
// remembered: the agent goes on with what it holds, and says so in its reports. It decides nothing.
/** @import {Entry, Kept, UsageRecord} from "./types.js" */

const PATIENCE_MS = 4_000;

/** @param {IDBOpenDBRequest} opening @returns {Promise<IDBDatabase>} */
function opened(opening) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("IndexedDB does not answer")), PATIENCE_MS);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("facts");
      opening.result.createObjectStore("commands", { keyPath: "id" });
      opening.result.createObjectStore("usage", { keyPath: ["boot", "seq"] });
    };
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function finished(transaction) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer")), PATIENCE_MS); // a disk that hangs must not hang the lesson
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

export class Memory {
  /** @param {IDBDatabase|null} database */
  constructor(database) {
    this.database = database;
    /** @type {string|null} why nothing is remembered at present */ this.problem = database ? null : "no storage";
  }

  /** @param {string} deviceId @returns {Promise<Memory>} */
  static async open(deviceId) {
    try {
      return new Memory(await opened(indexedDB.open(`preau-${deviceId}`, 1)));
    } catch {
      return new Memory(null);
    }
  }

  /** @returns {Promise<Kept>} */
  async load() {
    /** @type {Kept} */ const kept = { facts: {}, commands: [], usage: [] };
    await this.work((transaction) => {
      const cursor = transaction.objectStore("facts").openCursor();
      cursor.onsuccess = () => {
        if (!cursor.result) return;
        kept.facts[String(cursor.result.key)] = cursor.result.value;
        cursor.result.continue();
      };
      for (const name of /** @type {const} */ (["commands", "usage"])) {
        const all = transaction.objectStore(name).getAll();
        all.onsuccess = () => { kept[name] = all.result; };
      }
    }, "readonly");
    return kept;
  }

  /** @param {string} name @param {unknown} value */
  keepFact(name, value) {
    return this.work((transaction) => void transaction.objectStore("facts").put(value, name));
  }

  /**
   * Written down when this is done, once for all tabs of this device: what a command does must not happen twice.
   * @param {Entry} entry @returns {Promise<Entry|null>} what another tab wrote of it before
   */
  async claimCommand(entry) {
    /** @type {Entry|null} */ let other = null;
    await this.work((transaction) => {
      const store = transaction.objectStore("commands");
      const known = store.get(entry.id);
      known.onsuccess = () => {
        other = known.result ?? null;
        if (!other) store.put(structuredClone(entry));
      };
    });
    return other;
  }

  /** @param {Entry} entry */
  keepCommand(entry) {
    return this.work((transaction) => void transaction.objectStore("commands").put(structuredClone(entry)));
  }

  /** @param {string[]} ids */
  async dropCommands(ids) {
    if (ids.length) await this.work((transaction) => ids.forEach((id) => transaction.objectStore("commands").delete(id)));
  }

  /** @param {UsageRecord[]} records */
  async keepUsage(records) {
    if (records.length) await this.work((transaction) => records.forEach((one) => transaction.objectStore("usage").put(one)));
  }

  /** @param {UsageRecord[]} records */
  async dropUsage(records) {
    if (!records.length) return;
    await this.work((transaction) => records.forEach((one) => transaction.objectStore("usage").delete([one.boot, one.seq])));
  }

  close() {
    this.database?.close();
    this.database = null;
  }

  /** @param {(transaction: IDBTransaction) => void} act @param {IDBTransactionMode} [mode] */
  async work(act, mode = "readwrite") {
    if (!this.database) return;
    try {
      const transaction = this.database.transaction(["facts", "commands", "usage"], mode);
      act(transaction);
      await finished(transaction);
      this.problem = null;
    } catch (problem) {
      this.problem = problem instanceof DOMException ? problem.name : "no storage";
    }
  }
}
