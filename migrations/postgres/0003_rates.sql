-- The rate budget, remembered across starts and shared by all processes. Instants are microseconds since 1970 UTC.

-- What is learned and booked of each client in each region, and of its profiles.
create table rate_budgets (
    account text not null, -- Hash of the client id, and the region.
    profile_id bigint not null, -- The profile whose own limit this is; 0 for the limit of the whole account.
    per_second double precision, -- Learned rate in requests per second; null while nothing was learned.
    learned_at bigint, -- When it was learned.
    full_at bigint not null default 0, -- The bucket of all processes together is full again at this instant.
    booked bigint not null default 0, -- Weight of all requests that were ever booked.
    not_before bigint, -- The API asked for a pause: nothing is to be sent earlier.
    primary key (account, profile_id)
);
comment on table rate_budgets is 'What is learned and booked of each client in each region, and of its profiles.';
comment on column rate_budgets.account is 'Hash of the client id, and the region.';
comment on column rate_budgets.profile_id is 'The profile whose own limit this is; 0 for the limit of the whole account.';
comment on column rate_budgets.per_second is 'Learned rate in requests per second; null while nothing was learned.';
comment on column rate_budgets.learned_at is 'When it was learned.';
comment on column rate_budgets.full_at is 'The bucket of all processes together is full again at this instant.';
comment on column rate_budgets.booked is 'Weight of all requests that were ever booked.';
comment on column rate_budgets.not_before is 'The API asked for a pause: nothing is to be sent earlier.';

-- Processes that send requests for an account now, where they divide its rate instead of booking.
create table rate_processes (
    account text not null, -- Hash of the client id, and the region.
    process text not null, -- The process.
    seen_at bigint not null, -- Its last sign of life.
    primary key (account, process)
);
comment on table rate_processes is 'Processes that send requests for an account now, where they divide its rate instead of booking.';
comment on column rate_processes.account is 'Hash of the client id, and the region.';
comment on column rate_processes.process is 'The process.';
comment on column rate_processes.seen_at is 'Its last sign of life.';

alter table sync_runs add column parks bigint not null default 0; -- Times in a row that it was parked without a page between.
comment on column sync_runs.parks is 'Times in a row that it was parked without a page between.';
