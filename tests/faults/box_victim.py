"""What dies in a power cut: a box that notes facts for the city, and sends them over its real uplink.

python -m tests.faults.box_victim join FOLDER ADDRESS CODE
python -m tests.faults.box_victim work FOLDER ADDRESS FULL FIRST   until it is killed; FIRST: the number to count from
"""

import itertools
import sys
import threading
import time
from pathlib import Path

from appliance import worker
from appliance.domain.people import CONSOLE
from appliance.services.outbox import put
from appliance.store.models import Cart, database
from protocol.uplink_records import AuditBody, encode_body
from protocol.uplink_words import RecordType
from tests.uplink.hand_box import HandBox
from uplink.process import Parts, Uplink

_REST_SECONDS = 0.005
NEVER = threading.Event()
_PACE = 0.01  # a hello twice a second: tokens and cursors are written in every life


def cart_name(number: int) -> str:
    return f"Chariot {number}"


def join(box: HandBox, code: str) -> None:
    with box.opened():
        box.services.carts.add(cart_name(0), CONSOLE)
        box.ask_to_join(code)
        box.until(lambda: box.standing() == "active" and not box.waiting())


def work(box: HandBox, synchronous: str, first: int) -> None:
    with box.opened():
        database.execute_sql(f"PRAGMA synchronous={synchronous}")
        threading.Thread(target=send, args=(box, synchronous), daemon=True).start()
        cart = Cart.get()
        for number in itertools.count(first):
            with database.atomic("IMMEDIATE"):
                box.services.carts.rename(cart.id, cart_name(number), CONSOLE)
                line = AuditBody("console", "device.rename", f"device:{number}", {})
                put(box.services.clock.now(), RecordType.AUDIT, encode_body(line))
            tell(number)


def send(box: HandBox, synchronous: str) -> None:
    """As the uplink's process does, without the ear on the bridge."""
    uplink = Uplink(Parts(box.config, box.services, "0.1.0", pace=_PACE))
    with database.connection_context():
        database.execute_sql(f"PRAGMA synchronous={synchronous}")
        worker.run(lambda: uplink.step(time.monotonic()), lambda: threading.Event().wait(_REST_SECONDS), NEVER)


def tell(number: int) -> None:
    """The outside learns of it here, and not before the commit."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    act, folder, address, *words = sys.argv[1:]
    here = HandBox(Path(folder), address)
    if act == "join":
        join(here, *words)
    else:
        work(here, words[0], int(words[1]))
