-- All other entities of an account, and what extended lists say of those that were there.

-- Portfolios: budgets over campaigns of all products.
create table portfolios (
    profile_id bigint not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- ALL: portfolios belong to no product.
    level text not null, -- account.
    id text not null, -- The entity's id, canonical decimal.
    name text, -- Portfolio name.
    state text, -- State as the API spells it.
    in_budget boolean, -- False when its budget is spent.
    budget_micros bigint, -- Budget in millionths of budget_currency.
    budget_currency text, -- Currency, three letters.
    budget_policy text, -- DATE_RANGE, MONTHLY_RECURRING or NO_CAP.
    budget_start_date text, -- ISO date from which the budget holds.
    budget_end_date text, -- ISO date after which it no longer holds.
    serving_status text, -- Why it serves or not; only with extended lists.
    api_created_at bigint, -- When it was created, as the API says; only with extended lists.
    api_updated_at bigint, -- When it was last changed, as the API says; only with extended lists.
    raw json not null, -- The whole object as it came.
    row_hash bytea not null, -- 128-bit hash of the canonical object.
    mapping_version bigint not null, -- Version of the mapping from raw to columns.
    first_seen_at bigint not null, -- When a sync first committed it.
    changed_at bigint not null, -- When a sync last found it different.
    removed_at bigint, -- Since when a proved list lacks it; null for live rows.
    run_id bigint not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
comment on table portfolios is 'Portfolios: budgets over campaigns of all products.';
comment on column portfolios.profile_id is 'The profile; ids repeat between profiles.';
comment on column portfolios.ad_product is 'ALL: portfolios belong to no product.';
comment on column portfolios.level is 'account.';
comment on column portfolios.id is 'The entity''s id, canonical decimal.';
comment on column portfolios.name is 'Portfolio name.';
comment on column portfolios.state is 'State as the API spells it.';
comment on column portfolios.in_budget is 'False when its budget is spent.';
comment on column portfolios.budget_micros is 'Budget in millionths of budget_currency.';
comment on column portfolios.budget_currency is 'Currency, three letters.';
comment on column portfolios.budget_policy is 'DATE_RANGE, MONTHLY_RECURRING or NO_CAP.';
comment on column portfolios.budget_start_date is 'ISO date from which the budget holds.';
comment on column portfolios.budget_end_date is 'ISO date after which it no longer holds.';
comment on column portfolios.serving_status is 'Why it serves or not; only with extended lists.';
comment on column portfolios.api_created_at is 'When it was created, as the API says; only with extended lists.';
comment on column portfolios.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';
comment on column portfolios.raw is 'The whole object as it came.';
comment on column portfolios.row_hash is '128-bit hash of the canonical object.';
comment on column portfolios.mapping_version is 'Version of the mapping from raw to columns.';
comment on column portfolios.first_seen_at is 'When a sync first committed it.';
comment on column portfolios.changed_at is 'When a sync last found it different.';
comment on column portfolios.removed_at is 'Since when a proved list lacks it; null for live rows.';
comment on column portfolios.run_id is 'The run that last wrote it.';

-- campaigns: more columns.
alter table campaigns add column effective_budget_micros bigint;
comment on column campaigns.effective_budget_micros is 'SP: budget after budget rules.';
alter table campaigns add column budget_allocation text;
comment on column campaigns.budget_allocation is 'SP: AUTO when a global campaign allots the budget, else MANUAL.';
alter table campaigns add column bid_adjustments text;
comment on column campaigns.bid_adjustments is 'SP, SB: bid adjustments by placement, as a JSON array.';
alter table campaigns add column brand_entity_id text;
comment on column campaigns.brand_entity_id is 'SB: the brand.';
alter table campaigns add column multi_ad_groups boolean;
comment on column campaigns.multi_ad_groups is 'SB: false for campaigns of the old kind, whose ads have no id.';
alter table campaigns add column delivery_profile text;
comment on column campaigns.delivery_profile is 'SD: as_soon_as_possible.';
alter table campaigns add column tags text;
comment on column campaigns.tags is 'SP, SB: tags, as a JSON object.';
alter table campaigns add column serving_status text;
comment on column campaigns.serving_status is 'Why it serves or not; only with extended lists.';
alter table campaigns add column api_created_at bigint;
comment on column campaigns.api_created_at is 'When it was created, as the API says; only with extended lists.';
alter table campaigns add column api_updated_at bigint;
comment on column campaigns.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';

-- ad_groups: more columns.
alter table ad_groups add column serving_status text;
comment on column ad_groups.serving_status is 'Why it serves or not; only with extended lists.';
alter table ad_groups add column api_created_at bigint;
comment on column ad_groups.api_created_at is 'When it was created, as the API says; only with extended lists.';
alter table ad_groups add column api_updated_at bigint;
comment on column ad_groups.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';

-- Ads: products in Sponsored Products and Display, creatives in Sponsored Brands.
create table ads (
    profile_id bigint not null, -- The profile; ids repeat between profiles.
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
    api_created_at bigint, -- When it was created, as the API says; only with extended lists.
    api_updated_at bigint, -- When it was last changed, as the API says; only with extended lists.
    raw json not null, -- The whole object as it came.
    row_hash bytea not null, -- 128-bit hash of the canonical object.
    mapping_version bigint not null, -- Version of the mapping from raw to columns.
    first_seen_at bigint not null, -- When a sync first committed it.
    changed_at bigint not null, -- When a sync last found it different.
    removed_at bigint, -- Since when a proved list lacks it; null for live rows.
    run_id bigint not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index ads_of_ad_group on ads (profile_id, ad_group_id);
comment on table ads is 'Ads: products in Sponsored Products and Display, creatives in Sponsored Brands.';
comment on column ads.profile_id is 'The profile; ids repeat between profiles.';
comment on column ads.ad_product is 'SP, SB or SD.';
comment on column ads.level is 'What it hangs on: campaign or ad_group.';
comment on column ads.id is 'The ad''s id, canonical decimal; SB ads without one: campaign/ad group.';
comment on column ads.campaign_id is 'Campaign.';
comment on column ads.ad_group_id is 'Ad group.';
comment on column ads.name is 'SB, SD: name of the ad.';
comment on column ads.state is 'State as the API spells it.';
comment on column ads.asin is 'SP, SD: product.';
comment on column ads.sku is 'SP, SD: the seller''s number of the product.';
comment on column ads.custom_text is 'SP: text of the ad.';
comment on column ads.creative_type is 'SB: PRODUCT_COLLECTION, STORE_SPOTLIGHT, VIDEO or BRAND_VIDEO.';
comment on column ads.creative_status is 'SB: where the creative is in moderation.';
comment on column ads.headline is 'SB: headline.';
comment on column ads.brand_name is 'SB: brand as shown.';
comment on column ads.asins is 'SB: products of the creative, as a JSON array.';
comment on column ads.landing_page_type is 'SB, SD: what a click opens.';
comment on column ads.landing_page_url is 'SB, SD: where a click leads.';
comment on column ads.serving_status is 'Why it serves or not; only with extended lists.';
comment on column ads.api_created_at is 'When it was created, as the API says; only with extended lists.';
comment on column ads.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';
comment on column ads.raw is 'The whole object as it came.';
comment on column ads.row_hash is '128-bit hash of the canonical object.';
comment on column ads.mapping_version is 'Version of the mapping from raw to columns.';
comment on column ads.first_seen_at is 'When a sync first committed it.';
comment on column ads.changed_at is 'When a sync last found it different.';
comment on column ads.removed_at is 'Since when a proved list lacks it; null for live rows.';
comment on column ads.run_id is 'The run that last wrote it.';

-- keywords: more columns.
alter table keywords add column serving_status text;
comment on column keywords.serving_status is 'Why it serves or not; only with extended lists.';
alter table keywords add column api_created_at bigint;
comment on column keywords.api_created_at is 'When it was created, as the API says; only with extended lists.';
alter table keywords add column api_updated_at bigint;
comment on column keywords.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';

-- Keywords that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.
create table negative_keywords (
    profile_id bigint not null, -- The profile; ids repeat between profiles.
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
    api_created_at bigint, -- When it was created, as the API says; only with extended lists.
    api_updated_at bigint, -- When it was last changed, as the API says; only with extended lists.
    raw json not null, -- The whole object as it came.
    row_hash bytea not null, -- 128-bit hash of the canonical object.
    mapping_version bigint not null, -- Version of the mapping from raw to columns.
    first_seen_at bigint not null, -- When a sync first committed it.
    changed_at bigint not null, -- When a sync last found it different.
    removed_at bigint, -- Since when a proved list lacks it; null for live rows.
    run_id bigint not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index negative_keywords_of_ad_group on negative_keywords (profile_id, ad_group_id);
create index negative_keywords_of_campaign on negative_keywords (profile_id, campaign_id);
comment on table negative_keywords is 'Keywords that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.';
comment on column negative_keywords.profile_id is 'The profile; ids repeat between profiles.';
comment on column negative_keywords.ad_product is 'SP, SB or SD.';
comment on column negative_keywords.level is 'What it hangs on: campaign or ad_group.';
comment on column negative_keywords.id is 'The entity''s id, canonical decimal.';
comment on column negative_keywords.campaign_id is 'Campaign.';
comment on column negative_keywords.ad_group_id is 'Ad group; null for what belongs to the campaign itself.';
comment on column negative_keywords.keyword_text is 'The keyword.';
comment on column negative_keywords.match_type is 'NEGATIVE_EXACT, NEGATIVE_PHRASE; in SB negativeExact, negativePhrase.';
comment on column negative_keywords.state is 'State as the API spells it.';
comment on column negative_keywords.native_language_keyword is 'SP: the keyword in the advertiser''s own language.';
comment on column negative_keywords.native_language_locale is 'SP: locale of that language.';
comment on column negative_keywords.serving_status is 'Why it serves or not; only with extended lists.';
comment on column negative_keywords.api_created_at is 'When it was created, as the API says; only with extended lists.';
comment on column negative_keywords.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';
comment on column negative_keywords.raw is 'The whole object as it came.';
comment on column negative_keywords.row_hash is '128-bit hash of the canonical object.';
comment on column negative_keywords.mapping_version is 'Version of the mapping from raw to columns.';
comment on column negative_keywords.first_seen_at is 'When a sync first committed it.';
comment on column negative_keywords.changed_at is 'When a sync last found it different.';
comment on column negative_keywords.removed_at is 'Since when a proved list lacks it; null for live rows.';
comment on column negative_keywords.run_id is 'The run that last wrote it.';

-- targets: more columns.
alter table targets add column serving_status text;
comment on column targets.serving_status is 'Why it serves or not; only with extended lists.';
alter table targets add column api_created_at bigint;
comment on column targets.api_created_at is 'When it was created, as the API says; only with extended lists.';
alter table targets add column api_updated_at bigint;
comment on column targets.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';

-- Products and brands that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.
create table negative_targets (
    profile_id bigint not null, -- The profile; ids repeat between profiles.
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
    api_created_at bigint, -- When it was created, as the API says; only with extended lists.
    api_updated_at bigint, -- When it was last changed, as the API says; only with extended lists.
    raw json not null, -- The whole object as it came.
    row_hash bytea not null, -- 128-bit hash of the canonical object.
    mapping_version bigint not null, -- Version of the mapping from raw to columns.
    first_seen_at bigint not null, -- When a sync first committed it.
    changed_at bigint not null, -- When a sync last found it different.
    removed_at bigint, -- Since when a proved list lacks it; null for live rows.
    run_id bigint not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index negative_targets_of_ad_group on negative_targets (profile_id, ad_group_id);
create index negative_targets_of_campaign on negative_targets (profile_id, campaign_id);
comment on table negative_targets is 'Products and brands that ad groups (level ad_group) or whole campaigns (level campaign) are kept from.';
comment on column negative_targets.profile_id is 'The profile; ids repeat between profiles.';
comment on column negative_targets.ad_product is 'SP, SB or SD.';
comment on column negative_targets.level is 'What it hangs on: campaign or ad_group.';
comment on column negative_targets.id is 'The entity''s id, canonical decimal.';
comment on column negative_targets.campaign_id is 'Campaign; null in SD, which does not say it.';
comment on column negative_targets.ad_group_id is 'Ad group; null for what belongs to the campaign itself.';
comment on column negative_targets.state is 'State as the API spells it.';
comment on column negative_targets.expression_type is 'SD: auto or manual.';
comment on column negative_targets.expression is 'What is kept from, as JSON.';
comment on column negative_targets.resolved_expression is 'The same in words that people read, as JSON.';
comment on column negative_targets.serving_status is 'Why it serves or not; only with extended lists.';
comment on column negative_targets.api_created_at is 'When it was created, as the API says; only with extended lists.';
comment on column negative_targets.api_updated_at is 'When it was last changed, as the API says; only with extended lists.';
comment on column negative_targets.raw is 'The whole object as it came.';
comment on column negative_targets.row_hash is '128-bit hash of the canonical object.';
comment on column negative_targets.mapping_version is 'Version of the mapping from raw to columns.';
comment on column negative_targets.first_seen_at is 'When a sync first committed it.';
comment on column negative_targets.changed_at is 'When a sync last found it different.';
comment on column negative_targets.removed_at is 'Since when a proved list lacks it; null for live rows.';
comment on column negative_targets.run_id is 'The run that last wrote it.';

-- Sets of keywords that Amazon chooses, of Sponsored Brands.
create table themes (
    profile_id bigint not null, -- The profile; ids repeat between profiles.
    ad_product text not null, -- SP, SB or SD.
    level text not null, -- What it hangs on: campaign or ad_group.
    id text not null, -- The entity's id, canonical decimal.
    campaign_id text, -- Campaign.
    ad_group_id text, -- Ad group.
    theme_type text, -- KEYWORDS_RELATED_TO_YOUR_BRAND or KEYWORDS_RELATED_TO_YOUR_LANDING_PAGES.
    state text, -- State as the API spells it.
    bid_micros bigint, -- Bid in millionths of the profile's currency; null inherits the ad group's.
    raw json not null, -- The whole object as it came.
    row_hash bytea not null, -- 128-bit hash of the canonical object.
    mapping_version bigint not null, -- Version of the mapping from raw to columns.
    first_seen_at bigint not null, -- When a sync first committed it.
    changed_at bigint not null, -- When a sync last found it different.
    removed_at bigint, -- Since when a proved list lacks it; null for live rows.
    run_id bigint not null, -- The run that last wrote it.
    primary key (profile_id, ad_product, level, id)
);
create index themes_of_ad_group on themes (profile_id, ad_group_id);
comment on table themes is 'Sets of keywords that Amazon chooses, of Sponsored Brands.';
comment on column themes.profile_id is 'The profile; ids repeat between profiles.';
comment on column themes.ad_product is 'SP, SB or SD.';
comment on column themes.level is 'What it hangs on: campaign or ad_group.';
comment on column themes.id is 'The entity''s id, canonical decimal.';
comment on column themes.campaign_id is 'Campaign.';
comment on column themes.ad_group_id is 'Ad group.';
comment on column themes.theme_type is 'KEYWORDS_RELATED_TO_YOUR_BRAND or KEYWORDS_RELATED_TO_YOUR_LANDING_PAGES.';
comment on column themes.state is 'State as the API spells it.';
comment on column themes.bid_micros is 'Bid in millionths of the profile''s currency; null inherits the ad group''s.';
comment on column themes.raw is 'The whole object as it came.';
comment on column themes.row_hash is '128-bit hash of the canonical object.';
comment on column themes.mapping_version is 'Version of the mapping from raw to columns.';
comment on column themes.first_seen_at is 'When a sync first committed it.';
comment on column themes.changed_at is 'When a sync last found it different.';
comment on column themes.removed_at is 'Since when a proved list lacks it; null for live rows.';
comment on column themes.run_id is 'The run that last wrote it.';
