// Shapes that the face's modules share; no code.

/** @import {Identity} from "../identity.js" */
/** @typedef {{lock: {message: string}|null, sound: string, camera: string, internet: string, apps: string[]|null}} Restrictions */
/**
 * @typedef {object} State what the agent says, whole
 * @property {"connecting"|"online"|"offline"|"elsewhere"|"refused"} connection
 * @property {string} name
 * @property {string} kind
 * @property {number} now_offset milliseconds, the hub's time minus this device's
 * @property {{id: string, teacher: string}|null} lesson
 * @property {Restrictions} restrictions
 * @property {string|null} until
 * @property {{show: string, text?: string, label?: string, ends_at?: string}|null} display
 * @property {boolean} hand
 * @property {number} version
 */
/** @typedef {{id: string, type: string, args: Record<string, any>, from_lesson?: boolean}} Command */
/**
 * @typedef {object} Face what every module is given
 * @property {Identity} identity
 * @property {State|null} state null until the agent has spoken
 * @property {State|null} before the state before this one
 * @property {number|null} endedAt when the lesson ended, by this device's clock
 * @property {boolean} hasLeft a guest that went
 * @property {boolean} isForgotten nothing of this device is in the browser any more
 * @property {(message: object) => void} send to the agent
 * @property {() => void} draw everything again
 * @property {((face: Face, scene: string) => void)|undefined} drawDisplay of a screen only
 */
export {};
