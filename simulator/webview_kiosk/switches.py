"""What a trial can set on a fake tablet: where it stands, whose it is, and how badly it behaves. Data only."""

from dataclasses import dataclass, field
from enum import StrEnum

WEBVIEW_KIOSK = "uk.nktnet.webviewkiosk"
SCHOOL_APPS = ("com.android.chrome", "org.gcompris", "org.geogebra", WEBVIEW_KIOSK)


class LockState(StrEnum):
    NONE = "NONE"
    LOCK_TASK = "LOCK_TASK"
    SCREEN_PINNING = "SCREEN_PINNING"


class Route(StrEnum):
    PAGE = "page"
    SETTINGS = "settings"


@dataclass
class Switches:
    """`fgs`, `expiry` and `restricted` None leave what the settings say. `allowed`: the lock task list, set by hand."""

    fgs: bool | None = None
    route: Route = Route.PAGE
    front: str = WEBVIEW_KIOSK
    screen: bool = True
    owner: bool = True
    lock: LockState = LockState.NONE
    allowed: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    expiry: int | None = None
    reorder: bool = False
    installed: tuple[str, ...] = SCHOOL_APPS
    pupil_agrees: bool = False
    dims_on_lock_device: bool = False


class Trouble(StrEnum):
    """Deliberate misbehaviour, one name each."""

    MUTE = "mute"  # never answers a request
    DEAF = "deaf"  # hears nothing: the broker grants the subscriptions and delivers nothing
    LATE = "late"  # answers after 7 s
    TWICE = "twice"  # every answer and event comes twice
    WRONG_ID = "wrong-id"  # answers to a request nobody made
    NO_ID = "no-id"  # answers to none at all
    GARBLED = "garbled"  # answers that are no JSON
    STRANGE_STATUS = "strange-status"  # fields missing, others more, an empty address
    OTHER_USERNAME = "other-username"  # the payload names another tablet than its topic
    SLOW_SUBSCRIBE = "slow-subscribe"  # subscribes 3 s after it has said `connected`
    NO_LOCK = "no-lock"  # `lock` never takes
    SILENT_LOCK = "silent-lock"  # locks, and tells it only when asked
    OLD_VERSION = "old-version"  # does not know `get_system_info`
    PLAIN_WILL = "plain-will"  # a last will that is not JSON


@dataclass
class Manner:
    """`pace` shortens every delay that is the agent's own, so that tests need not wait for it."""

    pace: float = 1.0
    troubles: set[Trouble] = field(default_factory=set)
    late_seconds: float = 7.0

    def has(self, trouble: Trouble) -> bool:
        return trouble in self.troubles
