-- Dates runs back: the first of each profile by hours, a later one by some minutes. What is shown then has ages that do
-- not depend on how fast the scene was played, and the machine's name is not told.
create temp table ages as
    select id,
        case when exists (select 1 from sync_runs b where b.profile_id = a.profile_id and b.id < a.id)
            then (4 + profile_id % 17) * 60000000 + 30000000
            else (2 + profile_id % 7) * 3600000000 + 1500000000 end as by
    from sync_runs a;
update sync_runs set
    requested_by = 'operator@lab',
    requested_at = requested_at - (select by from ages where ages.id = sync_runs.id),
    started_at = started_at - (select by from ages where ages.id = sync_runs.id),
    finished_at = finished_at - (select by from ages where ages.id = sync_runs.id),
    data_as_of = data_as_of - (select by from ages where ages.id = sync_runs.id),
    error = json_set(error, '$.at', (error ->> '$.at') - (select by from ages where ages.id = sync_runs.id));
update sync_units set
    started_at = started_at - (select by from ages where ages.id = run_id),
    settled_at = settled_at - (select by from ages where ages.id = run_id),
    certificate = json_set(certificate,
        '$.oldest_page_at', (certificate ->> '$.oldest_page_at') - (select by from ages where ages.id = run_id),
        '$.newest_page_at', (certificate ->> '$.newest_page_at') - (select by from ages where ages.id = run_id)),
    error = json_set(error, '$.at', (error ->> '$.at') - (select by from ages where ages.id = run_id));
update certificates set
    committed_at = (select finished_at from sync_runs where sync_runs.id = run_id);
update changes set
    changed_at = (select finished_at from sync_runs where sync_runs.id = run_id);
update profiles set
    last_synced_at = (select finished_at from sync_runs where sync_runs.id = last_run_id),
    data_as_of = (select data_as_of from sync_runs where sync_runs.id = last_run_id);
