"""`/metrics` of the city, on both engines: what Prometheus' own parser reads, for whoever has the token."""

from prometheus_client.parser import text_string_to_metric_families

from central.store.models import Appliance, ParkedRecord
from central.web.metrics import token_path
from tests.central.web.conftest import ORIGIN, OWN, Site

TOKEN = "t" * 43


def shown(site: Site, token: str) -> tuple[int, str]:
    client = site.app.test_client()
    answer = client.get("/metrics", base_url=ORIGIN, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.get_data(as_text=True)


def test_there_is_no_such_page_without_the_token(site: Site) -> None:
    path = token_path(site.services.config.secrets_path)
    assert shown(site, TOKEN)[0] == 404
    path.write_text("short")
    assert shown(site, "short")[0] == 404
    path.write_text(TOKEN)
    assert shown(site, "u" * 43)[0] == 404
    assert shown(site, TOKEN)[0] == 200


def test_prometheus_reads_how_the_fleet_is_and_what_was_not_done(site: Site) -> None:
    now = site.clock.now()
    Appliance.create(id="a-1", school=OWN, claimed_at=now, hello_at=now)
    Appliance.create(id="a-2", school=OWN, claimed_at=now, standing="fenced")
    ParkedRecord.create(appliance="a-1", epoch="e", lane=2, seq=1, record={}, reason="unknown_type", parked_at=now)
    token_path(site.services.config.secrets_path).write_text(TOKEN)
    site.clock.pass_by(hours=1)
    families = {one.name: one for one in text_string_to_metric_families(shown(site, TOKEN)[1])}
    by_standing = {one.labels["standing"]: one.value for one in families["preau_city_appliances"].samples}
    assert by_standing == {"active": 1, "fenced": 1}
    assert families["preau_city_appliances_late"].samples[0].value == 1
    assert families["preau_city_parked_records"].samples[0].value == 1
