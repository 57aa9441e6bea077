"""The agents' broker, kept as the administrator wants it: there while agents are enabled, and otherwise not at all.

A broker of its own, so that opening or closing the door touches no device that is connected.
"""

import logging

from appliance.bootstrap import agents_broker_settings
from appliance.broker.process import command_line, port_is_free, write_configuration
from appliance.broker.reload import apply_credentials
from appliance.config import Config
from appliance.errors import PreauError
from appliance.logs import fact
from appliance.services.agent_links import agent_credentials, is_enabled
from appliance.store.models import database
from appliance.store.trouble import STORE_ERRORS
from appliance.supervisor import Program, Supervisor

_log = logging.getLogger("agents-door")
NAME = "agents"


class AgentsDoor:
    """`step` is called once a second by the supervisor's own thread."""

    def __init__(self, config: Config, supervisor: Supervisor) -> None:
        self._settings = agents_broker_settings(config)
        self._supervisor = supervisor
        self._is_open = False
        self._told = ""

    def step(self) -> bool:
        """True when the door was opened or closed."""
        try:
            with database.connection_context():
                wanted = is_enabled()
        except STORE_ERRORS:
            return False  # the store will answer later; the door stays as it is
        if wanted == self._is_open:
            return False
        try:
            self._open() if wanted else self._supervisor.remove(NAME)
        except (PreauError, OSError) as error:
            self._tell(error)
            return False
        self._is_open, self._told = wanted, ""
        fact(_log, "agents_door", open=wanted, port=self._settings.mqtt_port)
        return True

    def _open(self) -> None:
        if not port_is_free(self._settings.host, self._settings.mqtt_port):
            raise OSError(f"port {self._settings.mqtt_port} is taken")
        write_configuration(self._settings)
        apply_credentials(self._settings, agent_credentials)
        self._supervisor.add(Program(NAME, command_line(self._settings)))

    def _tell(self, error: Exception) -> None:
        """Once: it is tried again each second."""
        if str(error) != self._told:
            self._told = str(error)
            _log.warning("agents_door_stays_closed error=%s", error)
