-- The first schema. Instants are microseconds since 1970 UTC, by the database's clock; money is in millionths.

-- Advertiser profiles as the logins list them, with what their last completed sync left.
create table profiles (
    profile_id integer primary key, -- Amazon's profile number.
    login text not null, -- Name of the login in the configuration that carries the profile.
    region text not null, -- NA, EU or FE.
    access text not null, -- edit or view: what the login may do.
    name text not null, -- Account name.
    country text not null, -- Marketplace country, two letters.
    currency text not null, -- Currency of all bids and budgets of the profile, three letters.
    timezone text not null, -- IANA time zone of the profile's dates.
    account_type text not null, -- seller, vendor or agency.
    account_sub_type text, -- KDP_AUTHOR or AMAZON_ATTRIBUTION where the API says so.
    account_id text not null, -- Seller, merchant or entity id; not unique.
    marketplace_id text, -- Amazon's marketplace id.
    simulated boolean not null, -- True when the built-in simulator serves it.
    raw text not null, -- The whole object as it came.
    listed_at integer not null, -- When a listing last had it.
    gone_at integer, -- Since when its login's listing lacks it; its data is kept.
    last_synced_at integer, -- When its last completed sync was committed.
    data_as_of integer, -- Age of the oldest page that the last completed sync used.
    live_rows integer not null default 0, -- Rows over all entity tables that are not removed.
    last_run_id integer -- Its last completed run.
);

-- Runs: one sync of one profile each. The queue, the leases and the history.
create table sync_runs (
    id integer primary key autoincrement, -- Run number.
    profile_id integer not null, -- The profile.
    state text not null, -- queued, fetching, committing, completed, failed, cancelled, held or discarded.
    priority integer not null, -- Higher goes first.
    requested_by text not null, -- user@host.
    requested_from text not null, -- console or cli.
    retry_of integer, -- The run whose pages this one adopted.
    owner text, -- The process that carries it.
    lease_until integer, -- The owner is believed dead after this instant, by the database's clock.
    epoch integer not null default 0, -- The fence: grows with every claim; writes under an older one are refused.
    attempt integer not null default 0, -- Claims so far.
    cancel_requested boolean not null default 0, -- Somebody asked it to stop.
    not_before integer, -- Not to be claimed earlier.
    requested_at integer not null, -- When it was asked for.
    started_at integer, -- When it was first claimed.
    finished_at integer, -- When it ended.
    data_as_of integer, -- Age of the oldest page that its commit used.
    requests integer not null default 0, -- Requests sent, retries included.
    throttled integer not null default 0, -- 429 answers among them.
    added integer not null default 0, -- Rows that its commit saw for the first time.
    changed integer not null default 0, -- Rows that differed from what was stored.
    unchanged integer not null default 0, -- Rows that were equal: nothing was written.
    removed integer not null default 0, -- Rows that vanished from a proved list.
    returned integer not null default 0, -- Removed rows that came back.
    live_rows integer not null default 0, -- Live rows of the profile after its commit.
    error text, -- Why it failed, as a JSON error report.
    hold text, -- Why it is held, as JSON: what its commit would do to each unit.
    approved_by text -- Who approved the held commit.
);
create unique index sync_runs_one_live on sync_runs (profile_id) where state in ('queued', 'fetching', 'committing');
create index sync_runs_of_profile on sync_runs (profile_id, id);
create index sync_runs_by_state on sync_runs (state, priority, id);

-- What became of each unit (ad product and entity) of a run.
create table sync_units (
    run_id integer not null, -- The run.
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- campaign, ad_group, keyword or target.
    profile_id integer not null, -- The run's profile.
    state text not null, -- pending, fetching, proved, not_eligible or failed.
    pages integer not null default 0, -- Pages stored.
    received_rows integer not null default 0, -- Rows received, repeats included.
    expected_rows integer, -- The API's own total, or what the last proved run had.
    expected_is_reported boolean not null default 0, -- True when the API reported the total.
    reused_pages integer not null default 0, -- Pages that an earlier run or attempt had fetched.
    certificate text, -- The proof, as JSON.
    outcome text, -- What the commit did, as JSON.
    error text, -- Why it failed or is not eligible, as a JSON error report.
    started_at integer, -- When its first request was sent.
    settled_at integer, -- When it was proved, found not eligible, or failed.
    primary key (run_id, ad_product, entity)
);

