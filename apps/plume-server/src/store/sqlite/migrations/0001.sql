-- Times are milliseconds since 1970, except in the series. A status is its rank: red 0 … green 4.

CREATE TABLE tenant (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE home (
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenant,
    id TEXT NOT NULL UNIQUE,
    customer TEXT NOT NULL,
    location TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The name as lists sort it: numbers by their value.
    sorted TEXT NOT NULL,
    firmware TEXT,
    model TEXT,
    region TEXT,
    status INTEGER NOT NULL,
    since INTEGER NOT NULL,
    headline TEXT NOT NULL
) STRICT;
CREATE INDEX home_list ON home (tenant, status, sorted, id);

-- Changed by every check, so apart from what lists read.
CREATE TABLE work (
    home INTEGER PRIMARY KEY REFERENCES home ON DELETE CASCADE,
    tenant INTEGER NOT NULL REFERENCES tenant,
    class INTEGER NOT NULL,
    due INTEGER NOT NULL,
    since INTEGER NOT NULL,
    runs_since_full INTEGER NOT NULL,
    wants_full INTEGER NOT NULL,
    checked INTEGER,
    -- The last check with data.
    data INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    -- On the monotonic clock of the process: a claim does not outlive it.
    leased_until INTEGER,
    state BLOB
) STRICT;
CREATE INDEX work_due ON work (tenant, class, due);

-- The number of homes by status, so that a page need not count them.
CREATE TABLE home_count (
    tenant INTEGER NOT NULL REFERENCES tenant,
    status INTEGER NOT NULL,
    homes INTEGER NOT NULL,
    PRIMARY KEY (tenant, status)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER home_added AFTER INSERT ON home BEGIN
    INSERT INTO home_count VALUES (new.tenant, new.status, 1)
        ON CONFLICT DO UPDATE SET homes = homes + 1;
END;
CREATE TRIGGER home_removed AFTER DELETE ON home BEGIN
    UPDATE home_count SET homes = homes - 1 WHERE tenant = old.tenant AND status = old.status;
END;
CREATE TRIGGER home_changed AFTER UPDATE OF status ON home WHEN old.status <> new.status BEGIN
    UPDATE home_count SET homes = homes - 1 WHERE tenant = old.tenant AND status = old.status;
    INSERT INTO home_count VALUES (new.tenant, new.status, 1)
        ON CONFLICT DO UPDATE SET homes = homes + 1;
END;

CREATE TABLE tag (
    tenant INTEGER NOT NULL REFERENCES tenant,
    tag TEXT NOT NULL,
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    PRIMARY KEY (tenant, tag, home)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_home ON tag (home, tenant, tag);

-- The words of the search.
CREATE TABLE word (
    tenant INTEGER NOT NULL REFERENCES tenant,
    word TEXT NOT NULL,
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    PRIMARY KEY (tenant, word, home)
) STRICT, WITHOUT ROWID;
CREATE INDEX word_home ON word (home, tenant, word);

-- Blocks of samples and of summaries: one row for an hour of samples, a day of hours, a month of days.
CREATE TABLE sample (
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    block INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (home, block)
) STRICT, WITHOUT ROWID;
CREATE TABLE hour (
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    block INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (home, block)
) STRICT, WITHOUT ROWID;
CREATE TABLE day (
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    block INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (home, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE transition (
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenant,
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    -- The start of the new status.
    since INTEGER NOT NULL,
    -- The time of the decision.
    at INTEGER NOT NULL,
    headline TEXT NOT NULL,
    document BLOB NOT NULL
) STRICT;
-- By the order of the decisions, which is that of the keys.
CREATE INDEX transition_home ON transition (home);
CREATE INDEX transition_latest ON transition (tenant, at);

-- The document is the incident; the columns beside it are for queries.
CREATE TABLE incident (
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenant,
    id TEXT NOT NULL,
    home INTEGER REFERENCES home ON DELETE SET NULL,
    -- Home 0, fleet 1, source 2.
    scope INTEGER NOT NULL,
    status INTEGER NOT NULL,
    -- Its place in lists with the worst first, and the number of its homes.
    rank INTEGER NOT NULL,
    homes INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER,
    fleet TEXT,
    -- The time of the next decision about messages.
    wake INTEGER,
    for_digest INTEGER NOT NULL DEFAULT 0,
    -- The time until which a person has it.
    claimed_until INTEGER,
    edition INTEGER NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (tenant, id)
) STRICT;
CREATE INDEX incident_open ON incident (tenant, opened) WHERE closed IS NULL;
CREATE INDEX incident_worst ON incident (tenant, rank, homes DESC, opened DESC, id DESC, claimed_until) WHERE closed IS NULL AND fleet IS NULL;
CREATE INDEX incident_opened ON incident (tenant, opened);
CREATE INDEX incident_home ON incident (home, opened) WHERE home IS NOT NULL;
CREATE INDEX incident_fleet ON incident (tenant, fleet, opened) WHERE fleet IS NOT NULL;
CREATE INDEX incident_wake ON incident (wake) WHERE wake IS NOT NULL;
CREATE INDEX incident_count ON incident (scope, status, closed, fleet) WHERE closed IS NULL AND fleet IS NULL;
CREATE INDEX incident_digest ON incident (tenant, opened) WHERE for_digest;

CREATE TABLE outbox (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL REFERENCES tenant,
    channel TEXT NOT NULL,
    incident TEXT,
    dedup TEXT NOT NULL,
    body BLOB NOT NULL,
    stored INTEGER NOT NULL,
    -- The time from which its life counts.
    alive_since INTEGER NOT NULL,
    -- Empty for a message that no attempt will follow.
    due INTEGER,
    is_dead INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER,
    -- Whether an attempt began and its outcome is not recorded.
    is_uncertain INTEGER NOT NULL DEFAULT 0,
    -- The number of older messages that are not sent because of this one.
    replaced INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant, channel, dedup)
) STRICT;
CREATE INDEX outbox_due ON outbox (due) WHERE due IS NOT NULL;
CREATE INDEX outbox_queue ON outbox (tenant, channel) WHERE due IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (tenant) WHERE due IS NOT NULL OR is_dead;
CREATE INDEX outbox_stored ON outbox (tenant, stored);

CREATE TABLE delivery (
    key INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenant,
    message INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
    channel TEXT NOT NULL,
    incident TEXT,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_message ON delivery (message);
CREATE INDEX delivery_latest ON delivery (tenant, at);
CREATE INDEX delivery_channel ON delivery (tenant, channel, at);
CREATE INDEX delivery_incident ON delivery (tenant, incident, at) WHERE incident IS NOT NULL;

-- Documents that people or the monitor edit.
CREATE TABLE record (
    tenant INTEGER NOT NULL REFERENCES tenant,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    edition INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) STRICT;

-- The latest changes of what pages show.
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL REFERENCES tenant,
    kind INTEGER NOT NULL,
    subject TEXT NOT NULL
) STRICT;

-- Progress of the store's own work.
CREATE TABLE progress (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Access: sessions, tokens and accounts (ids are hashes, or names of accounts), and the audit.
CREATE TABLE pass (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    seen INTEGER NOT NULL,
    ends INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX pass_seen ON pass (kind, seen);
CREATE INDEX pass_ends ON pass (ends) WHERE ends IS NOT NULL;

CREATE TABLE suspension (
    tenant INTEGER PRIMARY KEY REFERENCES tenant
) STRICT;

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- The id of the tenant, as it is part of the chain.
    tenant TEXT,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    outcome TEXT NOT NULL,
    mac BLOB NOT NULL
) STRICT;
CREATE INDEX audit_tenant ON audit (tenant, number);
-- The sealed key, number and last code of the chain.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
) STRICT;

-- The time of homes and groups by class, counted over fixed periods. The rank is the percentage, and above 100 without one.
CREATE TABLE uptime (
    home INTEGER NOT NULL REFERENCES home ON DELETE CASCADE,
    period INTEGER NOT NULL,
    tenant INTEGER NOT NULL REFERENCES tenant,
    at INTEGER NOT NULL,
    rank REAL NOT NULL,
    -- That of the home. A list continues after one that was removed meanwhile.
    id TEXT NOT NULL,
    percent REAL,
    up INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    maintenance INTEGER NOT NULL,
    PRIMARY KEY (home, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX uptime_worst ON uptime (tenant, period, rank, id);
CREATE TABLE group_uptime (
    tenant INTEGER NOT NULL REFERENCES tenant,
    period INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    homes INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rank REAL NOT NULL,
    percent REAL,
    up INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    down INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    maintenance INTEGER NOT NULL,
    PRIMARY KEY (tenant, period, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_uptime_worst ON group_uptime (tenant, period, kind, rank, value);
