-- The rate budget, remembered across starts and shared by all processes. Instants are microseconds since 1970 UTC.

-- What is learned and booked of each client in each region, and of its profiles.
create table rate_budgets (
    account text not null, -- Hash of the client id, and the region.
    profile_id integer not null, -- The profile whose own limit this is; 0 for the limit of the whole account.
    per_second real, -- Learned rate in requests per second; null while nothing was learned.
    learned_at integer, -- When it was learned.
    full_at integer not null default 0, -- The bucket of all processes together is full again at this instant.
    booked integer not null default 0, -- Weight of all requests that were ever booked.
    not_before integer, -- The API asked for a pause: nothing is to be sent earlier.
    primary key (account, profile_id)
);

-- Processes that send requests for an account now, where they divide its rate instead of booking.
create table rate_processes (
    account text not null, -- Hash of the client id, and the region.
    process text not null, -- The process.
    seen_at integer not null, -- Its last sign of life.
    primary key (account, process)
);

alter table sync_runs add column parks integer not null default 0; -- Times in a row that it was parked without a page between.
