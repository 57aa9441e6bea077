"""How one thing is done with Webview Kiosk, and how it is seen that it was done. No wish of its own.

Commands and settings are never acknowledged: each procedure sends one message, then waits for evidence before the next.
What it returns is what was seen, never what was hoped for.
"""

from collections.abc import Callable, Generator, Mapping
from typing import TypeVar

from appliance.broker_bridge.agents import webview_kiosk_words as words
from appliance.broker_bridge.agents.conversation import Step
from appliance.broker_bridge.agents.webview_kiosk_facts import Facts
from appliance.broker_bridge.agents.webview_kiosk_words import CommandWord, EventType, Message, RequestType
from appliance.domain.webview_kiosk import PASSWORD, SECRET_KEYS, Value, agrees

T = TypeVar("T")
Talk = Generator[Step[Message], Message | None, T]

ANSWER_SECONDS = 5.0
PROBE_SECONDS = (1.0, 2.0, 4.0, ANSWER_SECONDS)
EVENT_SECONDS, PROOF_SECONDS = 2.0, 2.5  # of a lock: together under the 5 s after which "not locked" is said
_PAGE_SECONDS, _SAME_PAGE_SECONDS = 3.0, 1.5  # `url_changed` comes 1 s after the page's last change, or not at all
_LAUNCH_SECONDS = 5.0
_EQUAL_TRIES, _EQUAL_PAUSE_SECONDS = 12, 0.25
_SETTING_TRIES = 2
_REBUILD_SECONDS = 1.0  # nothing tells when it is done; a tablet takes up to 0.8 s to begin
_STORE_SECONDS = 1.0
RECONNECT_SECONDS = 15.0
_COMES = 3
NOT_INSTALLED, NOT_ALLOWED, NOT_STARTED = "app_not_installed", "app_not_allowed", "app_not_started"
NOT_IN_FRONT = "kiosk_not_in_front"


