"""Commands of the device protocol, carried out by Webview Kiosk: which procedure, and what its end says."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.broker_bridge.agents.translation import Order
from appliance.broker_bridge.agents.webview_kiosk_steps import Steps, Talk
from appliance.broker_bridge.agents.webview_kiosk_words import RequestType
from appliance.domain.channels import Evidence
from protocol.device import CommandType

NOT_CONFIRMED, NO_ANSWER, UNSUPPORTED = "not_confirmed", "no_answer", "unsupported"
# What may be sent again without harm where it is not seen to be done: the same page once more.
REPEATED = frozenset({CommandType.OPEN_LINK})


@dataclass(frozen=True, slots=True)
class Outcome:
    """`evidence` None: it was not done, or nothing shows that it was (`is_open`), for the reason `error`."""

    evidence: Evidence | None
    error: str | None = None
    is_open: bool = False


_OPEN = Outcome(None, NOT_CONFIRMED, is_open=True)


def carry_out(order: Order, steps: Steps) -> Talk[Outcome]:
    do = _DO.get(order.command.type)
    return (yield from do(order, steps)) if do is not None else Outcome(None, UNSUPPORTED)


def _open_link(order: Order, steps: Steps) -> Talk[Outcome]:
    url = str(order.command.args["url"])
    is_there = yield from steps.go_to(url, look_first=order.is_repeat)
    return Outcome(Evidence.OBSERVED) if is_there else _OPEN


def _open_app(order: Order, steps: Steps) -> Talk[Outcome]:
    if order.is_repeat:
        return _OPEN  # an app that starts anew loses what a child did in it
    error = yield from steps.launch(str(order.command.args["package"]))
    return Outcome(Evidence.OBSERVED) if error is None else Outcome(None, error)


def _message(order: Order, steps: Steps) -> Talk[Outcome]:
    return (yield from _toast(order, steps, str(order.command.args["text"])))


def _identify(order: Order, steps: Steps) -> Talk[Outcome]:
    return (yield from _toast(order, steps, "✋ ✋ ✋"))


def _toast(order: Order, steps: Steps, text: str) -> Talk[Outcome]:
    if order.is_repeat:
        return _OPEN
    answers = yield from steps.toast(text)
    return Outcome(Evidence.UNCONFIRMED) if answers else _OPEN


def _report(_: Order, steps: Steps) -> Talk[Outcome]:
    for kind in (RequestType.SYSTEM_INFO, RequestType.LAUNCHABLE):
        if (yield from steps.ask(kind)) is None:
            return Outcome(None, NO_ANSWER)
    return Outcome(Evidence.OBSERVED) if (yield from steps.status()) else Outcome(None, NO_ANSWER)


_DO: dict[CommandType, Callable[[Order, Steps], Talk[Outcome]]] = {
    CommandType.OPEN_LINK: _open_link,
    CommandType.OPEN_APP: _open_app,
    CommandType.MESSAGE: _message,
    CommandType.IDENTIFY: _identify,
    CommandType.REPORT: _report,
}
