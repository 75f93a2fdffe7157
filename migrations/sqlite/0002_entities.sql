-- All other entities of an account, and what extended lists say of those that were there.

-- Portfolios: budgets over campaigns of all products.
create table portfolios (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- ALL: portfolios belong to no product.
    level text not null, -- account.
    id text not null, -- The entity's id, canonical decimal.
    name text, -- Portfolio name.
    state text, -- State as the API spells it.
    in_budget boolean, -- False when its budget is spent.
    budget_micros integer, -- Budget in millionths of budget_currency.
    budget_currency text, -- Currency, three letters.
    budget_policy text, -- DATE_RANGE, MONTHLY_RECURRING or NO_CAP.
    budget_start_date text, -- ISO date from which the budget holds.
    budget_end_date text, -- ISO date after which it no longer holds.
    serving_status text, -- Why it serves or not; only with extended lists.
    api_created_at integer, -- When it was created, as the API says; only with extended lists.
    api_updated_at integer, -- When it was last changed, as the API says; only with extended lists.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);

-- campaigns: more columns.
alter table campaigns add column effective_budget_micros integer; -- SP: budget after budget rules.
alter table campaigns add column budget_allocation text; -- SP: AUTO when a global campaign allots the budget, else MANUAL.
alter table campaigns add column bid_adjustments text; -- SP, SB: bid adjustments by placement, as a JSON array.
alter table campaigns add column brand_entity_id text; -- SB: the brand.
alter table campaigns add column multi_ad_groups boolean; -- SB: false for campaigns of the old kind, whose ads have no id.
alter table campaigns add column delivery_profile text; -- SD: as_soon_as_possible.
alter table campaigns add column tags text; -- SP, SB: tags, as a JSON object.
alter table campaigns add column serving_status text; -- Why it serves or not; only with extended lists.
alter table campaigns add column api_created_at integer; -- When it was created, as the API says; only with extended lists.
alter table campaigns add column api_updated_at integer; -- When it was last changed, as the API says; only with extended lists.

-- ad_groups: more columns.
alter table ad_groups add column serving_status text; -- Why it serves or not; only with extended lists.
alter table ad_groups add column api_created_at integer; -- When it was created, as the API says; only with extended lists.
alter table ad_groups add column api_updated_at integer; -- When it was last changed, as the API says; only with extended lists.

-- Ads: products in Sponsored Products and Display, creatives in Sponsored Brands.
create table ads (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The ad's id, canonical decimal; SB ads without one: campaign/ad group.
    campaign_id text, -- Campaign.
    ad_group_id text, -- Ad group.
    name text, -- SB, SD: name of the ad.
    state text, -- State as the API spells it.
    asin text, -- SP, SD: product.
    sku text, -- SP, SD: the seller's number of the product.
    custom_text text, -- SP: text of the ad.
    creative_type text, -- SB: PRODUCT_COLLECTION, STORE_SPOTLIGHT, VIDEO or BRAND_VIDEO.
    creative_status text, -- SB: where the creative is in moderation.
    headline text, -- SB: headline.
    brand_name text, -- SB: brand as shown.
    asins text, -- SB: products of the creative, as a JSON array.
    landing_page_type text, -- SB, SD: what a click opens.
    landing_page_url text, -- SB, SD: where a click leads.
    serving_status text, -- Why it serves or not; only with extended lists.
    api_created_at integer, -- When it was created, as the API says; only with extended lists.
    api_updated_at integer, -- When it was last changed, as the API says; only with extended lists.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index ads_of_ad_group on ads (profile_id, ad_group_id);

-- keywords: more columns.
alter table keywords add column serving_status text; -- Why it serves or not; only with extended lists.
alter table keywords add column api_created_at integer; -- When it was created, as the API says; only with extended lists.
alter table keywords add column api_updated_at integer; -- When it was last changed, as the API says; only with extended lists.

-- Keywords that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.
create table negative_keywords (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign.
    ad_group_id text, -- Ad group; null for what belongs to the campaign itself.
    keyword_text text, -- The keyword.
    match_type text, -- NEGATIVE_EXACT, NEGATIVE_PHRASE; in SB negativeExact, negativePhrase.
    state text, -- State as the API spells it.
    native_language_keyword text, -- SP: the keyword in the advertiser's own language.
    native_language_locale text, -- SP: locale of that language.
    serving_status text, -- Why it serves or not; only with extended lists.
    api_created_at integer, -- When it was created, as the API says; only with extended lists.
    api_updated_at integer, -- When it was last changed, as the API says; only with extended lists.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index negative_keywords_of_ad_group on negative_keywords (profile_id, ad_group_id);
create index negative_keywords_of_campaign on negative_keywords (profile_id, campaign_id);

-- targets: more columns.
alter table targets add column serving_status text; -- Why it serves or not; only with extended lists.
alter table targets add column api_created_at integer; -- When it was created, as the API says; only with extended lists.
alter table targets add column api_updated_at integer; -- When it was last changed, as the API says; only with extended lists.

-- Products and brands that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.
create table negative_targets (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign; null in SD, which does not say it.
    ad_group_id text, -- Ad group; null for what belongs to the campaign itself.
    state text, -- State as the API spells it.
    expression_type text, -- SD: auto or manual.
    expression text, -- What is kept from, as JSON.
    resolved_expression text, -- The same in words that people read, as JSON.
    serving_status text, -- Why it serves or not; only with extended lists.
    api_created_at integer, -- When it was created, as the API says; only with extended lists.
    api_updated_at integer, -- When it was last changed, as the API says; only with extended lists.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index negative_targets_of_ad_group on negative_targets (profile_id, ad_group_id);
create index negative_targets_of_campaign on negative_targets (profile_id, campaign_id);

-- Sets of keywords that Amazon chooses, of Sponsored Brands.
create table themes (
    profile_id integer not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign.
    ad_group_id text, -- Ad group.
    theme_type text, -- KEYWORDS_RELATED_TO_YOUR_BRAND or KEYWORDS_RELATED_TO_YOUR_LANDING_PAGES.
    state text, -- State as the API spells it.
    bid_micros integer, -- Bid in millionths of the profile's currency; null inherits the ad group's.
    raw text not null, -- The whole object as it came.
    row_hash blob not null, -- 128-bit hash of the canonical object.
    mapping_version integer not null, -- Version of the mapping from raw to columns.
    first_seen_at integer not null, -- When a sync first committed it.
    changed_at integer not null, -- When a sync last found it different.
    removed_at integer, -- Since when a proved list lacks it; null for live rows.
    run_id integer not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index themes_of_ad_group on themes (profile_id, ad_group_id);
