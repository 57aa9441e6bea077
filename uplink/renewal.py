"""A new certificate at two thirds of the old one's life; and after it, for a year, by the old key's word.

The key stays, so that only one file changes. Whether the old one has expired is the city's to say, never this clock's.
"""

from datetime import datetime

from protocol.strict_json import Malformed
from protocol.uplink import PREFIX
from protocol.uplink_claim import Renewal, encode_renewal
from protocol.uplink_door import CertificateAnswer, encode_certificate_request, parse_certificate_answer
from uplink.client import Request
from uplink.keys import Keys
from uplink.line import JSON, Line
from uplink.trouble import Trouble, TroubleCode


def is_due(keys: Keys, believed: datetime | None) -> bool:
    return believed is not None and keys.validity().is_to_renew(believed)


def renew(keys: Keys, line: Line) -> None:
    """While the old one is still valid. Raises Trouble."""
    answer = line.post("certificate", encode_certificate_request(keys.request()), "certificate")
    _keep(keys, answer.body)


def renew_expired(keys: Keys, line: Line) -> None:
    """Without showing it in TLS. Raises Trouble CERTIFICATE when the city does not renew it any more."""
    csr = keys.request()
    renewal = Renewal(certificate=keys.certificate(), csr=csr, signature=keys.sign(csr.encode()))
    client = line.nameless()
    try:
        answer = client.ask(Request("POST", f"{PREFIX}/renew", encode_renewal(renewal), JSON))
    finally:
        client.close()
    _keep(keys, answer.body)


def _keep(keys: Keys, body: bytes) -> None:
    """Of the authority that we know: another one would be another city."""
    try:
        answer: CertificateAnswer = parse_certificate_answer(body)
    except Malformed as error:
        raise Trouble(TroubleCode.FOREIGN, str(error)) from error
    keys.renewed(answer.certificate)
