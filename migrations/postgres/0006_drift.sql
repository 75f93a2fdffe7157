-- Fields and values that adsync did not know when they came, by profile; what no profile had before is new.
create table drift (
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- The entity whose rows have it.
    kind text not null, -- field or value.
    path text not null, -- The field as a dotted path; [] stands for the elements of a list, * for any name.
    value text not null, -- The value; empty for a field.
    profile_id bigint not null, -- The profile whose rows have it.
    rows_with_it bigint not null, -- Rows that had it when it was last seen.
    first_run_id bigint not null, -- The run that saw it first.
    first_seen_at bigint not null, -- When that run was committed.
    last_run_id bigint not null, -- The run that saw it last.
    last_seen_at bigint not null, -- When that run was committed.
    primary key (ad_product, entity, kind, path, value, profile_id)
);
comment on table drift is 'Fields and values that adsync did not know when they came, by profile; what no profile had before is new.';
comment on column drift.ad_product is 'SP, SB or SD.';
comment on column drift.entity is 'The entity whose rows have it.';
comment on column drift.kind is 'field or value.';
comment on column drift.path is 'The field as a dotted path; [] stands for the elements of a list, * for any name.';
comment on column drift.value is 'The value; empty for a field.';
comment on column drift.profile_id is 'The profile whose rows have it.';
comment on column drift.rows_with_it is 'Rows that had it when it was last seen.';
comment on column drift.first_run_id is 'The run that saw it first.';
comment on column drift.first_seen_at is 'When that run was committed.';
comment on column drift.last_run_id is 'The run that saw it last.';
comment on column drift.last_seen_at is 'When that run was committed.';
