"""What dies in a power cut: the city's side, its real hellos and batches on SQLite, spoken with over two pipes.

python -m tests.faults.city_victim FOLDER FULL

A line in: `hello` or `batch`, and its body in base64. A line out: the answer's body, after the commit.
"""

import base64
import sys
from pathlib import Path

from central.clock import ServerClock
from central.services.certificates import KnownAppliance
from central.services.ingest import Received
from central.store.database import open_database
from central.store.models import Appliance, database
from protocol.uplink import digest_of, encode_batch_answer, parse_batch
from protocol.uplink_hello import encode_hello_answer, parse_hello
from protocol.uplink_words import Standing
from tests.central.receiving import UAI, Place, add_school
from tests.services.link import APPLIANCE


def serve(synchronous: str) -> None:
    database.execute_sql(f"PRAGMA synchronous={synchronous}")
    receiving = Place(ServerClock()).receiving  # type: ignore[arg-type]  # the trial's place takes any clock
    known = KnownAppliance(APPLIANCE, UAI, Standing.ACTIVE, "1")
    if not Appliance.select().exists():
        known = add_school(appliance=APPLIANCE)
    for line in sys.stdin:
        kind, packed = line.split()
        body = base64.b64decode(packed)
        if kind == "hello":
            tell(encode_hello_answer(receiving.hellos.hear(known, parse_hello(body))))
        else:
            received = Received(parse_batch(body), digest_of(body), len(body))
            tell(encode_batch_answer(receiving.ingest.take(known, received)))


def tell(answer: bytes) -> None:
    sys.stdout.write(base64.b64encode(answer).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    open_database("", Path(sys.argv[1]) / "city.db")
    database.connect()
    serve(sys.argv[2])
