// A PDF, page by page: only what is seen is drawn, so that a large one fits a small tablet. pdf.js is fetched when the first comes.
/** @import {Face} from "./types.js" */
/** @import {Given} from "./shelf.js" */
/** @import {Source} from "./players.js" */
import { byId, make, setText } from "../../core/dom.js";
import { say } from "../../core/text.js";
import { CANNOT_SHOW, CannotDo } from "./cannot.js";
import { addressOf } from "./fetching.js";
import { credentials } from "./credentials.js";

const LIBRARY = new URL("../../../vendor/pdf.min.mjs", import.meta.url).href;
const WORKER = new URL("../../../vendor/pdf.worker.min.mjs", import.meta.url).href;
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const MOST_PIXELS = 4_000_000; // of one page's canvas: a tablet of 1 GB has little more
const RANGE_BYTES = 256 * 1024;
const MOST_TO_OPEN = 16 * 1024 * 1024;

/** One for all documents that are held, as long as the page is open: without the box no new worker can be had. @type {any} */
let reader = null;

/** @param {any} pdf */
function readerOfHeld(pdf) {
  if (reader) return reader;
  reader = new pdf.PDFWorker();
  reader.promise.catch(() => { reader = null; });
  return reader;
}

/** @param {Face} face @param {Given} given @param {Source} source @param {HTMLElement} body @param {AbortSignal} signal */
export async function showPages(face, given, source, body, signal) {
  const pdf = await import(LIBRARY);
  pdf.GlobalWorkerOptions.workerSrc = WORKER;
  const how = { isEvalSupported: false, useWasm: false, disableAutoFetch: true, disableStream: true, rangeChunkSize: RANGE_BYTES };
  const what = source.blob ? { data: new Uint8Array(await source.blob.arrayBuffer()), worker: readerOfHeld(pdf) }
    : { url: addressOf(given.key), httpHeaders: { Authorization: credentials(face.identity) } };
  const task = pdf.getDocument({ ...how, ...what });
  signal.addEventListener("abort", () => void task.destroy().catch(() => undefined), { once: true });
  await new Book(await opened(task, source), body, signal).open();
}

/**
 * A file whose index is broken would be read whole to find its pages: one that is streamed is too large for that.
 * @param {any} task @param {Source} source @returns {Promise<any>}
 */
function opened(task, source) {
  return new Promise((resolve, reject) => {
    task.onProgress = (/** @type {{loaded: number}} */ { loaded }) => {
      if (!source.url || loaded <= MOST_TO_OPEN) return;
      task.onProgress = null;
      reject(new CannotDo(CANNOT_SHOW));
      void task.destroy().catch(() => undefined);
    };
    task.promise.then(resolve, reject).finally(() => { task.onProgress = null; });
  });
}

class Book {
  /** @param {any} pdf @param {HTMLElement} body @param {AbortSignal} signal */
  constructor(pdf, body, signal) {
    this.pdf = pdf;
    this.signal = signal;
    this.zoom = 1;
    this.frame = make("div", { class: "pages", tabindex: "0", role: "group", "aria-label": say("pages", { n: pdf.numPages }) });
    /** @type {{element: HTMLElement, page: any, task: any, ratio: number}[]} */ this.sheets = [];
    body.replaceChildren(this.frame);
  }

  async open() {
    const first = await this.pdf.getPage(1);
    const { width, height } = first.getViewport({ scale: 1 });
    for (let number = 1; number <= this.pdf.numPages; number += 1) {
      const element = make("div", { class: "page-sheet", "data-page": String(number), role: "img",
        "aria-label": say("page_of", { n: number, all: this.pdf.numPages }) });
      this.sheets.push({ element, page: null, task: null, ratio: height / width });
    }
    this.frame.append(...this.sheets.map((sheet) => sheet.element));
    this.lay();
    this.wire();
    await this.draw(0);
    this.sheets.forEach((sheet) => this.seen?.observe(sheet.element));
  }

  wire() {
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const place = Number(/** @type {HTMLElement} */ (target).dataset.page) - 1;
        if (isIntersecting) void this.draw(place).catch(() => undefined);
        else this.drop(place);
      }
    }, { root: this.frame, rootMargin: "60% 0px" });
    const size = new ResizeObserver(() => this.lay());
    size.observe(this.frame);
    const options = { signal: this.signal };
    byId("zoom-in").addEventListener("click", () => this.step(1), options);
    byId("zoom-out").addEventListener("click", () => this.step(-1), options);
    this.frame.addEventListener("keydown", (event) => this.press(event), options);
    byId("viewer-tools").hidden = false;
    this.signal.addEventListener("abort", () => {
      this.seen?.disconnect();
      size.disconnect();
      byId("viewer-tools").hidden = true;
    }, { once: true });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const step = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (step && !event.ctrlKey && !event.metaKey) this.step(step);
    if (event.key === "Home") this.frame.scrollTo({ top: 0 });
    if (event.key === "End") this.frame.scrollTo({ top: this.frame.scrollHeight });
  }

  /** @param {number} by */
  step(by) {
    const place = ZOOMS.indexOf(this.zoom) + by;
    this.zoom = ZOOMS[Math.min(Math.max(place, 0), ZOOMS.length - 1)];
    const share = this.frame.scrollTop / Math.max(this.frame.scrollHeight, 1);
    this.lay();
    this.frame.scrollTop = share * this.frame.scrollHeight;
  }

  /** Gives every page its place, in the width there is; what was drawn at another size is drawn again. */
  lay() {
    const width = Math.floor(Math.min(this.frame.clientWidth - 24, 1100) * this.zoom);
    if (width <= 0) return;
    setText(byId("zoom-text"), say("zoom", { n: Math.round(this.zoom * 100) }));
    if (width === this.width) return;
    this.width = width;
    this.sheets.forEach((sheet, place) => {
      sheet.element.style.width = `${width}px`;
      sheet.element.style.height = `${Math.round(width * sheet.ratio)}px`;
      if (sheet.element.firstChild) void this.draw(place, true).catch(() => undefined);
    });
  }

  /** @param {number} place @param {boolean} [anew] */
  async draw(place, anew = false) {
    const sheet = this.sheets[place];
    if (sheet.task && !anew) return;
    sheet.task?.cancel?.();
    sheet.task = {};
    sheet.page ??= await this.pdf.getPage(place + 1);
    const plain = sheet.page.getViewport({ scale: 1 });
    this.fit(sheet, plain.height / plain.width);
    const wanted = (this.width ?? plain.width) * Math.min(devicePixelRatio || 1, 2);
    const most = Math.sqrt(MOST_PIXELS / sheet.ratio);
    const viewport = sheet.page.getViewport({ scale: Math.min(wanted, most) / plain.width });
    const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", { width: String(Math.floor(viewport.width)), height: String(Math.floor(viewport.height)) }));
    sheet.task = sheet.page.render({ canvas, viewport });
    await sheet.task.promise;
    sheet.element.replaceChildren(canvas);
  }

  /** A page that is not like the first. @param {{element: HTMLElement, ratio: number}} sheet @param {number} ratio */
  fit(sheet, ratio) {
    if (Math.abs(sheet.ratio - ratio) < 0.01) return;
    sheet.ratio = ratio;
    sheet.element.style.height = `${Math.round((this.width ?? 0) * ratio)}px`;
  }

  /** @param {number} place */
  drop(place) {
    const sheet = this.sheets[place];
    sheet.task?.cancel?.();
    sheet.page?.cleanup();
    Object.assign(sheet, { task: null, page: null });
    sheet.element.replaceChildren();
  }
}
