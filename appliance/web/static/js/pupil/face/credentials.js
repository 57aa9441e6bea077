// What is asked of the appliance in the device's own name, and how the device is called for short.
/** @import {Identity} from "../identity.js" */

/** As HTTP Basic wants them. @param {Identity} identity */
export function credentials(identity) {
  return `Basic ${btoa(`${identity.id}:${identity.password}`)}`;
}

/** "07" of "Tablette 07"; the whole name where it ends in no number. @param {string} name */
export function numberOf(name) {
  return /(\d+)\s*$/.exec(name)?.[1] ?? name;
}