-- Answered list requests of runs that are not completed, as they came; deleted with the commit.
create table sync_pages (
    run_id integer not null, -- The run.
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- campaign, ad_group, keyword or target.
    list text not null, -- Which list of the unit: main, a batch, a second listing or a recheck by id.
    seq integer not null, -- Position in the list, from 0.
    fingerprint text not null, -- Hash of the request that this answers.
    next_cursor text, -- How the list goes on, as JSON; null at its end.
    row_count integer not null, -- Rows in the page.
    total integer, -- Rows over all pages, as the API counted.
    request_id text, -- Amazon's request id.
    fetched_at integer not null, -- When it was stored.
    body blob not null, -- The body, gzip.
    primary key (run_id, ad_product, entity, list, seq)
);

-- The last committed proof of each unit of a profile.
create table certificates (
    profile_id integer not null, -- The profile.
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- campaign, ad_group, keyword or target.
    state text not null, -- proved or not_eligible.
    run_id integer not null, -- The run that found it so.
    committed_at integer not null, -- When.
    live_rows integer not null, -- Live rows of the unit; with not_eligible: rows that were frozen.
    certificate text, -- The proof, as JSON.
    reason text, -- The API's words when it is not eligible.
    primary key (profile_id, ad_product, entity)
);

-- What syncs found different: one row for each added, changed, removed or returned entity.
create table changes (
    id integer primary key autoincrement, -- Order of writing.
    run_id integer not null, -- The run that found it.
    profile_id integer not null, -- The profile.
    ad_product text not null, -- SP, SB or SD.
    entity text not null, -- campaign, ad_group, keyword or target.
    level text not null, -- campaign or ad_group.
    entity_id text not null, -- The entity's id.
    kind text not null, -- added, changed, removed or returned.
    changed_at integer not null, -- When it was committed.
    before text, -- The differing fields by dotted path before; the whole object when it was removed.
    after text -- The differing fields by dotted path after; the whole object when it was added.
);
create index changes_of_profile on changes (profile_id, id);
create index changes_of_run on changes (run_id, id);

-- Campaigns of Sponsored Products, Brands and Display.
create table campaigns (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    name text, -- Campaign name.
    state text, -- State as the API spells it: upper case in SP and SB, lower case in SD.
    portfolio_id text, -- Portfolio.
    budget_micros integer, -- Budget in millionths of the profile's currency.
    budget_type text, -- DAILY, LIFETIME, daily.
    targeting_type text, -- SP: AUTO or MANUAL.
    bidding_strategy text, -- SP, SB: bidding strategy.
    cost_type text, -- SB, SD: how it is charged.
    goal text, -- SB: goal.
    tactic text, -- SD: T00020 or T00030.
    start_date text, -- ISO date in the profile's time zone.
    end_date text, -- ISO date in the profile's time zone.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);

-- Ad groups of Sponsored Products, Brands and Display.
create table ad_groups (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign.
    name text, -- Ad group name.
    state text, -- State as the API spells it.
    default_bid_micros integer, -- Bid of what has none of its own, in millionths of the profile's currency.
    bid_optimization text, -- SD: reach, clicks or conversions.
    creative_type text, -- SD: IMAGE or VIDEO.
    tactic text, -- SD: T00020 or T00030.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index ad_groups_of_campaign on ad_groups (profile_id, campaign_id);

-- Keywords that are bid on, of Sponsored Products and Brands.
create table keywords (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign.
    ad_group_id text, -- Ad group.
    keyword_text text, -- The keyword.
    match_type text, -- BROAD, PHRASE, EXACT; lower case in SB.
    state text, -- State as the API spells it.
    bid_micros integer, -- Bid in millionths of the profile's currency; null inherits the ad group's.
    native_language_keyword text, -- The keyword in the advertiser's own language.
    native_language_locale text, -- SP: locale of that language.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index keywords_of_ad_group on keywords (profile_id, ad_group_id);

-- Products, categories and audiences that are bid on.
create table targets (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign.
    ad_group_id text, -- Ad group.
    state text, -- State as the API spells it.
    bid_micros integer, -- Bid in millionths of the profile's currency; null inherits the ad group's.
    expression_type text, -- auto or manual.
    expression text, -- What is targeted, as JSON.
    resolved_expression text, -- The same in words that people read, as JSON.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index targets_of_ad_group on targets (profile_id, ad_group_id);
