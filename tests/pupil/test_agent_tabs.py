"""One device in several tabs, a device that is revoked, one that is not let in: who is connected, and who waits."""

from typing import Any

from playwright.sync_api import BrowserContext

from tests.pupil.agent_page import Bench, PupilPage
from tests.support.appliance import Appliance, wait_for


def second_tab(bench: Bench, first: PupilPage) -> PupilPage:
    tab = bench.open(first.page.context)
    tab.identity = dict(first.identity)
    return tab.start()


def connections(pupil: PupilPage) -> list[str]:
    """In their order, each once."""
    found: list[str] = []
    for one in pupil.said:
        if one["type"] == "state" and found[-1:] != [one["state"]["connection"]]:
            found.append(one["state"]["connection"])
    return found


def test_the_newest_tab_is_the_device_and_the_older_does_not_fight(bench: Bench) -> None:
    old = bench.device()
    new = second_tab(bench, old).wait_online()
    old.wait(connection="elsewhere")
    old.send(type="wake")
    new.send(type="wake")
    wait_for(lambda: new.page.evaluate("fetch('/api/time').then(() => true)"), what="a moment")
    assert connections(old)[-1] == "elsewhere"
    assert connections(new)[-1] == "online"
    old.send(type="take_over")
    old.wait_online()
    new.wait(connection="elsewhere")


def test_the_tab_that_waits_takes_over_when_the_other_is_closed(bench: Bench) -> None:
    old = bench.device()
    new = second_tab(bench, old).wait_online()
    old.wait(connection="elsewhere")
    new.page.close(run_before_unload=True)
    old.wait(8, connection="online")


def test_a_tab_that_is_reloaded_stays_the_device(bench: Bench) -> None:
    old = bench.device()
    new = second_tab(bench, old).wait_online()
    old.wait(connection="elsewhere")
    new.reload().wait_online()
    new.spend(3.5)
    assert connections(old)[-1] == "elsewhere"
    assert connections(new)[-1] == "online"


def test_a_device_that_is_enrolled_again_refuses_the_old_password_and_takes_the_new(
    box: Appliance, bench: Bench
) -> None:
    pupil = bench.device()
    old = dict(pupil.identity)
    pupil.enroll(bench.link)
    assert (pupil.id, pupil.identity["name"]) == (old["id"], old["name"])
    assert pupil.identity["password"] != old["password"]
    pupil.wait(20, connection="refused")
    pupil.start().wait_online()


def test_a_device_that_is_removed_is_out_at_once_and_says_so(box: Appliance, bench: Bench) -> None:
    pupil, other = bench.device(), bench.device()
    box.add_user("mairie", "administrator")
    answer = box.browser("mairie").post_form(f"/admin/devices/{pupil.id}/revoke", {})
    assert answer.ok, answer.text[:300]
    pupil.wait(connection="refused")
    pupil.send(type="wake")
    pupil.send(type="hand", raised=True)
    assert connections(pupil)[-1] == "refused"
    assert connections(other)[-1] == "online"


def test_a_forged_identity_gets_nowhere(bench: Bench) -> None:
    victim, thief = bench.device(), bench.open()
    thief.identity = victim.identity | {"password": "x" * 27}
    thief.start()
    thief.wait(connection="refused")
    assert connections(victim)[-1] == "online"


FORGERY = """async ({ identity, victim, url }) => {
    const { default: mqtt } = await import("/static/vendor/mqtt.esm.js");
    const client = await mqtt.connectAsync(url, { clientId: victim, username: identity.id, password: identity.password,
        protocolVersion: 5, reconnectPeriod: 0, timerVariant: "native" });
    const heard = [];
    client.on("message", (topic) => heard.push(topic));
    await client.subscribeAsync(["#", "devices/#", `devices/${victim}/desired`], { qos: 1 }).catch(() => {});
    const answers = [];
    for (const [topic, payload] of [
        [`devices/${victim}/presence`, "offline"], [`devices/${victim}/acks`, "{}"],
        [`devices/${victim}/desired`, '{"version": 99999}'], [`devices/${identity.id}/desired`, '{"version": 99999}'],
        ["hub/time", '{"now": "2031-01-01T00:00:00Z"}'],
    ]) {
        const sent = client.publishAsync(topic, payload, { qos: 1, retain: true });
        answers.push(await sent.then(() => "taken", (one) => one.code));
    }
    client.end(true);
    return { heard: heard.filter((topic) => topic.includes(victim)), answers };
}"""


def test_a_pupil_with_developer_tools_harms_nobody(bench: Bench) -> None:
    victim, pupil = bench.device(), bench.device()
    wanted = {"identity": pupil.identity, "victim": victim.id, "url": pupil.identity["websocket"]}
    found: dict[str, Any] = pupil.page.evaluate(FORGERY, wanted)
    assert found == {"heard": [], "answers": [0x87] * 5}
    assert connections(victim)[-1] == "online"
    pupil.wait_online()  # it had thrown out itself


def databases(context: BrowserContext, pupil: PupilPage) -> list[str]:
    found: list[str] = pupil.page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
    return found


def test_an_agent_that_is_stopped_lets_go_of_its_memory(bench: Bench) -> None:
    """So that the page of a guest can leave nothing."""
    pupil = bench.device()
    assert databases(pupil.page.context, pupil) == [f"preau-{pupil.id}"]
    pupil.send(type="stop")
    pupil.page.evaluate("(id) => void indexedDB.deleteDatabase(`preau-${id}`)", pupil.id)
    wait_for(lambda: databases(pupil.page.context, pupil) == [] or None, what="the memory is gone")
