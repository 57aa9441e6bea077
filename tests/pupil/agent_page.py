"""A page of a real Chromium that runs the agent, and notes all that the agent says to the face.

Owns the harness: the smallest face there can be. It holds no expectation.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page

from tests.support.appliance import Appliance, wait_for

T = TypeVar("T")

# A document with the policy of the pupil's pages that runs no script of its own: this one is text when it is opened.
BARE = "/pupil/worker.js"
START = """async ({identity, answers}) => {
    const { AgentPort } = await import("/static/js/pupil/agent/port.js");
    window.said = [];
    window.answers = answers;
    window.port = new AgentPort((message) => {
        window.said.push(message);
        if (message.type !== "do" || !window.answers) return;
        window.done = [...(window.done ?? []), message.command];
        window.port.send({ type: "done", id: message.command.id, status: "done", error: null });
    });
    window.port.send({ type: "start", identity });
    window.port.send({ type: "front", app: "web:preau" });
}"""
ENROLL = """async (wanted) => (await import("/static/js/pupil/enroll.js")).enroll(wanted)"""


@dataclass
class PupilPage:
    """One tab. `identity`: what enrollment gave."""

    page: Page
    identity: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.identity["id"])

    def enroll(self, link: str, kind: str = "tablet") -> dict[str, Any]:
        answer: dict[str, Any] = self.page.evaluate(ENROLL, {"token": link.rsplit("/", 1)[-1], "kind": kind})
        self.identity = answer.get("identity", {})
        return answer

    def start(self, *, answers: bool = True, **changes: Any) -> "PupilPage":
        """`changes`: of the identity, such as the address of a proxy."""
        self.identity |= changes
        self.page.evaluate(START, {"identity": self.identity, "answers": answers})
        return self

    def reload(self, **options: Any) -> "PupilPage":
        self.page.reload()
        return self.start(**options)

    def send(self, **message: Any) -> None:
        self.page.evaluate("(message) => window.port.send(message)", message)

    @property
    def said(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("window.said")
        return found

    @property
    def state(self) -> dict[str, Any]:
        """The latest that the face was told; empty before the first."""
        found: dict[str, Any] = self.page.evaluate("window.said.findLast((one) => one.type === 'state')?.state ?? {}")
        return found

    @property
    def commands(self) -> list[dict[str, Any]]:
        return [one["command"] for one in self.said if one["type"] == "do"]

    def wait(self, seconds: float = 15, **wanted: Any) -> dict[str, Any]:
        """Until the state says all of `wanted`."""

        def is_there() -> dict[str, Any] | None:
            state = self.state
            return state if wanted.items() <= state.items() else None

        return self._wait(is_there, seconds, wanted)

    def _wait(self, fact: Callable[[], T | None], seconds: float, wanted: object) -> T:
        try:
            return wait_for(fact, seconds)
        except AssertionError:
            raise AssertionError(f"not within {seconds} s: {wanted}; it is {self.said[-3:]}") from None

    def wait_online(self) -> "PupilPage":
        self.wait(connection="online")
        return self

    def wait_lock(self, message: str | None, seconds: float = 15) -> None:
        lock = None if message is None else {"message": message}

        def is_there() -> bool:
            state = self.state
            return bool(state) and state["restrictions"]["lock"] == lock

        self._wait(is_there, seconds, lock)

    def wait_command(self, kind: str) -> dict[str, Any]:
        return wait_for(lambda: next((one for one in self.commands if one["type"] == kind), None), 15, f"a {kind}")

    def spend(self, seconds: float) -> None:
        """Until the page has lived so much longer: a use of something has a length, a turn its time."""
        since = self.page.evaluate("performance.now()")
        self.page.wait_for_function("([since, by]) => performance.now() - since >= by", arg=[since, seconds * 1000])

    def close(self) -> None:
        self.page.close()


class Bench:
    """Makes pages that are devices; each in a browser of its own unless it is told otherwise."""

    def __init__(self, chromium: Chromium, box: Appliance, link: str) -> None:
        self.box, self.link = box, link
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def context(self, **options: Any) -> BrowserContext:
        context = self._chromium.new_context(base_url=self.box.url, **options)
        context.on("weberror", lambda problem: self.complaints.append(str(problem.error)))
        self._contexts.append(context)
        return context

    def open(self, context: BrowserContext | None = None, url: str = BARE) -> PupilPage:
        page = (context or self.context()).new_page()
        page.goto(url)
        return PupilPage(page)

    def device(self, kind: str = "tablet", **options: Any) -> PupilPage:
        """Enrolled, started and connected."""
        pupil = self.open()
        answer: dict[str, Any] = {}

        def is_answered() -> bool:
            """Whatever it says; a box that is busy says only when to ask again."""
            answer.update(pupil.enroll(self.link, kind))
            return bool(pupil.identity) or answer["problem"]["reason"] != "wait"

        with suppress(AssertionError):  # what it answered says more
            wait_for(is_answered, 30)
        assert pupil.identity, answer
        return pupil.start(**options).wait_online()

    def close(self) -> None:
        for context in self._contexts:
            context.close()