class Steps:
    def __init__(self, facts: Facts, new_id: Callable[[], str]) -> None:
        self._facts = facts
        self._new_id = new_id

    def ask(
        self, kind: RequestType, seconds: float = ANSWER_SECONDS, **data: object
    ) -> Talk[Mapping[str, object] | None]:
        """None: no answer in time, or one that says it did not understand: the same is not asked again."""
        if kind in self._facts.refused:
            return None
        message_id = self._new_id()

        def is_answer(message: Message) -> bool:
            if not message.is_answer or message.request_id not in (None, message_id):
                return False
            return message.kind == words.ERROR or (message.request_id is not None and message.kind == kind)

        answer = yield Step(words.request(kind, message_id, **data), is_answer, seconds)
        if answer is None:
            self._facts.missed()
            return None
        if answer.kind == words.ERROR:
            self._facts.refused.add(kind)
            return None
        self._facts.answered(kind, answer.data)
        return answer.data

    def status(self, seconds: float = ANSWER_SECONDS) -> Talk[bool]:
        return (yield from self.ask(RequestType.STATUS, seconds)) is not None

    def probe(self) -> Talk[bool]:
        """`connected` is no proof of hearing: its subscriptions may come later, or be refused without a word."""
        for seconds in PROBE_SECONDS:
            self._facts.misses = 0  # its ears may open later than its mouth
            if (yield from self.status(seconds)):
                return True
        self._facts.is_deaf()
        return False

    def lock(self) -> Talk[bool]:
        """Only where the agent owns the tablet: elsewhere the pupil is asked, and may say no."""
        yield self._command(CommandWord.LOCK, EventType.LOCK, EVENT_SECONDS)
        if not self._facts.is_locked():
            yield from self.status(PROOF_SECONDS)
        return self._facts.is_locked()

    def come_back(self) -> Talk[bool]:
        """To the front, from another app. Never by starting itself while locked: that ends its connection for good."""
        facts = self._facts
        if not facts.is_away:
            return True
        if not facts.is_locked():
            yield self._command(
                CommandWord.LAUNCH, EventType.APP_FOREGROUND, _LAUNCH_SECONDS, packageName=facts.package
            )
            return not facts.is_away
        yield self._command(CommandWord.UNLOCK, EventType.UNLOCK, _LAUNCH_SECONDS)
        if facts.is_locked():
            return False
        if facts.is_away:
            yield Step(None, is_event(EventType.APP_FOREGROUND), _PAGE_SECONDS)
        return (yield from self.lock())

    def go_to(self, url: str, *, look_first: bool) -> Talk[bool]:
        facts = self._facts
        if look_first and (yield from self.status()) and words.is_same_address(url, facts.status.url):
            return True
        if not (yield from self.come_back()):
            return False
        before = facts.status.url
        seconds = _SAME_PAGE_SECONDS if words.is_same_address(url, before) else _PAGE_SECONDS

        def is_there(message: Message) -> bool:
            seen = str(message.data.get("url", ""))
            return message.kind == EventType.URL_CHANGED and not message.is_answer and _arrived(url, seen, before)

        message = words.command(CommandWord.GO_TO_URL, self._new_id(), url=url)
        if (yield Step(message, is_there, seconds)) is not None:
            return True
        return (yield from self.status(PROOF_SECONDS)) and _arrived(url, facts.status.url, before)

    def go_home(self) -> Talk[None]:
        yield self._command(CommandWord.GO_HOME, EventType.URL_CHANGED, _PAGE_SECONDS)

    def launch(self, package: str) -> Talk[str | None]:
        """Why it did not start; None: it did. What can be started is asked first."""
        facts = self._facts
        if package in words.PACKAGES:
            return None if (yield from self.come_back()) else NOT_IN_FRONT
        filtered = {"filterLockTaskPermitted": True} if facts.is_locked() else {}
        if (yield from self.ask(RequestType.LAUNCHABLE, **filtered)) is None:
            return NOT_STARTED
        if package not in facts.launchable:
            return NOT_ALLOWED if filtered else NOT_INSTALLED
        left = is_event(EventType.APP_BACKGROUND, EventType.DISCONNECTING)
        message = words.command(CommandWord.LAUNCH, self._new_id(), packageName=package)
        return None if (yield Step(message, left, _LAUNCH_SECONDS)) is not None else NOT_STARTED

    def toast(self, text: str) -> Talk[bool]:
        """Nothing shows that it was seen; that the tablet still answers is all that can be known."""
        yield Step(words.command(CommandWord.TOAST, self._new_id(), message=text), _never, 0.0)
        return (yield from self.status())

    def settle(self, wanted: Mapping[str, Value]) -> Talk[bool]:
        """The three steps: values, until they are seen, then the rebuild. False: it could not be found out."""
        facts = self._facts
        said = yield from self._values(wanted)
        changed: set[str] = set()
        for _ in range(_SETTING_TRIES):
            if said is None:
                return False
            different = {
                key: value for key, value in wanted.items() if key not in facts.fixed and not _is(key, value, said)
            }
            if not different:
                break
            yield Step(words.settings(different, self._new_id()), _never, 0.0)
            seen = yield from self._until_equal(different)
            said = None if seen is None else {**said, **seen}
            changed |= different.keys()
        if said is None:
            return False
        facts.fixed |= {key for key, value in wanted.items() if not _is(key, value, said)}
        equal = {key: value for key, value in wanted.items() if _is(key, value, said)}
        if any(not key.startswith("mqtt.") for key in changed & equal.keys()):
            yield Step(words.rebuild(self._new_id()), _never, _REBUILD_SECONDS)
        facts.settings = equal
        return True

    def give_password(self, password: str) -> Talk[bool]:
        """True once the tablet says good-bye to come back with it. It cannot be read back."""
        yield Step(words.settings({PASSWORD: password}, self._new_id()), _never, _STORE_SECONDS)
        leaving = words.command(CommandWord.RECONNECT, self._new_id())
        return (yield Step(leaving, is_event(EventType.DISCONNECTING), ANSWER_SECONDS)) is not None

    def wait_for_return(self) -> Talk[bool]:
        """Until it answers. The broker puts out who came before it knew the new password, whichever he came with."""
        for _ in range(_COMES):
            if (yield Step(None, is_event(EventType.CONNECTED), RECONNECT_SECONDS)) is None:
                return False
            for seconds in PROBE_SECONDS:
                if (yield from self.status(seconds)):
                    return True
                if not self._facts.is_there:
                    break
        return False

    def _values(self, wanted: Mapping[str, Value]) -> Talk[Mapping[str, object] | None]:
        keys = sorted(wanted.keys() - SECRET_KEYS)
        data = yield from self.ask(RequestType.SETTINGS, settings=keys)
        return None if data is None else words.read_settings(data)

    def _until_equal(self, wanted: Mapping[str, Value]) -> Talk[Mapping[str, object] | None]:
        """What it has in the end, 3 s at most: the tablet takes its time, and its topics have no order."""
        said: Mapping[str, object] | None = None
        for _ in range(_EQUAL_TRIES):
            said = yield from self._values(wanted)
            if said is None or all(_is(key, value, said) for key, value in wanted.items()):
                break
            yield Step(None, _never, _EQUAL_PAUSE_SECONDS)
        return said

    def _command(self, word: CommandWord, evidence: EventType, seconds: float, **data: object) -> Step[Message]:
        return Step(words.command(word, self._new_id(), **data), is_event(evidence), seconds)


def is_event(*kinds: EventType) -> Callable[[Message], bool]:
    return lambda message: not message.is_answer and message.kind in kinds


def _never(_: Message) -> bool:
    return False


def _is(key: str, wanted: Value, said: Mapping[str, object]) -> bool:
    return key in said and agrees(key, wanted, said[key], words.parse_array)


def _arrived(asked: str, seen: str, before: str) -> bool:
    return words.is_same_address(asked, seen) or (seen != before and words.is_same_site(asked, seen))
