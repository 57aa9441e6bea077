from appliance.domain.findings import Finding, Severity, State, state_of, worst_first

GOOD = Finding(Severity.GOOD, "good")
NOTICE = Finding(Severity.NOTICE, "notice")
PROBLEM = Finding(Severity.PROBLEM, "problem")
STOPPED = Finding(Severity.PROBLEM, "stopped", stops=True)


def test_the_worst_comes_first_and_equals_keep_their_order() -> None:
    other = Finding(Severity.NOTICE, "other")

    assert worst_first([GOOD, NOTICE, STOPPED, other, PROBLEM]) == [STOPPED, PROBLEM, NOTICE, other, GOOD]


def test_one_word_tells_the_state() -> None:
    assert state_of([]) is State.UP
    assert state_of([GOOD, NOTICE]) is State.UP
    assert state_of([GOOD, PROBLEM]) is State.DEGRADED
    assert state_of([PROBLEM, STOPPED]) is State.DOWN
