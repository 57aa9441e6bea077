// A link that is over, opened by a device that came in by it: a kiosk opens the same address at each start, for years.
import { isStillKnown } from "./known.js";

if (await isStillKnown()) location.replace("/pupil");
