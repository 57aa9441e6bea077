"""The demonstration's link for browser tabs: who comes by it is put into a lesson within a second or two.

Owns the file that keeps the link over a restart, and the choice of the lesson. A device is put in each time that it
opens the link, and then no more: a teacher who sends it away or ends the lesson is obeyed.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from appliance.bootstrap import Services
from appliance.broker.credentials import write_atomically
from appliance.domain.people import CONSOLE, Actor, Role
from appliance.errors import NotSignedIn, PreauError
from appliance.services.lessons import Plan
from appliance.store.models import Cart, Classroom, Device, Lesson, User, database
from appliance.store.trouble import STORE_ERRORS

_USES = 500
_LINK_LIVES = timedelta(days=90)
_LESSON_MINUTES = 60
_PATIENCE_SECONDS = 15  # for the simulated tablets to enroll: a lesson begun before would leave them out


class Tabs:
    """Called once a second. `token_id`: of the link; `simulated`: how many tablets the demonstration brings itself."""

    def __init__(self, services: Services, token_id: int, path: str, simulated: int) -> None:
        self._services = services
        self._token_id = token_id
        self._simulated = simulated
        self._patience = _PATIENCE_SECONDS
        self._known: set[tuple[str, str]] = set()
        self.path = path

    def __call__(self) -> None:
        self._patience -= 1
        with suppress(PreauError, *STORE_ERRORS), database.connection_context():
            new = self._by_link() - self._known
            if new and self._bring_in(sorted(device_id for device_id, _ in new)):
                self._known |= new

    def know_who_is_here(self) -> None:
        """Of an earlier run: their lesson is still open, or somebody ended it."""
        self._known = self._by_link()

    def _by_link(self) -> set[tuple[str, str]]:
        """With their credentials: who opens the link again has a new one."""
        query = Device.select().where((Device.token == self._token_id) & (Device.status == "active"))
        return {(device.id, device.credential or "") for device in query}

    def _bring_in(self, device_ids: list[str]) -> bool:
        lessons, lesson = self._services.lessons, _open_lesson()
        if lesson is not None:
            held = {one.device_id for one in lessons.held(device_ids)}
            free = [device_id for device_id in device_ids if device_id not in held]
            if free:
                lessons.add(CONSOLE, lesson.id, free)
            return True
        return self._start()

    def _start(self) -> bool:
        """A lesson with the first teacher, the first cart and its classroom, as a person would begin one."""
        teacher = User.select().where(User.active & (User.role == Role.TEACHER)).order_by(User.id).first()
        cart = first_cart()
        if teacher is None or cart is None:
            return True
        devices = self._services.start_page.cart_devices(cart.id)
        if len(devices) <= self._simulated and self._patience > 0:
            return False
        classroom = Classroom.select().order_by(Classroom.id).first()
        plan = Plan("", _LESSON_MINUTES, devices, cart.id, None if classroom is None else classroom.id)
        self._services.lessons.start(Actor(teacher.id, teacher.name, Role.TEACHER), plan)
        return True


def open_tabs(services: Services, data_path: Path, simulated: int) -> Tabs:
    """With the link that was printed before, while it opens; within the caller's connection."""
    path = data_path / "demo-link"
    with suppress(NotSignedIn, FileNotFoundError):
        tabs = _tabs(services, path.read_text().strip(), simulated)
        tabs.know_who_is_here()
        return tabs
    cart = first_cart()
    token = services.tokens.new(CONSOLE, _USES, _LINK_LIVES, None if cart is None else cart.id).token.reveal()
    write_atomically(path, token + "\n")
    return _tabs(services, token, simulated)


def first_cart() -> Cart | None:
    """None when whoever tries things out has removed them all."""
    found: Cart | None = Cart.select().order_by(Cart.id).first()
    return found


def _tabs(services: Services, token: str, simulated: int) -> Tabs:
    return Tabs(services, services.enrollment.token_opens(token).id, f"/t/{token}", simulated)


def _open_lesson() -> Lesson | None:
    """The latest one of the first cart, else the latest one."""
    open_ones = list(Lesson.select().where(Lesson.ended_at.is_null()).order_by(Lesson.started_at.desc()))
    cart = first_cart()
    return next((one for one in open_ones if cart is not None and one.cart_id == cart.id), next(iter(open_ones), None))
