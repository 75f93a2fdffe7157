-- Runs are listed by state, newest first, and every second those that ended or were asked for lately.
create index sync_runs_of_state on sync_runs (state, id);
create index sync_runs_by_end on sync_runs (finished_at);
create index sync_runs_by_request on sync_runs (requested_at);
