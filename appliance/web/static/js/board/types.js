// The shapes of the board's data, as the appliance sends them. No code.
/**
 * @typedef {"lock"|"sound"|"camera"|"internet"|"apps"} Restriction
 * @typedef {{lock: {message: string}|null, sound: "allowed"|"blocked", camera: "allowed"|"blocked",
 *   internet: "allowed"|"blocked", apps: string[]|null}} Restrictions
 * @typedef {"queued"|"offline"|"sent"|"acknowledged"|"succeeded"|"unconfirmed"|"failed"|"rejected"|"timed_out"|"canceled"|"left"} Status
 * @typedef {"confirmed"|"observed"|"unconfirmed"} Evidence
 * @typedef {{gesture_id: string, status: Status, error: string|null, unsupported: string[], evidence: Evidence|null}} Receipt
 * @typedef {{show: "presence"}|{show: "timer", ends_at: string, label?: string}|{show: "message", text: string}} Display
 * @typedef {{device_id: string, number: string, name: string, pupil: string|null,
 *   kind: "tablet"|"chromebook"|"laptop"|"screen", presence: "online"|"offline"|"never", seen_at: string|null,
 *   battery: {level: number, charging: boolean}|null, app: {package: string, label: string}|null, hand_at: string|null,
 *   guest: boolean, page: boolean, whereabouts: "left_page"|"asleep"|"other_app"|"silent"|"unheld"|null, display: Display|null,
 *   capabilities: string[], restrictions: Restrictions, applied: boolean, unsupported: string[], eyes_up: boolean, receipt: Receipt|null}} Tile
 * @typedef {{device_id: string, number: string, name: string, status: Status, error: string|null, unsupported: string[]}} Problem
 * @typedef {{id: string, kind: string, args: Record<string, any>, at: string, by: string, targets: number,
 *   counts: Partial<Record<Status, number>>, problems: Problem[], evidence?: Partial<Record<Evidence, number>>}} Gesture
 * @typedef {{id: string, title: string, cart: string|null, teacher: {id: string, name: string}, started_at: string,
 *   ends_at: string, ended_at?: string|null, end_reason?: string|null, mine: boolean}} Lesson
 * @typedef {{id: string, kind: "link"|"app"|"document", label: string, value: string}} Favourite
 * @typedef {{package: string, label: string}} App
 * @typedef {{sha256: string, name: string, mime: string, size: number}} Document
 * @typedef {{rev: number, now: string, lesson: Lesson, tiles: Tile[], gesture: Gesture|null, favourites: Favourite[], apps?: App[],
 *   documents: Document[], requests?: Asked[], taken?: Taken[], welcome?: Welcome|null}} Snapshot
 * @typedef {{code: string}} Welcome
 * @typedef {{id: number, by: string, at: string, device_ids: string[]}} Asked
 * @typedef {{by: string, at: string, numbers: string[]}} Taken
 * @typedef {"live"|"polling"|"busy"|"lost"|"signed_out"|"over"} Link
 * @typedef {{id: string, kind: string, args: Record<string, any>, devices: Set<string>, accepted: boolean}} Pending
 * @typedef {{text: string, again: (() => void)|null}} Failure
 */
export {};
