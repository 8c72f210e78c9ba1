-- Written by scripts/schema_sql.py from yingda.store.schema; do not edit.
CREATE TABLE access_token (
    app_id TEXT NOT NULL,
    value TEXT,
    refresh_at DOUBLE DEFAULT 0 NOT NULL,
    expires_at DOUBLE DEFAULT 0 NOT NULL,
    forced_at DOUBLE DEFAULT 0 NOT NULL,
    forced_count INTEGER DEFAULT 0 NOT NULL,
    lease BIGINT NOT NULL,
    leased_until DOUBLE NOT NULL,
    CONSTRAINT pk_access_token PRIMARY KEY (app_id)
);
CREATE TABLE breaker (
    provider TEXT NOT NULL,
    version BIGINT NOT NULL,
    open_until DOUBLE NOT NULL,
    tested_until DOUBLE NOT NULL,
    doublings INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    CONSTRAINT pk_breaker PRIMARY KEY (provider)
);
CREATE TABLE conversation (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    user TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_conversation_id TEXT,
    opened_at DOUBLE NOT NULL,
    closed_at DOUBLE,
    summary TEXT DEFAULT '' NOT NULL,
    summary_through INTEGER DEFAULT 0 NOT NULL
);
CREATE INDEX ix_conversation_follower ON conversation (account, openid);
CREATE UNIQUE INDEX uq_conversation_open ON conversation (account, openid, provider) WHERE closed_at IS NULL;
CREATE TABLE erasure (
    id INTEGER NOT NULL,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    entered_at DOUBLE NOT NULL,
    due_at DOUBLE NOT NULL,
    up_to_turn_id INTEGER NOT NULL,
    up_to_push_id INTEGER NOT NULL,
    CONSTRAINT pk_erasure PRIMARY KEY (id)
);
CREATE INDEX ix_erasure_due_at ON erasure (due_at);
CREATE TABLE forget_request (
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    code TEXT NOT NULL,
    expires_at DOUBLE NOT NULL,
    CONSTRAINT pk_forget_request PRIMARY KEY (account, openid)
);
CREATE INDEX ix_forget_request_expires_at ON forget_request (expires_at);
CREATE TABLE numbering (
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    number INTEGER NOT NULL,
    CONSTRAINT pk_numbering PRIMARY KEY (account, openid)
);
CREATE TABLE preference (
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    provider TEXT NOT NULL,
    chosen_at DOUBLE NOT NULL,
    CONSTRAINT pk_preference PRIMARY KEY (account, openid)
);
CREATE TABLE process (
    id BIGINT NOT NULL,
    started_at DOUBLE NOT NULL,
    seen_at DOUBLE NOT NULL,
    runs_turns INTEGER NOT NULL,
    CONSTRAINT pk_process PRIMARY KEY (id)
);
CREATE TABLE provider_deletion (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    provider TEXT NOT NULL,
    user TEXT NOT NULL,
    provider_conversation_id TEXT NOT NULL,
    due_at DOUBLE NOT NULL,
    tries INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT uq_provider_deletion_provider_provider_conversation_id UNIQUE (provider, provider_conversation_id)
);
CREATE INDEX ix_provider_deletion_due_at ON provider_deletion (due_at);
CREATE TABLE push_right (
    account TEXT NOT NULL,
    is_allowed INTEGER NOT NULL,
    learnt_at DOUBLE NOT NULL,
    fingerprint TEXT NOT NULL,
    CONSTRAINT pk_push_right PRIMARY KEY (account)
);
CREATE TABLE quota (
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    messages_left INTEGER NOT NULL,
    acted_at DOUBLE NOT NULL,
    expires_at DOUBLE NOT NULL,
    CONSTRAINT pk_quota PRIMARY KEY (account, openid)
);
CREATE TABLE round_owner (
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    owner BIGINT NOT NULL,
    CONSTRAINT pk_round_owner PRIMARY KEY (kind, account, openid)
);
CREATE INDEX ix_round_owner_owner ON round_owner (owner);
CREATE TABLE secret (
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    CONSTRAINT pk_secret PRIMARY KEY (name)
);
CREATE TABLE settings_snapshot (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at DOUBLE NOT NULL,
    differed_at DOUBLE NOT NULL,
    CONSTRAINT pk_settings_snapshot PRIMARY KEY (kind, name)
);
CREATE TABLE spending (
    account TEXT NOT NULL,
    month TEXT NOT NULL,
    currency TEXT NOT NULL,
    price_nano BIGINT DEFAULT 0 NOT NULL,
    answers INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_spending PRIMARY KEY (account, month, currency)
);
CREATE TABLE turn (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    number INTEGER NOT NULL,
    question TEXT NOT NULL,
    state TEXT NOT NULL,
    run_no INTEGER DEFAULT 0 NOT NULL,
    entered_at DOUBLE NOT NULL,
    ended_at DOUBLE,
    answer TEXT DEFAULT '' NOT NULL,
    failure TEXT,
    failure_detail TEXT DEFAULT '' NOT NULL,
    conversation_was_reset INTEGER DEFAULT 0 NOT NULL,
    cursor_source_chars INTEGER DEFAULT 0 NOT NULL,
    cursor_block_chars INTEGER DEFAULT 0 NOT NULL,
    parts_offered INTEGER DEFAULT 0 NOT NULL,
    is_unread INTEGER DEFAULT 0 NOT NULL,
    promised_at DOUBLE,
    is_withdrawn INTEGER DEFAULT 0 NOT NULL,
    run_started_at DOUBLE,
    asked_in_conversation_id TEXT,
    run_conversation_id TEXT,
    task_id TEXT,
    message_id TEXT,
    workflow_run_id TEXT,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    total_tokens INTEGER,
    total_price TEXT,
    currency TEXT,
    revision INTEGER DEFAULT 0 NOT NULL,
    notice TEXT,
    replaced_answer TEXT,
    holds INTEGER DEFAULT 0 NOT NULL,
    chance DOUBLE,
    erased_at DOUBLE,
    is_pushed INTEGER DEFAULT 0 NOT NULL,
    push_end TEXT,
    provider TEXT,
    form TEXT DEFAULT 'text' NOT NULL,
    first_text_at DOUBLE,
    price_nano BIGINT,
    suggestions TEXT,
    rating TEXT,
    rating_due_at DOUBLE,
    cached_prompt_tokens INTEGER,
    rated_at DOUBLE,
    CONSTRAINT uq_turn_account_openid_number UNIQUE (account, openid, number),
    CONSTRAINT fk_turn_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversation (id)
);
CREATE INDEX ix_turn_ended ON turn (account, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ix_turn_pending ON turn (account, openid, id) WHERE state IN ('queued', 'running');
CREATE INDEX ix_turn_pushed ON turn (account, openid, id) WHERE is_pushed = 1;
CREATE INDEX ix_turn_rating ON turn (rating_due_at) WHERE rating_due_at IS NOT NULL;
CREATE INDEX ix_turn_said ON turn (conversation_id, number) WHERE answer <> '' AND is_withdrawn = 0;
CREATE INDEX ix_turn_unread ON turn (account, openid, id) WHERE is_unread = 1;
CREATE TABLE attachment (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    kind TEXT NOT NULL,
    received_at DOUBLE NOT NULL,
    turn_id INTEGER,
    url TEXT DEFAULT '' NOT NULL,
    media_id TEXT DEFAULT '' NOT NULL,
    fine_media_id TEXT DEFAULT '' NOT NULL,
    CONSTRAINT fk_attachment_turn_id FOREIGN KEY(turn_id) REFERENCES turn (id)
);
CREATE INDEX ix_attachment_follower ON attachment (account, openid, received_at);
CREATE INDEX ix_attachment_received_at ON attachment (received_at);
CREATE INDEX ix_attachment_turn_id ON attachment (turn_id);
CREATE TABLE enclosure (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    turn_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    url TEXT DEFAULT '' NOT NULL,
    media_id TEXT DEFAULT '' NOT NULL,
    media_expires_at DOUBLE,
    state TEXT NOT NULL,
    doubts INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT fk_enclosure_turn_id FOREIGN KEY(turn_id) REFERENCES turn (id)
);
CREATE INDEX ix_enclosure_open ON enclosure (account, openid) WHERE state IN ('due', 'chosen');
CREATE INDEX ix_enclosure_turn_id ON enclosure (turn_id);
CREATE TABLE hold (
    id INTEGER NOT NULL,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    openid TEXT NOT NULL,
    turn_id INTEGER NOT NULL,
    at DOUBLE NOT NULL,
    CONSTRAINT pk_hold PRIMARY KEY (id),
    CONSTRAINT fk_hold_turn_id FOREIGN KEY(turn_id) REFERENCES turn (id)
);
CREATE INDEX ix_hold_account_at ON hold (account, at);
CREATE TABLE lost_run (
    turn_id INTEGER NOT NULL,
    run_no INTEGER NOT NULL,
    started_at DOUBLE NOT NULL,
    taken_over_at DOUBLE NOT NULL,
    conversation_id TEXT,
    task_id TEXT,
    message_id TEXT,
    workflow_run_id TEXT,
    provider TEXT,
    CONSTRAINT pk_lost_run PRIMARY KEY (turn_id, run_no),
    CONSTRAINT fk_lost_run_turn_id FOREIGN KEY(turn_id) REFERENCES turn (id)
);
CREATE TABLE push (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    openid TEXT NOT NULL,
    "key" TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at DOUBLE NOT NULL,
    first_seen_at DOUBLE NOT NULL,
    attempts INTEGER DEFAULT 1 NOT NULL,
    turn_id INTEGER,
    reply BLOB,
    chosen_at DOUBLE,
    CONSTRAINT uq_push_account_openid_key UNIQUE (account, openid, "key"),
    CONSTRAINT fk_push_turn_id FOREIGN KEY(turn_id) REFERENCES turn (id)
);
CREATE INDEX ix_push_turn_id ON push (turn_id);
CREATE TABLE offer (
    id INTEGER NOT NULL,
    turn_id INTEGER NOT NULL,
    push_id INTEGER,
    run_no INTEGER NOT NULL,
    part_no INTEGER NOT NULL,
    start_source_chars INTEGER NOT NULL,
    start_block_chars INTEGER NOT NULL,
    end_source_chars INTEGER NOT NULL,
    end_block_chars INTEGER NOT NULL,
    completes INTEGER NOT NULL,
    state TEXT NOT NULL,
    offered_at DOUBLE NOT NULL,
    revision INTEGER DEFAULT 0 NOT NULL,
    shown TEXT,
    CONSTRAINT pk_offer PRIMARY KEY (id),
    CONSTRAINT fk_offer_turn_id FOREIGN KEY(turn_id) REFERENCES turn (id),
    CONSTRAINT uq_offer_push_id UNIQUE (push_id),
    CONSTRAINT fk_offer_push_id FOREIGN KEY(push_id) REFERENCES push (id)
);
CREATE INDEX ix_offer_turn_id ON offer (turn_id);
CREATE INDEX ix_offer_unsettled ON offer (id) WHERE state = 'chosen';
