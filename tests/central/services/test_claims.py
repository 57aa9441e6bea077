"""Claims and certificates on both engines: what a code gives, once, and what ends it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from central.bootstrap import Services
from central.errors import CityError, Conflict, Denied, Invalid, NotFound, TooMany
from central.services.certificates import KnownAppliance
from central.services.settings import ROOT_PUBLIC, write_setting
from central.store.database import connected
from central.store.desk_models import Journal
from central.store.models import Appliance, Cart, Certificate, ClaimTicket, Device, StateRow
from protocol.uplink_claim import Claim, ClaimAnswer, authority_mark, read_code
from protocol.uplink_words import Standing
from tests.support.central import new_csr, new_key, uai_of
from tests.support.city import CityClock, city_services, claim_of, renewal_of

UAI, OTHER = uai_of(1), uai_of(2)
OFFICER = "dupont"


@pytest.fixture
def clock() -> CityClock:
    return CityClock()


@pytest.fixture
def city(city_db: str, tmp_path: Path, clock: CityClock) -> Services:
    services = city_services(tmp_path, clock, city_db)
    services.schools.add(OFFICER, UAI, "École des Tilleuls", "Nord")
    services.schools.add(OFFICER, OTHER, "École des Ormes")
    return services


def new_code(city: Services, uai: str = UAI, replaces: str | None = None) -> str:
    return city.claims.new_ticket(OFFICER, uai, replaces).code.reveal()


def claimed(city: Services, key: ec.EllipticCurvePrivateKey, replaces: str | None = None) -> ClaimAnswer:
    return city.claims.claim(claim_of(new_code(city, UAI, replaces), key), "10.0.0.1")


def serial_of(pem: str) -> str:
    return f"{x509.load_pem_x509_certificate(pem.encode()).serial_number:x}"


def known(city: Services, pem: str) -> KnownAppliance:
    return city.certificates.who_shows(serial_of(pem))


def actions() -> list[str]:
    return [row.action for row in Journal.select().order_by(Journal.id)]


@pytest.mark.parametrize("typed", ["0130001A", "013000", "", "0130001É", f"{UAI}X"])
def test_a_code_of_a_school_whose_letter_does_not_fit_is_refused(city: Services, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        city.schools.add(OFFICER, typed, "École")
    assert refused.value.fields == {"uai": "control_letter"}


def test_a_school_is_typed_as_people_type_and_is_there_once(city: Services) -> None:
    third = uai_of(3)
    assert city.schools.add(OFFICER, f" {third[:3]} {third[3:].lower()} ", "  Les   Pins ") == third
    assert {(one.name, one.group) for one in city.schools.all()} == {
        ("Les Pins", ""),
        ("École des Ormes", ""),
        ("École des Tilleuls", "Nord"),
    }
    with pytest.raises(Conflict):
        city.schools.add(OFFICER, third, "Encore")
    for name in ("", " ", "x" * 121, "a\x1bb"):
        with pytest.raises(Invalid):
            city.schools.add(OFFICER, uai_of(4), name)


def test_a_claim_gives_an_identity_that_is_then_known_at_the_door(city: Services) -> None:
    code = new_code(city)
    key = new_key()
    answer = city.claims.claim(claim_of(code, key), "10.0.0.1")
    assert (answer.uai, answer.school_name, answer.city) == (UAI, "École des Tilleuls", "Marseille")
    assert (answer.root, answer.time_key) == (city.rings.root_public(), city.keys.online.public)
    assert answer.broker == "ville.example:8883"
    assert not answer.replaces
    assert read_code(code).authority == authority_mark(city.keys.authority.der)
    assert known(city, answer.certificate) == KnownAppliance(
        answer.appliance, UAI, Standing.ACTIVE, serial_of(answer.certificate)
    )
    assert actions()[-2:] == ["claim_code.new", "appliance.claim"]


def test_neither_database_nor_journal_holds_the_code(city: Services) -> None:
    code = new_code(city)
    secret = claim_of(code, new_key()).secret
    kept = str([list(table.select().dicts()) for table in (ClaimTicket, Journal)])
    assert secret not in kept
    assert code not in kept


def test_who_lost_the_answer_gets_the_same_identity_for_an_hour_with_the_same_key(
    city: Services, clock: CityClock
) -> None:
    code, key = new_code(city), new_key()
    first = city.claims.claim(claim_of(code, key), "a")
    clock.pass_by(minutes=59)
    again = city.claims.claim(claim_of(code, key), "a")
    assert again.appliance == first.appliance
    assert known(city, again.certificate).id == first.appliance
    with pytest.raises(Conflict, match="code_used"):
        city.claims.claim(claim_of(code, new_key()), "a")
    clock.pass_by(minutes=2)
    with pytest.raises(Conflict, match="code_used"):
        city.claims.claim(claim_of(code, key), "a")
    assert Appliance.select().count() == 1


def test_eight_boxes_with_one_code_at_once_make_one_appliance(city: Services) -> None:
    code = new_code(city)

    def claim(_number: int) -> str:
        try:
            with connected():
                return city.claims.claim(claim_of(code, new_key()), "a").appliance
        except CityError as error:
            return str(error.code)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(claim, range(8)))
    assert outcomes.count("code_used") == 7
    assert [row.id for row in Appliance.select()] == [one for one in outcomes if one != "code_used"]


def test_a_code_ends_after_thirty_days_and_when_it_is_revoked(city: Services, clock: CityClock) -> None:
    late, revoked = city.claims.new_ticket(OFFICER, UAI), city.claims.new_ticket(OFFICER, UAI)
    city.claims.revoke_ticket(OFFICER, revoked.id)
    city.claims.revoke_ticket(OFFICER, revoked.id)
    with pytest.raises(Denied, match="code_revoked"):
        city.claims.claim(claim_of(revoked.code.reveal(), new_key()), "a")
    clock.pass_by(days=30)
    with pytest.raises(Denied, match="code_expired"):
        city.claims.claim(claim_of(late.code.reveal(), new_key()), "a")
    assert [line.is_open for line in city.claims.tickets(UAI)] == [False, False]
    assert actions().count("claim_code.revoke") == 1
    with pytest.raises(NotFound):
        city.claims.revoke_ticket(OFFICER, 999)


def test_a_bad_request_does_not_use_up_the_code(city: Services) -> None:
    code = new_code(city)
    with pytest.raises(Invalid, match="bad_csr"):
        city.claims.claim(Claim(claim_of(code, new_key()).secret, "nonsense", "m", "1"), "a")
    assert city.claims.claim(claim_of(code, new_key()), "a").uai == UAI


def test_a_thousand_wrong_codes_are_refused_counted_once_and_lock_out_no_right_one(
    city: Services, clock: CityClock
) -> None:
    right, csr, outcomes = new_code(city), new_csr(new_key()), []
    for number in range(1000):
        with pytest.raises(CityError) as refused:
            city.claims.claim(Claim(f"{number:024d}", csr, "m", "1"), "10.0.0.9")
        outcomes.append(type(refused.value))
    assert outcomes == [Denied] * 20 + [TooMany] * 980
    assert actions().count("claim.wrong_codes") == 1
    with pytest.raises(Denied):
        city.claims.claim(Claim("0" * 24, csr, "m", "1"), "10.0.0.10")
    assert city.claims.claim(claim_of(right, new_key()), "10.0.0.9").uai == UAI
    clock.pass_by(minutes=16)
    with pytest.raises(Denied):
        city.claims.claim(Claim("0" * 24, csr, "m", "1"), "10.0.0.9")


def test_a_city_without_its_root_takes_no_box(city_db: str, tmp_path: Path, clock: CityClock) -> None:
    city = city_services(tmp_path, clock, city_db)
    city.schools.add(OFFICER, UAI, "École")
    code = new_code(city)
    write_setting(ROOT_PUBLIC, "")
    with pytest.raises(Conflict, match="city_not_initialized"):
        city.claims.claim(claim_of(code, new_key()), "a")


def test_a_blank_box_takes_the_place_of_a_dead_one_in_one_transaction(city: Services) -> None:
    old = claimed(city, new_key())
    new = claimed(city, new_key(), replaces=old.appliance)
    assert new.replaces
    assert new.appliance != old.appliance
    assert Appliance.get_by_id(old.appliance).standing == Standing.REPLACED
    with pytest.raises(Denied, match="appliance_replaced"):
        known(city, old.certificate)
    assert known(city, new.certificate).uai == UAI
    revoked = x509.load_pem_x509_crl(city.keys.folder.read("revoked.pem"))
    assert revoked.get_revoked_certificate_by_serial_number(int(serial_of(old.certificate), 16)) is not None


def test_what_a_dead_box_had_told_becomes_the_word_of_the_one_in_its_place(city: Services) -> None:
    """So that its comparison finds what came after its snapshot as gone: else that would stay for ever."""
    old = claimed(city, new_key())
    at = city.clock.now()
    Device.insert(
        id="d-1", school=UAI, appliance=old.appliance, serial="S1", name="T1", kind="tablet", status="active",
        updated_at=at,
    ).execute()  # fmt: skip
    Cart.insert(appliance=old.appliance, id="1", name="Classe mobile").execute()
    StateRow.insert(appliance=old.appliance, key="device:d-1", hash="x").execute()
    new = claimed(city, new_key(), replaces=old.appliance)
    assert Device.get_by_id("d-1").appliance == new.appliance
    assert [row.appliance_id for row in Cart.select()] == [new.appliance]
    assert [row.appliance_id for row in StateRow.select()] == [new.appliance]


def test_nothing_is_replaced_when_the_claim_fails(city: Services) -> None:
    old = claimed(city, new_key())
    code = new_code(city, UAI, old.appliance)
    with pytest.raises(Invalid):
        city.claims.claim(Claim(claim_of(code, new_key()).secret, "nonsense", "m", "1"), "a")
    assert known(city, old.certificate).standing is Standing.ACTIVE


def test_only_a_box_of_the_same_school_can_be_replaced_and_only_once(city: Services) -> None:
    old = claimed(city, new_key())
    with pytest.raises(Invalid):
        city.claims.new_ticket(OFFICER, OTHER, old.appliance)
    with pytest.raises(Invalid):
        city.claims.new_ticket(OFFICER, UAI, "a-nobody")
    first, second = new_code(city, UAI, old.appliance), new_code(city, UAI, old.appliance)
    city.claims.claim(claim_of(first, new_key()), "a")
    with pytest.raises(Denied, match="code_revoked"):
        city.claims.claim(claim_of(second, new_key()), "a")
    with pytest.raises(Conflict):
        city.claims.new_ticket(OFFICER, UAI, old.appliance)


def test_an_archived_school_gets_no_code_and_one_with_a_box_is_not_archived(city: Services) -> None:
    claimed(city, new_key())
    with pytest.raises(Conflict):
        city.schools.archive(OFFICER, UAI)
    given_out = new_code(city, OTHER)
    city.schools.archive(OFFICER, OTHER)
    with pytest.raises(Denied, match="code_revoked"):
        city.claims.claim(claim_of(given_out, new_key()), "a")
    with pytest.raises(Conflict):
        city.claims.new_ticket(OFFICER, OTHER)
    city.schools.restore(OFFICER, OTHER)
    assert new_code(city, OTHER)
    with pytest.raises(NotFound):
        city.claims.new_ticket(OFFICER, uai_of(9))


def test_a_renewed_certificate_and_the_one_before_both_hold(city: Services, clock: CityClock) -> None:
    """The answer may be lost: the box then still has the old one."""
    answer = claimed(city, new_key())
    clock.pass_by(days=120)
    renewed = city.certificates.renew(known(city, answer.certificate), new_csr(new_key()))
    assert known(city, answer.certificate).id == known(city, renewed.certificate).id == answer.appliance
    clock.pass_by(days=61)
    with pytest.raises(Denied, match="certificate_expired"):
        known(city, answer.certificate)
    assert known(city, renewed.certificate).uai == UAI


def test_an_expired_certificate_renews_by_its_old_key_for_a_year(city: Services, clock: CityClock) -> None:
    key, new = new_key(), new_key()
    answer = claimed(city, key)
    renewal = renewal_of(answer.certificate, key, new)
    clock.pass_by(days=180 + 364)
    renewed = city.certificates.renew_expired(renewal)
    assert known(city, renewed.certificate).id == answer.appliance
    clock.pass_by(days=2)
    with pytest.raises(Denied, match="renewal_too_late"):
        city.certificates.renew_expired(renewal)


def test_a_renewal_by_a_stranger_is_refused(city: Services, tmp_path: Path, clock: CityClock) -> None:
    answer = claimed(city, new_key())
    thief = new_key()
    with pytest.raises(Denied, match="bad_signature"):
        city.certificates.renew_expired(renewal_of(answer.certificate, thief, thief))
    with pytest.raises(Denied, match="certificate_unknown"):
        city.certificates.renew_expired(renewal_of("-----BEGIN NOTHING", thief, thief))


def test_a_revoked_box_comes_in_by_no_way(city: Services, clock: CityClock) -> None:
    key = new_key()
    code = new_code(city)
    answer = city.claims.claim(claim_of(code, key), "a")
    before = known(city, answer.certificate)
    city.certificates.revoke_appliance(OFFICER, answer.appliance)
    city.certificates.revoke_appliance(OFFICER, answer.appliance)
    assert actions().count("appliance.revoke") == 1
    with pytest.raises(Denied, match="appliance_revoked"):
        known(city, answer.certificate)
    with pytest.raises(Denied, match="appliance_revoked"):
        city.certificates.renew(before, new_csr(key))
    with pytest.raises(Denied, match="appliance_revoked"):
        city.certificates.renew_expired(renewal_of(answer.certificate, key, new_key()))
    with pytest.raises(Conflict, match="code_used"):
        city.claims.claim(claim_of(code, key), "a")
    assert Certificate.select().where(Certificate.revoked_at.is_null()).count() == 0
    with pytest.raises(NotFound):
        city.certificates.revoke_appliance(OFFICER, "a-nobody")


def test_a_certificate_that_the_database_does_not_know_is_refused(city: Services) -> None:
    """Of our authority, but of a claim that a restored backup has forgotten."""
    issued = city.keys.authority.issue_for_appliance(UAI, "a-forgotten", new_key().public_key(), city.clock.now())
    with pytest.raises(Denied, match="certificate_unknown"):
        city.certificates.who_shows(issued.serial)


def test_the_desk_writes_revocations_of_others_into_the_list(city: Services, clock: CityClock) -> None:
    answer = claimed(city, new_key())
    city.upkeep.step()
    city.certificates.revoke_appliance(OFFICER, answer.appliance)
    city.keys.folder.path_of("revoked.pem").unlink()  # another machine's folder: it was not there
    assert not city.upkeep.step(), "it looks every ten seconds"
    clock.pass_by(seconds=11)
    assert city.upkeep.step()
    listed = x509.load_pem_x509_crl(city.keys.folder.read("revoked.pem"))
    assert listed.get_revoked_certificate_by_serial_number(int(serial_of(answer.certificate), 16)) is not None
