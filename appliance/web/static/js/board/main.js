// The board's only wiring: the data, the link, what is drawn, in start order.
import { loadIcons, readJson } from "../core/dom.js";
import { closeSheet, sheet } from "../core/sheet.js";
import { loadStrings } from "../core/text.js";
import { Bar } from "./bar.js";
import { Gestures } from "./gestures.js";
import { Heading } from "./heading.js";
import { wireKeys } from "./keys.js";
import { Live } from "./live.js";
import { drawNotices } from "./notices.js";
import { ReceiptLine } from "./receipt.js";
import { AppsSheet } from "./sheets/apps.js";
import { AsksSheet } from "./sheets/asks.js";
import { DeviceSheet } from "./sheets/device.js";
import { DisplaySheet } from "./sheets/display.js";
import { FindSheet } from "./sheets/find.js";
import { GiveSheet } from "./sheets/give.js";
import { OpenSheet } from "./sheets/open.js";
import { SaySheet } from "./sheets/say.js";
import { WelcomeSheet } from "./sheets/welcome.js";
import { isPupils } from "./rules.js";
import { Board } from "./state.js";
import { Tiles } from "./tiles.js";
import { countDevices, deviceName } from "./words.js";

loadStrings();
await loadIcons();
const board = new Board(readJson("snapshot"));
const live = new Live(board);
const gestures = new Gestures(board, () => live.refresh());

/** Who a sheet speaks of. @param {string[]|null} devices */
function whom(devices) {
  const tiles = board.meant(devices);
  return tiles.length === 1 ? deviceName(tiles[0]) : countDevices(tiles);
}

/** From one tablet's sheet to another sheet: the first gives its place. @param {{open: (devices: string[]|null, whom: string) => void}} target */
function opening(target) {
  return (/** @type {string[]|null} */ devices) => {
    if (sheet("tile-sheet").open) closeSheet("tile-sheet");
    target.open(devices, whom(devices));
  };
}

const device = new DeviceSheet(board, gestures);
const open = opening(new OpenSheet(board, gestures));
const give = opening(new GiveSheet(board, gestures));
const display = new DisplaySheet(board, { open, give }, (id) => device.open(id));
const welcome = new WelcomeSheet(board, (id) => device.open(id));

/** A class screen is driven, a pupil's device is looked at. @param {string} id */
function openTile(id) {
  const tile = board.tiles.get(id);
  if (tile && !isPupils(tile)) display.open([id]);
  else device.open(id);
}

const tiles = new Tiles(board, openTile);
const bar = new Bar(board, gestures, {
  open,
  give,
  display: () => display.open(null),
  say: opening(new SaySheet(gestures)),
  find: opening(new FindSheet(board, gestures)),
  apps: opening(new AppsSheet(board, gestures)),
});
bar.listenTo(sheet("tile-sheet"), () => device.devices());
const asks = new AsksSheet(board);
const heading = new Heading(board, (id) => tiles.focus(id), () => live.end());
const receipt = new ReceiptLine(board, gestures, (id) => device.open(id));

function draw() {
  drawNotices(board);
  heading.draw();
  tiles.draw();
  bar.draw();
  receipt.draw();
  device.draw();
  display.draw();
  welcome.draw();
  asks.draw();
}

board.listen(draw);
wireKeys(board);
draw();
live.start();
setInterval(() => { heading.tick(); receipt.tick(); }, 1000);
setInterval(() => { tiles.draw(); device.draw(); }, 30_000);
