"""What turns a store of an earlier version into one of this version: SQL, written once and never changed again."""

# From version N to N+1, in order: SQL statements. Released schemas only grow.
MIGRATIONS: dict[int, tuple[str, ...]] = {
    1: (
        "ALTER TABLE enrollment_token ADD COLUMN device_id VARCHAR(255)",
        "ALTER TABLE enrollment_token ADD COLUMN lesson_id VARCHAR(255)",
        "ALTER TABLE device ADD COLUMN guest_lesson_id VARCHAR(255)",
        "ALTER TABLE lesson_device ADD COLUMN display TEXT",
        "ALTER TABLE receipt ADD COLUMN channel VARCHAR(255) NOT NULL DEFAULT 'own'",
        "ALTER TABLE receipt ADD COLUMN evidence VARCHAR(255)",
        "CREATE TABLE agent_link (device_id VARCHAR(255) NOT NULL PRIMARY KEY, agent VARCHAR(255) NOT NULL, "
        "profile VARCHAR(255) NOT NULL, username VARCHAR(255) NOT NULL, credential VARCHAR(255) NOT NULL, "
        "exit_code VARCHAR(255) NOT NULL, capabilities TEXT NOT NULL, state TEXT, created_at INTEGER NOT NULL, "
        "seen_at INTEGER, FOREIGN KEY (device_id) REFERENCES device (id) ON DELETE CASCADE)",
        "CREATE UNIQUE INDEX agent_link_username ON agent_link (username)",
        "CREATE TABLE join_code (code VARCHAR(255) NOT NULL PRIMARY KEY, lesson_id VARCHAR(255), "
        "device_id VARCHAR(255), created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL)",
    ),
    2: (
        "ALTER TABLE user ADD COLUMN source VARCHAR(255) NOT NULL DEFAULT 'school'",
        "ALTER TABLE usage_mark ADD COLUMN forgotten INTEGER NOT NULL DEFAULT '-1'",
        "CREATE TABLE city_link (id INTEGER NOT NULL PRIMARY KEY, address VARCHAR(255) NOT NULL, appliance "
        "VARCHAR(255) NOT NULL, uai VARCHAR(255) NOT NULL, city VARCHAR(255) NOT NULL, broker VARCHAR(255) "
        "NOT NULL, root VARCHAR(255) NOT NULL, time_key VARCHAR(255) NOT NULL, token VARCHAR(255) NOT NULL, "
        "standing VARCHAR(255) NOT NULL, claimed_at INTEGER NOT NULL, hello_at INTEGER, tried_at INTEGER, "
        "trouble VARCHAR(255) NOT NULL, trouble_detail TEXT NOT NULL, trouble_at INTEGER, ring TEXT NOT NULL,"
        " ring_version INTEGER NOT NULL, config TEXT NOT NULL, config_version INTEGER NOT NULL, reconciled_on"
        " VARCHAR(255) NOT NULL, mark VARCHAR(255) NOT NULL, other_chosen INTEGER NOT NULL, asked_at INTEGER,"
        " snapshot_trouble VARCHAR(255) NOT NULL, takeover_trouble VARCHAR(255) NOT NULL)",
        "CREATE TABLE incarnation (id INTEGER NOT NULL PRIMARY KEY, epoch VARCHAR(255) NOT NULL, hardware "
        "VARCHAR(255) NOT NULL, began_at INTEGER NOT NULL, reason VARCHAR(255) NOT NULL)",
        "CREATE TABLE outbox_lane (lane INTEGER NOT NULL PRIMARY KEY, last_seq INTEGER NOT NULL, acknowledged"
        " INTEGER NOT NULL, offered INTEGER NOT NULL, purged INTEGER NOT NULL)",
        "CREATE TABLE outbox_record (lane INTEGER NOT NULL, seq INTEGER NOT NULL, type VARCHAR(255) NOT NULL,"
        " key VARCHAR(255), body TEXT, at INTEGER NOT NULL, acknowledged_at INTEGER, parked VARCHAR(255) NOT "
        "NULL, origin VARCHAR(255), PRIMARY KEY (lane, seq)) WITHOUT ROWID",
        "CREATE TABLE device_day (day VARCHAR(255) NOT NULL, device_id VARCHAR(255) NOT NULL, lowest INTEGER, "
        "highest INTEGER, PRIMARY KEY (day, device_id)) WITHOUT ROWID",
        "CREATE TABLE exchange (id INTEGER NOT NULL PRIMARY KEY, at INTEGER NOT NULL, kind VARCHAR(255) NOT "
        "NULL, lane INTEGER, body BLOB, size INTEGER NOT NULL, wire INTEGER NOT NULL, answered_at INTEGER, "
        "outcome VARCHAR(255) NOT NULL)",
        "CREATE TABLE instruction (id VARCHAR(255) NOT NULL PRIMARY KEY, kind VARCHAR(255) NOT NULL, by "
        "VARCHAR(255) NOT NULL, envelope TEXT NOT NULL, state VARCHAR(255) NOT NULL, refusal VARCHAR(255) NOT"
        " NULL, detail TEXT NOT NULL, received_at INTEGER NOT NULL, not_after INTEGER NOT NULL, started_at "
        "INTEGER, finished_at INTEGER, progress TEXT, is_canceled INTEGER NOT NULL)",
        "CREATE UNIQUE INDEX one_row_a_key ON outbox_record(lane, key) WHERE key IS NOT NULL",
        "CREATE INDEX open_instructions ON instruction(state) WHERE finished_at IS NULL",
    ),
}
