// What the browser tells of the device: battery, whether the page is seen, the way back, a screen that should stay on.
/** @import {Face} from "./types.js" */
import { closeViewer, onShown, OWN_APP, shown } from "./viewer.js";
import { uppermost } from "./layers.js";

const BATTERY_MS = 60_000;
const AWAKE_MS = 5000;

/** @param {Face} face */
export function wireSenses(face) {
  wireFront(face);
  wireBack();
  wireWake(face);
  void wireBattery(face);
}

/** @param {Face} face */
function wireFront(face) {
  const tell = () => face.send({ type: "front", app: document.hidden ? null : (shown()?.app ?? OWN_APP) });
  onShown(tell);
  document.addEventListener("visibilitychange", tell);
  addEventListener("online", () => dispatchEvent(new Event("preau:again")));
  tell();
}

/** "Back" closes what was opened, and leaves nothing else: a child must not fall out of the lesson. */
function wireBack() {
  history.pushState({ preau: true }, "");
  addEventListener("popstate", () => {
    history.pushState({ preau: true }, "");
    if (uppermost() === "viewer") closeViewer();
  });
}

/** @param {Face} face */
function wireWake(face) {
  if (!("wakeLock" in navigator)) return; // only https, and not every browser
  /** @type {WakeLockSentinel|null} */ let held = null;
  setInterval(async () => {
    const isWanted = !document.hidden && face.state?.lesson != null;
    if (isWanted && (held === null || held.released)) held = await navigator.wakeLock.request("screen").catch(() => null);
    if (!isWanted && held && !held.released) await held.release();
  }, AWAKE_MS);
}

/** @param {Face} face */
async function wireBattery(face) {
  const kiosk = /** @type {any} */ (globalThis).WebviewKioskBatteryInterface;
  if (kiosk?.getBatteryStatus) {
    const tell = () => tellKiosk(face, kiosk);
    setInterval(tell, BATTERY_MS);
    return tell();
  }
  const battery = await /** @type {any} */ (navigator).getBattery?.().catch(() => null);
  if (!battery) return;
  const tell = () => face.send({ type: "battery", level: Math.round(battery.level * 100), charging: battery.charging });
  for (const event of ["levelchange", "chargingchange"]) battery.addEventListener(event, tell);
  tell();
}

/** What Webview Kiosk says of the tablet it runs on. @param {Face} face @param {any} kiosk */
function tellKiosk(face, kiosk) {
  try {
    const status = JSON.parse(String(kiosk.getBatteryStatus()));
    const level = Number(status.percentage ?? status.level);
    if (Number.isFinite(level)) face.send({ type: "battery", level: Math.round(level), charging: Boolean(status.charging) });
  } catch {
    // Another version of it: no battery is told.
  }
}
