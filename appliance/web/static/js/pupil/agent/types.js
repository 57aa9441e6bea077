// The shapes that the agent's modules share. Types only: no browser loads this file.

/** @typedef {{lock: {message: string}|null, sound: string, camera: string, internet: string, apps: string[]|null}} Restrictions */
/** @typedef {{id: string, teacher: string}} Lesson */
/** @typedef {"connecting"|"online"|"offline"|"elsewhere"|"refused"} Connection */
/** @typedef {{level: number, charging: boolean}} Battery level in percent */
/** @typedef {{wall: number, steady: number}} Reading milliseconds: Date.now() and performance.now() */

/**
 * @typedef {object} Desired
 * @property {number} version
 * @property {Restrictions} restrictions
 * @property {number|null} until milliseconds, the hub's time
 * @property {Lesson|null} lesson
 * @property {string} name
 * @property {object|null} display of a screen
 */

/** @typedef {{id: string, type: string, expiresAt: number, args: Record<string, any>, lesson?: string|null}} Command `lesson`: in which it came */

/**
 * @typedef {object} Entry what is remembered of a command
 * @property {string} id
 * @property {string} status "received" until a final one
 * @property {string|null} error
 * @property {number} seenAt the hub's time
 * @property {boolean} told whether the hub's broker has the final status
 * @property {Command|null} waits a command whose effect is still to come (a document on its way): begun again after a reload
 */

/** @typedef {{boot: string, seq: number, app: string, startedAt: number, seconds: number}} UsageRecord */
/** @typedef {{facts: Record<string, any>, commands: Entry[], usage: UsageRecord[]}} Kept what was remembered */

/** @typedef {{version: number, isOver: boolean, applied: Restrictions, unsupported: string[]}} InForce */

/**
 * @typedef {object} State what the face shows
 * @property {Connection} connection
 * @property {string} name
 * @property {string} kind
 * @property {number} now_offset milliseconds, the hub's time minus the page's own
 * @property {Lesson|null} lesson
 * @property {Restrictions} restrictions as applied
 * @property {string|null} until RFC 3339, while the lease runs
 * @property {object|null} display
 * @property {boolean} hand
 * @property {number} version
 */

/** @typedef {{id: string, name: string, kind: string, serial: string, school: string, password: string, websocket: string, guest: boolean, ahead: number}} Identity */
/** @typedef {{type: string, [name: string]: any}} Message between agent and face */
/** @typedef {{app: string|null, battery: Battery|null}} Scene what the face has told last */
/** @typedef {{hostname: string, port: string, protocol: string}} Place by which the page was reached */
/** @typedef {{emit: (message: Message) => void, location: Place, browser: Navigator}} World */

export {};
