"""Every word of the device protocol that is sent or stored. Owns the vocabulary, no rule."""

from enum import StrEnum


class Kind(StrEnum):
    TABLET = "tablet"
    CHROMEBOOK = "chromebook"
    LAPTOP = "laptop"
    SCREEN = "screen"


class Capability(StrEnum):
    LOCK = "lock"
    SOUND = "sound"
    CAMERA = "camera"
    INTERNET = "internet"
    APPS = "apps"
    OPEN_APP = "open_app"
    OPEN_LINK = "open_link"
    OPEN_DOCUMENT = "open_document"
    MESSAGE = "message"
    PACKAGES = "packages"
    USAGE = "usage"


class Access(StrEnum):
    ALLOWED = "allowed"
    BLOCKED = "blocked"


class CommandType(StrEnum):
    OPEN_LINK = "open_link"
    OPEN_APP = "open_app"
    OPEN_DOCUMENT = "open_document"
    MESSAGE = "message"
    IDENTIFY = "identify"
    REPORT = "report"
    REBOOT = "reboot"
    WIPE = "wipe"


class AckStatus(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        return self is not AckStatus.RECEIVED


class EventType(StrEnum):
    HAND_RAISED = "hand_raised"
    HAND_LOWERED = "hand_lowered"
    DOCUMENT_OPENED = "document_opened"
    LEFT_APP = "left_app"


class Presence(StrEnum):
    ONLINE = "online"
    OFFLINE = "offline"


class PackageAction(StrEnum):
    INSTALL = "install"
    REMOVE = "remove"


class Show(StrEnum):
    """What a screen shows of its lesson."""

    PRESENCE = "presence"
    TIMER = "timer"
    MESSAGE = "message"
