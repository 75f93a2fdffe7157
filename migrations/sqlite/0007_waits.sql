-- What a sync waits for and since when, and which logins cannot be asked. Instants are microseconds since 1970 UTC.

alter table sync_runs add column state_since integer; -- When it came into its state: queued or parked, claimed, committing, held, ended; null when an older version set it.
alter table sync_runs add column waits text; -- What its owner waits for now, as JSON: requests, and the pause of its login; null while it waits for nothing.

-- Logins whose profiles could not be listed when they were last asked for; a listing that succeeds deletes the row.
create table login_failures (
    login text primary key, -- Name of the login in the configuration.
    cause text not null, -- Fingerprint of the failure's cause, the same as of syncs that fail of it.
    since integer not null, -- When the login began to fail of this cause.
    failed_at integer not null, -- When it last did.
    error text not null -- Why, as a JSON error report.
);
