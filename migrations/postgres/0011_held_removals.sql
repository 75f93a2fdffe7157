-- Which rows the commit of a held run would remove, of units where they are too many to be kept with the run.

create table held_removals (
    run_id bigint not null, -- The held run.
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- campaign, ad_group, keyword or target.
    removes text not null, -- All rows that would be removed, as a JSON array of their ids, names and states.
    primary key (run_id, ad_product, entity)
);
comment on table held_removals is 'Which rows the commit of a held run would remove, of units where they are too many to be kept with the run.';
comment on column held_removals.run_id is 'The held run.';
comment on column held_removals.ad_product is 'SP, SB or SD.';
comment on column held_removals.entity is 'campaign, ad_group, keyword or target.';
comment on column held_removals.removes is 'All rows that would be removed, as a JSON array of their ids, names and states.';
