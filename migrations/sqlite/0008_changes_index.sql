-- Changes are listed since an instant, newest first: of all profiles, or of one.
drop index changes_of_profile;
create index changes_of_profile on changes (profile_id, changed_at, id);
create index changes_by_time on changes (changed_at, id);
