"""The form that starts a lesson, read: which devices, from whom they are taken or asked, until when."""

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from appliance.domain.lessons import DEFAULT_MINUTES, checked_minutes
from appliance.domain.people import Actor
from appliance.errors import Conflict, Invalid, PreauError
from appliance.services.lessons import Lessons, Plan
from appliance.services.start_page import StartPage
from appliance.web.numbers import number_of

_HELD = "held-"


@dataclass(frozen=True, slots=True)
class StartForm:
    """`left`: lessons whose devices stay where they are; `asked_of` and `taken_from` likewise. `values`: as posted."""

    device_ids: tuple[str, ...]
    cart_id: int | None
    left: frozenset[str]
    asked_of: frozenset[str]
    taken_from: frozenset[str]
    values: dict[str, Any]

    @classmethod
    def read(cls, form: MultiDict[str, str], start_page: StartPage) -> "StartForm":
        source = form.get("source", "devices")
        kind, _, number = source.partition(":")
        key = number_of(number)
        cart_id = key if kind == "cart" else None
        if key is None:
            chosen = form.getlist("devices")
        else:
            chosen = start_page.cart_devices(key) if kind == "cart" else start_page.classroom_devices(key)
        screens = [one for one in form.getlist("screens") if one not in chosen]
        answers = {key[len(_HELD) :]: value for key, value in form.items() if key.startswith(_HELD)}
        return cls(
            device_ids=(*chosen, *screens),
            cart_id=cart_id,
            left=frozenset(key for key, value in answers.items() if value == "leave"),
            asked_of=frozenset(key for key, value in answers.items() if value == "ask"),
            taken_from=frozenset(key for key, value in answers.items() if value == "take"),
            values={
                "source": source,
                "classroom": key if kind == "classroom" else number_of(form.get("classroom")),
                "title": form.get("title", ""),
                "minutes": form.get("minutes", str(DEFAULT_MINUTES)),
                "devices": form.getlist("devices"),
                "screens": form.getlist("screens"),
                "held": answers,
            },
        )

    def plan(self, lessons: Lessons) -> Plan:
        """Raises Invalid for minutes that make no sense."""
        elsewhere = {
            part.device_id for part in lessons.held(self.device_ids) if part.lesson_id in self.left | self.asked_of
        }
        return Plan(
            title=self.values["title"],
            minutes=checked_minutes(self.values["minutes"]),
            device_ids=[device_id for device_id in self.device_ids if device_id not in elsewhere],
            cart_id=self.cart_id,
            classroom_id=self.values["classroom"],
            take_from=self.taken_from,
        )

    def refusal(self, lessons: Lessons, actor: Actor) -> PreauError:
        """Why nothing is left to start with: nothing was chosen, or whom all of it is with."""
        held = lessons.held(self.device_ids)
        if not held:
            return Invalid("no_devices", {"source": "no_devices"})
        if all(part.teacher_id == actor.user_id for part in held):
            return Conflict("all_in_your_lesson")
        return Conflict("all_held", teacher=", ".join(sorted({part.teacher for part in held})))

    def asked(self, lessons: Lessons) -> list[str]:
        return [part.device_id for part in lessons.held(self.device_ids) if part.lesson_id in self.asked_of]
