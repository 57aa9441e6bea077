"""A bridge that lives and does nothing: Mosquitto 2.0.11 hangs when its handshakes are broken off, any when it must."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from appliance.broker.city_bridge import CityBridgeSettings, render_bridge
from appliance.broker.probe import Answer, Deadline, Login, ask
from appliance.broker.process import find_mosquitto
from appliance.cli.city_bridge import NAME, Listening
from appliance.supervisor import Program, Supervisor
from tests.support.appliance import running_appliance, wait_for
from tests.support.central import running_central
from tests.support.city_tls import Authority
from tests.support.ports import free_port
from tests.support.processes import is_alive

UAI = "0750655E"
_ENOUGH = 6  # handshakes: 2.0.11 hangs after the third


class Breaker:
    """Takes each connection, reads the first words of its handshake, and hangs up."""

    def __init__(self) -> None:
        self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                box, _ = self._listener.accept()
                with box:
                    box.recv(1024)
                self.broken += 1


@contextmanager
def breaker() -> Iterator[Breaker]:
    made = Breaker()
    try:
        yield made
    finally:
        made.close()


def test_a_network_that_breaks_off_each_handshake_leaves_a_bridge_that_answers(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.give(UAI)
    with breaker() as network:
        settings = CityBridgeSettings(
            f"a-{UAI}", UAI, (f"127.0.0.1:{network.port}",), authority.path, certificate, key, tmp_path, tmp_path
        )
        often = render_bridge(settings).replace("restart_timeout 2 60", "restart_timeout 1 1")
        settings.configuration_path.write_text(often)
        supervisor = Supervisor((), tmp_path / "processes.json", threading.Event())

        def answer() -> Answer:
            return ask(settings.socket_path, Login("probe", ""), Deadline(1.0))

        listening, killed = Listening(answer), False
        supervisor.add(Program(NAME, [str(find_mosquitto()), "-c", str(settings.configuration_path)]))
        try:
            wait_for(lambda: answer() is Answer.ACCEPTED, 10, "it listens")

            def tend() -> bool:
                nonlocal killed
                rest = listening.rest(time.monotonic())
                if rest is not None:
                    killed = True
                    supervisor.kill(NAME, time.monotonic() + 0.1)
                supervisor.step(time.monotonic())
                return killed or network.broken >= _ENOUGH

            wait_for(tend, 60, "it hangs, or does not")
            wait_for(lambda: tend() and answer() is Answer.ACCEPTED, 10, "it answers")
        finally:
            supervisor.kill(NAME, float("inf"))
            supervisor.stop()


def test_a_box_ends_a_bridge_that_hangs_and_starts_another(tmp_path: Path) -> None:
    with (
        running_central(tmp_path / "city", "--mqtt", str(free_port())) as city,
        running_appliance(tmp_path) as box,
    ):
        code = city.claim_code(city.new_school())
        done = box.admin("city-claim", code, "--address", city.url.removeprefix("https://"))
        assert done.returncode == 0, done.stderr
        wait_for(lambda: NAME in box.pids(), 30, "the bridge is there")
        hung = box.pids()[NAME]
        os.kill(hung, signal.SIGSTOP)
        wait_for(lambda: not is_alive(hung), 30, "it is ended")
        wait_for(lambda: box.pids()[NAME] != hung, 30, "another one is there")
