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
    transaction.onabort = () => reject(transaction.error); // what fails ends in this one, and only then says why
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
    await this.work(["facts", "commands", "usage"], "readonly", (transaction) => {
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
    });
    return kept;
  }

  /** @param {string} name @param {unknown} value */
  keepFact(name, value) {
    return this.write("facts", (store) => store.put(value, name));
  }

  /**
   * Written down when this is done, once for all tabs of this device: what a command does must not happen twice.
   * @param {Entry} entry @returns {Promise<Entry|null>} what another tab wrote of it before
   */
  async claimCommand(entry) {
    // The store refuses a second one by itself: to ask it first would be one more way there and back before anything is seen.
    if (await this.write("commands", (store) => store.add(structuredClone(entry))) !== "ConstraintError") return null;
    /** @type {Entry|null} */ let other = null;
    await this.work(["commands"], "readonly", (transaction) => {
      const known = transaction.objectStore("commands").get(entry.id);
      known.onsuccess = () => { other = known.result ?? null; };
    });
    return other;
  }

  /** @param {Entry} entry */
  keepCommand(entry) {
    return this.write("commands", (store) => store.put(structuredClone(entry)));
  }

  /** @param {string[]} ids */
  async dropCommands(ids) {
    if (ids.length) await this.write("commands", (store) => ids.forEach((id) => store.delete(id)));
  }

  /** @param {UsageRecord[]} records */
  async keepUsage(records) {
    if (records.length) await this.write("usage", (store) => records.forEach((one) => store.put(one)));
  }

  /** @param {UsageRecord[]} records */
  async dropUsage(records) {
    if (records.length) await this.write("usage", (store) => records.forEach((one) => store.delete([one.boot, one.seq])));
  }

  close() {
    this.database?.close();
    this.database = null;
  }

  /** @param {string} name @param {(store: IDBObjectStore) => unknown} act that waits for nothing */
  write(name, act) {
    return this.work([name], "readwrite", (transaction) => {
      act(transaction.objectStore(name));
      transaction.commit?.(); // nothing more comes: older browsers find that out by themselves
    });
  }

  /**
   * @param {string[]} names @param {IDBTransactionMode} mode @param {(transaction: IDBTransaction) => void} act
   * @returns {Promise<string|null>} the name of what went wrong
   */
  async work(names, mode, act) {
    if (!this.database) return null;
    try {
      const transaction = this.database.transaction(names, mode);
      act(transaction);
      await finished(transaction);
      this.problem = null;
    } catch (problem) {
      this.problem = problem instanceof DOMException ? problem.name : "no storage";
    }
    return this.problem;
  }
}
