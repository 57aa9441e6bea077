"""`./run appliance`: a school's box without demonstration data. The first visit makes the administrator."""

import sys

from appliance.cli.run import EachSecond, Running, run
from appliance.config import Config
from appliance.store.models import database


def main(config: Config) -> int:
    return run(config, _say)


def _say(running: Running) -> EachSecond:
    with database.connection_context():
        code = running.services.sign_in.setup_code()
    lines = ["", "Préau travaille.", f"  Page        {running.base_url}/", f"  Données     {running.config.data_path}"]
    if code is not None:
        lines += [f"  Première visite : {running.base_url}/setup", f"  Code        {code}"]
    sys.stdout.write("\n".join([*lines, "  Ctrl-C arrête tout.", "", ""]))
    sys.stdout.flush()
    return lambda: None
