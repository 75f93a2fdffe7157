-- For how long the API slowed a run down, beside how often.
alter table sync_runs add column throttled_us bigint not null default 0; -- Microseconds in which a request of it waited out a 429, or in which it was parked.
comment on column sync_runs.throttled_us is 'Microseconds in which a request of it waited out a 429, or in which it was parked.';
