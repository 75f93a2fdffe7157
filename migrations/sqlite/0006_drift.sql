-- Fields and values that adsync did not know when they came, by profile; what no profile had before is new.
create table drift (
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- The entity whose rows have it.
    kind text not null, -- field or value.
    path text not null, -- The field as a dotted path; [] stands for the elements of a list, * for any name.
    value text not null, -- The value; empty for a field.
    profile_id integer not null, -- The profile whose rows have it.
    rows_with_it integer not null, -- Rows that had it when it was last seen.
    first_run_id integer not null, -- The run that saw it first.
    first_seen_at integer not null, -- When that run was committed.
    last_run_id integer not null, -- The run that saw it last.
    last_seen_at integer not null, -- When that run was committed.
    primary key (ad_product, entity, kind, path, value, profile_id)
);
