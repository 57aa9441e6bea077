// Names that the appliance gave, said in the page's language. The store keeps them as they were given, in French.
import { say } from "./text.js";

const GUEST = /^Invité (\d+)$/;

/** "Guest 1" on an English page; any other name as it is. @param {string} name */
export function nameWords(name) {
  const number = GUEST.exec(name)?.[1];
  return number ? say("guest", { number }) : name;
}
