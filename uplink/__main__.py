"""The uplink's process: `python -m uplink` with the appliance's own options, started by its supervisor.

Most schools' boxes wait months for a city, some for ever: until a person asks to join one, only this file is in memory.
"""

import argparse
import gc
import signal
import sys
import threading
from pathlib import Path

from appliance.cli.options import add_options, read_config
from appliance.config import Config
from appliance.nudge import NudgeReceiver, NudgeSender

_ASLEEP_SECONDS = 5.0
_SIGNS = ("request.json", "answer.json", "key.pem")  # somebody asked to join, or a city was joined


def main(config: Config) -> int:
    stop, nudged = threading.Event(), NudgeReceiver(config.runtime_path, "uplink")
    awake = NudgeSender(config.runtime_path, "uplink")

    def end(*_: object) -> None:
        """A signal alone does not end a wait: Python begins it again (PEP 475)."""
        stop.set()
        awake.send()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not any((config.city_path / name).exists() for name in _SIGNS):
        if stop.is_set():
            return 0
        nudged.wait(_ASLEEP_SECONDS)
    # From here on it carries the appliance's services, the HTTP client and cryptography.
    gc.disable()  # looking for garbage while modules are read takes a sixth of the start
    from uplink.start import serve

    gc.freeze()
    gc.enable()
    return serve(config, nudged, stop)


if __name__ == "__main__":
    # As in the appliance: without PostgreSQL's driver.
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # the documented way to say "not here"
    parser = argparse.ArgumentParser(prog="python -m uplink")
    add_options(parser, data=Path("preau-data"), host="127.0.0.1")
    sys.exit(main(read_config(parser.parse_args())))
