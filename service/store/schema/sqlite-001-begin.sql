-- SPDX-License-Identifier: Apache-2.0
-- Integer keys inside, public ids outside. Times are seconds UTC. Numbers of progress, state and
-- finding codes are those of the C enums, which are stable.

CREATE TABLE product (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    terminals INTEGER NOT NULL DEFAULT 0 CHECK (terminals >= 0) -- kept, not counted
) STRICT;

-- Who a terminal is: changes when somebody registers, enrols, accepts or blocks it.
CREATE TABLE terminal (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    product INTEGER NOT NULL REFERENCES product,
    serial TEXT NOT NULL,
    tag TEXT NOT NULL, -- the group, "acquirer/merchant/store"
    state INTEGER NOT NULL,
    code_sha256 BLOB NOT NULL,
    keytype TEXT NOT NULL,
    scheme TEXT NOT NULL,
    public_part TEXT NOT NULL,
    key_fingerprint BLOB UNIQUE, -- NULL: no key yet
    registered_s INTEGER NOT NULL,
    UNIQUE (serial, product)
) STRICT;
CREATE INDEX terminal_by_product ON terminal (product);

-- What changes with each check-in and report: narrow, so that many rows share a page.
CREATE TABLE terminal_now (
    terminal INTEGER PRIMARY KEY REFERENCES terminal,
    last_seen_s INTEGER NOT NULL DEFAULT 0, -- not indexed: it changes with every check-in
    assignment_sequence INTEGER NOT NULL DEFAULT 0,
    report_sequence INTEGER NOT NULL DEFAULT 0,
    progress INTEGER NOT NULL DEFAULT 0,
    rollout INTEGER NOT NULL DEFAULT 0 -- of the last report; 0: none that is known here
) STRICT;
-- Only reverted (5) and beyond, which somebody looks for: an index of every progress would cost
-- two more pages a report, and most of the fleet is idle or confirmed anyway.
CREATE INDEX terminal_now_in_trouble ON terminal_now (progress) WHERE progress >= 5;

-- The last facts, and of them what filters and previews group by.
CREATE TABLE facts (
    terminal INTEGER PRIMARY KEY REFERENCES terminal,
    product TEXT NOT NULL,
    os TEXT NOT NULL,
    model TEXT NOT NULL,
    region TEXT NOT NULL,
    tag TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;

CREATE TABLE rollout (
    key INTEGER PRIMARY KEY, -- begins at 1
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    product INTEGER NOT NULL REFERENCES product,
    version TEXT NOT NULL,
    manifest TEXT NOT NULL,
    state INTEGER NOT NULL,
    percent INTEGER NOT NULL,
    filter_os TEXT NOT NULL,
    filter_model TEXT NOT NULL,
    filter_region TEXT NOT NULL,
    filter_group TEXT NOT NULL,
    filter_serials TEXT NOT NULL,
    downgrade INTEGER NOT NULL,
    created_s INTEGER NOT NULL,
    started_s INTEGER NOT NULL,
    changed_s INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;
CREATE INDEX rollout_by_product ON rollout (product);

-- The last word of each terminal about each rollout. Rollout 0 is "none that is known here": so the
-- last report of a terminal is always the row (terminal_now.rollout, terminal).
CREATE TABLE outcome (
    rollout INTEGER NOT NULL,
    terminal INTEGER NOT NULL REFERENCES terminal,
    progress INTEGER NOT NULL,
    fetched_bytes INTEGER NOT NULL,
    at_s INTEGER NOT NULL,
    source TEXT NOT NULL,
    product TEXT NOT NULL,
    version TEXT NOT NULL,
    stated_rollout TEXT NOT NULL, -- what the terminal called it, where rollout is 0
    codes TEXT NOT NULL, -- numbers of the findings that stopped something, ascending: "200 203"
    omitted INTEGER NOT NULL, -- findings that were not kept
    findings TEXT NOT NULL, -- JSON; "" for none
    PRIMARY KEY (rollout, terminal)
) STRICT, WITHOUT ROWID;

-- Counters of outcome, moved in the transaction that changes it: a rollout's status costs the same
-- for ten terminals and ten million.
CREATE TABLE rollout_progress (
    rollout INTEGER NOT NULL,
    progress INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (rollout, progress)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollout_finding (
    rollout INTEGER NOT NULL,
    code INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (rollout, code)
) STRICT, WITHOUT ROWID;

-- Which terminals' last report has which finding.
CREATE TABLE terminal_finding (
    code INTEGER NOT NULL,
    terminal INTEGER NOT NULL REFERENCES terminal,
    PRIMARY KEY (code, terminal)
) STRICT, WITHOUT ROWID;

CREATE TABLE release (
    key INTEGER PRIMARY KEY,
    product INTEGER NOT NULL REFERENCES product,
    version TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    published_s INTEGER NOT NULL,
    manifest TEXT NOT NULL,
    manifest_sha256 BLOB NOT NULL,
    full_bytes INTEGER NOT NULL,
    deltas TEXT NOT NULL,
    UNIQUE (product, version)
) STRICT;

CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    created_s INTEGER NOT NULL,
    expires_s INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
