-- What the failures of many profiles have in common.
alter table sync_runs add column cause text; -- Fingerprint of the failure's cause, the same for all profiles that share it.
comment on column sync_runs.cause is 'Fingerprint of the failure''s cause, the same for all profiles that share it.';
