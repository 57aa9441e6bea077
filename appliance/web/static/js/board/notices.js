// What the page must say of itself: the appliance is lost, too many look, signed out, the lesson is over.
/** @import {Board} from "./state.js" */
import { byId, icon, make, redraw } from "../core/dom.js";
import { clock, say } from "../core/text.js";

/** @type {Record<string, {name: string, kind: string, drawing: string, action?: {href: string, label: string}}>} */
const NOTICES = {
  lost: { name: "lost", kind: "problem", drawing: "unplug" },
  busy: { name: "busy", kind: "notice", drawing: "users" },
  signed_out: { name: "signed_out", kind: "problem", drawing: "key-round", action: { href: "", label: "sign_in" } },
  over: { name: "over", kind: "good", drawing: "circle-check", action: { href: "/", label: "over_action" } },
  taken: { name: "taken", kind: "notice", drawing: "users" },
  freeing: { name: "over", kind: "info", drawing: "hourglass", action: { href: "/", label: "over_action" } },
};

const TAKEN_SHOWN_MS = 5 * 60_000;

/** @param {Board} board */
export function drawNotices(board) {
  document.body.dataset.link = board.link;
  const time = clock(new Date(board.freshAt));
  if (board.link === "over") return showEnd(board);
  const notice = NOTICES[board.link];
  if (notice) return show(notice, say(`${notice.name}_title`), say(`${notice.name}_text`, { time }), `${board.link}${time}`);
  const taken = board.taken.find((one) => board.now() - Date.parse(one.at) < TAKEN_SHOWN_MS);
  if (taken) return show(NOTICES.taken, say("taken_title", { name: taken.by }), say("taken_text", { numbers: taken.numbers.join(", "), time: clock(new Date(taken.at)) }), `taken${taken.at}`);
  if (board.lesson.mine) return show(null, "", "", "");
  const watching = { name: "watching", kind: "info", drawing: "eye" };
  return show(watching, say("watching_title", { name: board.lesson.teacher.name }), say("watching_text"), "watching");
}

/** Only what the devices themselves have said: one that is away frees itself, and is not counted before. @param {Board} board */
function showEnd(board) {
  const tiles = [...board.tiles.values()];
  const free = tiles.filter((tile) => tile.applied && tile.presence === "online").length;
  const text = free === tiles.length ? say("over_text") : say("over_waiting", { n: free, all: tiles.length, time: clock(new Date(board.lesson.ends_at)) });
  if (board.lesson.end_reason === "emptied" && board.taken[0]) {
    return show(NOTICES.taken, say("over_title"), say("taken_all", { name: board.taken[0].by }), "taken-all");
  }
  show(free === tiles.length ? NOTICES.over : NOTICES.freeing, say("over_title"), text, `over${free}/${tiles.length}`);
}

/** @param {typeof NOTICES[string]|null} notice @param {string} title @param {string} text @param {string} signature */
function show(notice, title, text, signature) {
  redraw(byId("notices"), signature, () => {
    if (!notice) return [];
    const words = make("div", { class: "banner-text" }, [make("strong", { text: title }), make("span", { text })]);
    const { action } = notice;
    const link = action && make("a", { class: "button", href: action.href || location.href, text: say(action.label) });
    return [make("div", { class: `banner banner-${notice.kind}`, role: notice.kind === "problem" ? "alert" : "status" }, [icon(notice.drawing), words, link])];
  });
}
