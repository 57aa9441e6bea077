"""A stand-in for the agent: the face alone, told states and commands as docs/decisions/pupil-page.md describes them.

Owns no rule of the agent: it passes on what a test says, and notes what the face answers. Whole lessons with the real
agent are tried elsewhere.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.support.appliance import wait_for

WORKER = "**/js/pupil/agent/worker.js"
_SCRIPT = """
const line = new BroadcastChannel("stand-in");
const heard = [];
line.onmessage = ({ data }) => {
  if (data.ask) line.postMessage({ heard });
  else if (data.say) postMessage(data.say);
};
addEventListener("message", ({ data }) => heard.push(data));
postMessage({ type: "ready" });
"""
_SAY = """(message) => { (window.line ??= new BroadcastChannel("stand-in")).postMessage({ say: message }); }"""
_HEARD = """() => new Promise((resolve) => {
  const line = new BroadcastChannel("stand-in");
  line.onmessage = ({ data }) => { if (data.heard) { line.close(); resolve(data.heard); } };
  line.postMessage({ ask: true });
  setTimeout(() => { line.close(); resolve([]); }, 500);  // the worker has not started yet
})"""
FREE: dict[str, Any] = {"lock": None, "sound": "allowed", "camera": "allowed", "internet": "allowed", "apps": None}
LESSON = {"id": "l-1", "teacher": "Mme Durand"}
UNTIL = "2026-11-23T09:30:00Z"
IDENTITY: dict[str, Any] = {
    "id": "d-7k3m9q2x", "name": "Tablette 07", "kind": "tablet", "serial": "web-1", "school": "0880123K",
    "password": "secret", "websocket": "ws://127.0.0.1:1/mqtt", "guest": False,
}  # fmt: skip


def state(**changes: Any) -> dict[str, Any]:
    """What the agent says of a device in a lesson; restrictions by their names, all else as the state has it."""
    restrictions = FREE | {name: changes.pop(name) for name in list(changes) if name in FREE}
    said: dict[str, Any] = {
        "connection": "online", "name": "Tablette 07", "kind": "tablet", "now_offset": 0, "lesson": LESSON,
        "restrictions": restrictions, "until": UNTIL, "display": None, "hand": False, "version": 7,
    }  # fmt: skip
    return said | changes


@dataclass
class StandIn:
    """One page whose agent is played by the test."""

    page: Page
    identity: dict[str, Any] = field(default_factory=lambda: dict(IDENTITY))
    _commands: int = 0

    def open(self, url: str = "/pupil") -> "StandIn":
        self.page.context.route(WORKER, lambda route: route.fulfill(body=_SCRIPT, content_type="text/javascript"))
        kept = json.dumps(json.dumps(self.identity))
        unknown = "window === top && localStorage.getItem('preau.identity') === null"
        self.page.add_init_script(f"if ({unknown}) localStorage.setItem('preau.identity', {kept})")
        self.page.goto(url)
        self.wait_heard("start")
        return self

    def reload(self) -> None:
        self.page.reload()
        self.wait_heard("start")

    def say(self, **changes: Any) -> None:
        self._send({"type": "state", "state": state(**{"kind": self.identity["kind"], **changes}), "rev": 1})

    def do(self, kind: str, **args: Any) -> str:
        self._commands += 1
        command_id = f"c-{self._commands}"
        self._send({"type": "do", "command": {"id": command_id, "type": kind, "args": args, "from_lesson": "l-1"}})
        return command_id

    def drop(self, command_id: str) -> None:
        """Its time is over, and it was not seen yet."""
        self._send({"type": "drop", "id": command_id})

    @property
    def heard(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(_HEARD)
        return found

    def wait_heard(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The first message of this kind that says all of `wanted`."""

        def find() -> dict[str, Any] | None:
            return next((one for one in self.heard if one["type"] == kind and wanted.items() <= one.items()), None)

        return wait_for(find, 15, f"{kind} {wanted}")

    def _send(self, message: dict[str, Any]) -> None:
        self.page.evaluate(_SAY, message)
