//! Every member that any list serves, with its type and its enum values, as the specification has
//! them. Written out here a second time, so that a misspelt member fails.

use serde_json::Value;

use crate::harness::{small, start};

/// Members by list: `!` marks those that every row has; `s` string, `n` number, `b` boolean,
/// `0` null, `{}` object, `[]` array; after `=` the values allowed. A list of predicates is open.
const VOCABULARY: &[(&str, &[&str])] = &[
    (
        "/portfolios/list",
        &[
            "portfolioId! s",
            "name! s",
            "state! s=ENABLED",
            "inBudget b",
            "budget {}",
            "budget.amount n0",
            "budget.currencyCode s",
            "budget.policy s=DATE_RANGE|MONTHLY_RECURRING|NO_CAP|OTHER",
            "budget.startDate s0",
            "budget.endDate s0",
            "budgetControls {}",
            "budgetControls.campaignUnspentBudgetSharing {}",
            "budgetControls.campaignUnspentBudgetSharing.featureState s=DISABLED|ENABLED",
            "extendedData! {}",
            "extendedData.creationDateTime s",
            "extendedData.lastUpdateDateTime s",
            "extendedData.servingStatus s=PORTFOLIO_ENDED|PORTFOLIO_STATUS_ENABLED",
            "extendedData.statusReasons []",
            "extendedData.statusReasons[] s=PORTFOLIO_ENDED_DETAIL",
        ],
    ),
    (
        "/sp/campaigns/list",
        &[
            "campaignId! s",
            "name! s",
            "portfolioId s",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "targetingType! s=AUTO|MANUAL",
            "startDate! s",
            "endDate s0",
            "budget! {}",
            "budget.budget n",
            "budget.budgetType s=DAILY|OTHER",
            "budget.effectiveBudget n",
            "dynamicBidding {}",
            "dynamicBidding.strategy s=AUTO_FOR_SALES|LEGACY_FOR_SALES|MANUAL|OTHER|RULE_BASED",
            "dynamicBidding.placementBidding []",
            "dynamicBidding.placementBidding[] {}",
            "dynamicBidding.placementBidding[].percentage n",
            "dynamicBidding.placementBidding[].placement s=PLACEMENT_PRODUCT_PAGE|PLACEMENT_REST_OF_SEARCH|PLACEMENT_TOP|SITE_AMAZON_BUSINESS",
            "dynamicBidding.shopperCohortBidding []",
            "dynamicBidding.shopperCohortBidding[] {}",
            "dynamicBidding.shopperCohortBidding[].percentage n",
            "dynamicBidding.shopperCohortBidding[].shopperCohortType s=AUDIENCE_SEGMENT",
            "dynamicBidding.shopperCohortBidding[].audienceSegments []",
            "dynamicBidding.shopperCohortBidding[].audienceSegments[] {}",
            "dynamicBidding.shopperCohortBidding[].audienceSegments[].audienceId s",
            "dynamicBidding.shopperCohortBidding[].audienceSegments[].audienceSegmentType s=BEHAVIOR_DYNAMIC|SPONSORED_ADS_AMC",
            "tags {}",
            "tags.PONumber s",
            "marketplaceBudgetAllocation s=AUTO|MANUAL",
            "globalCampaignId s",
            "offAmazonSettings {}",
            "offAmazonSettings.offAmazonBudgetControlStrategy s=MAXIMIZE_REACH|MINIMIZE_SPEND",
            "siteRestrictions []",
            "siteRestrictions[] s=AMAZON_BUSINESS|AMAZON_HAUL",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/adGroups/list",
        &[
            "adGroupId! s",
            "campaignId! s",
            "name! s",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "defaultBid! n",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/productAds/list",
        &[
            "adId! s",
            "adGroupId! s",
            "campaignId! s",
            "asin s",
            "sku s",
            "customText s",
            "globalStoreSetting {}",
            "globalStoreSetting.catalogSourceCountryCode s",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/keywords/list",
        &[
            "keywordId! s",
            "adGroupId! s",
            "campaignId! s",
            "keywordText! s",
            "matchType! s=BROAD|EXACT|OTHER|PHRASE",
            "bid n",
            "nativeLanguageKeyword s",
            "nativeLanguageLocale s",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/negativeKeywords/list",
        &[
            "keywordId! s",
            "adGroupId! s",
            "campaignId! s",
            "keywordText! s",
            "matchType! s=NEGATIVE_BROAD|NEGATIVE_EXACT|NEGATIVE_PHRASE|OTHER",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/campaignNegativeKeywords/list",
        &[
            "keywordId! s",
            "campaignId! s",
            "keywordText! s",
            "matchType! s=NEGATIVE_BROAD|NEGATIVE_EXACT|NEGATIVE_PHRASE|OTHER",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/targets/list",
        &[
            "targetId! s",
            "adGroupId! s",
            "campaignId! s",
            "expressionType! s=AUTO|MANUAL|OTHER",
            "expression! []",
            "resolvedExpression! []",
            "bid n",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/negativeTargets/list",
        &[
            "targetId! s",
            "adGroupId! s",
            "campaignId! s",
            "expression! []",
            "resolvedExpression! []",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sp/campaignNegativeTargets/list",
        &[
            "targetId! s",
            "campaignId! s",
            "expression! []",
            "resolvedExpression! []",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "extendedData! {}",
        ],
    ),
    (
        "/sb/v4/campaigns/list",
        &[
            "campaignId! s",
            "name! s",
            "portfolioId s",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "budget! n",
            "budgetType! s=DAILY|LIFETIME",
            "startDate s",
            "endDate s",
            "isMultiAdGroupsEnabled b",
            "brandEntityId s",
            "bidding {}",
            "bidding.bidOptimization b",
            "bidding.bidOptimizationStrategy s",
            "bidding.bidAdjustmentsByPlacement []",
            "bidding.bidAdjustmentsByPlacement[] {}",
            "bidding.bidAdjustmentsByPlacement[].percentage n",
            "bidding.bidAdjustmentsByPlacement[].placement s=HOME|DETAIL_PAGE|OTHER|TOP_OF_SEARCH",
            "goal s",
            "costType s",
            "productLocation s=SOLD_ON_AMAZON|NOT_SOLD_ON_AMAZON|SOLD_ON_DTC",
            "smartDefault []",
            "smartDefault[] s",
            "ruleBasedBudget {}",
            "ruleBasedBudget.isProcessing b",
            "ruleBasedBudget.applicableRuleName s",
            "ruleBasedBudget.value n",
            "ruleBasedBudget.applicableRuleId s",
            "tags {}",
            "tags.legacyCampaignId s",
            "extendedData! {}",
        ],
    ),
    (
        "/sb/v4/adGroups/list",
        &["adGroupId! s", "campaignId! s", "name! s", "state! s=ENABLED|PAUSED|ARCHIVED", "extendedData! {}"],
    ),
    (
        "/sb/v4/ads/list",
        &[
            "adId s",
            "name s",
            "adGroupId! s",
            "campaignId! s",
            "state! s=ENABLED|PAUSED|ARCHIVED",
            "landingPage {}",
            "landingPage.asins []",
            "landingPage.asins[] s",
            "landingPage.pageType s=PRODUCT_LIST|STORE|CUSTOM_URL|DETAIL_PAGE",
            "landingPage.url s",
            "creative {}",
            "creative.type s=PRODUCT_COLLECTION|STORE_SPOTLIGHT|VIDEO|BRAND_VIDEO",
            "creative.asins []",
            "creative.asins[] s",
            "creative.brandName s",
            "creative.headline s",
            "creative.brandLogoAssetID s",
            "creative.videoAssetIds []",
            "creative.videoAssetIds[] s",
            "creative.consentToTranslate b",
            "creative.subpages []",
            "creative.subpages[] {}",
            "creative.subpages[].pageTitle s",
            "creative.subpages[].asin s",
            "creative.subpages[].url s",
            "creative.creativeVersion s",
            "creative.creativeStatus s=SUBMITTED_FOR_MODERATION|PENDING_TRANSLATION|PENDING_MODERATION_REVIEW|APPROVED_BY_MODERATION|REJECTED_BY_MODERATION|PUBLISHED",
            "extendedData! {}",
        ],
    ),
    (
        "/sb/keywords",
        &[
            "keywordId! n",
            "adGroupId! n",
            "campaignId! n",
            "keywordText! s",
            "nativeLanguageKeyword s",
            "matchType! s=broad|exact|phrase",
            "bid n",
            "state! s=enabled|paused|archived",
        ],
    ),
    (
        "/sb/negativeKeywords",
        &[
            "keywordId! n",
            "adGroupId! n",
            "campaignId! n",
            "keywordText! s",
            "matchType! s=negativeExact|negativePhrase",
            "state! s=enabled|archived",
        ],
    ),
    (
        "/sb/targets/list",
        &[
            "targetId! n",
            "adGroupId! n",
            "campaignId! n",
            "bid n",
            "state! s=enabled|paused|archived",
            "expressions! []",
            "resolvedExpressions! []",
        ],
    ),
    (
        "/sb/negativeTargets/list",
        &[
            "targetId! n",
            "adGroupId! n",
            "campaignId! n",
            "state! s=enabled|archived",
            "expressions! []{}",
            "resolvedExpressions! []{}",
        ],
    ),
    (
        "/sb/themes/list",
        &[
            "themeId! s",
            "adGroupId! s",
            "campaignId! s",
            "bid n",
            "state! s=enabled|paused|archived",
            "themeType! s=KEYWORDS_RELATED_TO_YOUR_BRAND|KEYWORDS_RELATED_TO_YOUR_LANDING_PAGES",
        ],
    ),
    (
        "/sd/campaigns",
        &[
            "campaignId! n",
            "name! s",
            "tactic! s=T00020|T00030",
            "startDate! s",
            "endDate s0",
            "state! s=enabled|paused|archived",
            "costType! s=cpc|vcpm",
            "budget! n",
            "budgetType! s=daily",
            "deliveryProfile s=as_soon_as_possible",
            "portfolioId n0",
            "ruleBasedBudget {}",
            "ruleBasedBudget.isProcessing b",
            "ruleBasedBudget.applicableRuleName s",
            "ruleBasedBudget.value n",
            "ruleBasedBudget.applicableRuleId s",
        ],
    ),
    (
        "/sd/campaigns/extended",
        &[
            "campaignId! n",
            "name! s",
            "tactic! s=T00020|T00030",
            "startDate! s",
            "endDate s",
            "state! s=enabled|paused|archived",
            "costType! s=cpc|vcpm",
            "budget! n",
            "budgetType! s=daily",
            "portfolioId n",
            "ruleBasedBudget {}",
            "ruleBasedBudget.isProcessing b",
            "ruleBasedBudget.applicableRuleName s",
            "ruleBasedBudget.value n",
            "ruleBasedBudget.applicableRuleId s",
            "servingStatus! s=ADVERTISER_STATUS_ENABLED|CAMPAIGN_PAUSED|CAMPAIGN_ARCHIVED|CAMPAIGN_OUT_OF_BUDGET",
            "creationDate! n",
            "lastUpdatedDate! n",
        ],
    ),
    (
        "/sd/adGroups",
        &[
            "adGroupId! n",
            "campaignId! n",
            "name! s",
            "defaultBid! n",
            "state! s=enabled|paused|archived",
            "bidOptimization s=reach|clicks|conversions",
            "tactic s=T00020|T00030",
            "creativeType s0=IMAGE|VIDEO",
        ],
    ),
    (
        "/sd/productAds",
        &[
            "adId! n",
            "adGroupId! n",
            "campaignId! n",
            "state! s=enabled|paused|archived",
            "landingPageURL s",
            "landingPageType s=STORE|MOMENT|OFF_AMAZON_LINK",
            "adName s",
            "asin s",
            "sku s",
        ],
    ),
    (
        "/sd/targets",
        &[
            "targetId! n",
            "adGroupId! n",
            "campaignId! n",
            "bid n0",
            "expressionType! s=manual|auto",
            "expression! []",
            "resolvedExpression! []",
            "state! s=enabled|paused|archived",
        ],
    ),
    (
        "/sd/targets/extended",
        &[
            "targetId! n",
            "adGroupId! n",
            "campaignId! n",
            "bid n",
            "expressionType! s=manual|auto",
            "expression! []",
            "resolvedExpression! []",
            "state! s=enabled|paused|archived",
            "creationDate! n",
            "lastUpdatedDate! n",
            "servingStatus! s=CAMPAIGN_PAUSED|CAMPAIGN_ARCHIVED|CAMPAIGN_OUT_OF_BUDGET|AD_GROUP_PAUSED|AD_GROUP_ARCHIVED|TARGET_STATUS_LIVE|TARGET_STATUS_PAUSED|TARGET_STATUS_ARCHIVED",
        ],
    ),
    (
        "/sd/negativeTargets",
        &[
            "targetId! n",
            "adGroupId! n",
            "expressionType! s=manual|auto",
            "expression! []",
            "resolvedExpression! []",
            "state! s=enabled|paused|archived",
        ],
    ),
];

/// The types of predicates, by how a list spells them.
const PREDICATES: &str = "ASIN_SAME_AS ASIN_EXPANDED_FROM ASIN_CATEGORY_SAME_AS ASIN_BRAND_SAME_AS ASIN_PRICE_LESS_THAN \
    ASIN_SUBSTITUTE_RELATED ASIN_ACCESSORY_RELATED QUERY_HIGH_REL_MATCHES QUERY_BROAD_REL_MATCHES asinSameAs asinCategorySameAs \
    asinBrandSameAs asinPriceBetween asinReviewRatingGreaterThan similarProduct exactProduct contentCategorySameAs views purchases \
    audience audienceSameAs lookback";

#[tokio::test]
async fn rows_speak_the_words_of_the_specification() {
    let mut options = small();
    options.campaigns = 480;
    let sim = start(options).await;
    let truth = sim.control.extended_truth(sim.profile).unwrap();
    let plain = sim.truth();
    let mut unused = Vec::new();
    for (path, members) in VOCABULARY {
        let in_row = truth.rows(path);
        // What is extended by a list of its own is plain in the plain list.
        let rows = if path.starts_with("/sd/") { plain.rows(path) } else { in_row };
        assert!(!rows.is_empty(), "{path}");
        let members: Vec<Member> = members.iter().map(|text| Member::read(text)).collect();
        let mut used = vec![false; members.len()];
        for row in &rows {
            check(path, "", row, &members, &mut used);
            for member in members.iter().filter(|m| m.required) {
                assert!(row.get(member.name).is_some(), "{path}: {} is missing in {row}", member.name);
            }
        }
        unused.extend(
            members
                .iter()
                .zip(used)
                .filter(|(_, used)| !used)
                .map(|(member, _)| format!("{path} {}", member.name)),
        );
    }
    // Sellers have no ASIN of their own; only profiles that target automatically fail to.
    assert_eq!(unused, ["/sp/productAds/list asin"], "members that never come");
}

struct Member {
    name: &'static str,
    required: bool,
    types: &'static str,
    values: Option<Vec<&'static str>>,
}

impl Member {
    fn read(text: &'static str) -> Self {
        let (name, rest) = text.split_once(' ').unwrap();
        let (types, values) = match rest.split_once('=') {
            Some((types, values)) => (types, Some(values.split('|').collect())),
            None => (rest, None),
        };
        Self { name: name.trim_end_matches('!'), required: name.ends_with('!'), types, values }
    }
}

fn check(path: &str, at: &str, value: &Value, members: &[Member], used: &mut [bool]) {
    if !at.is_empty() {
        let n = members
            .iter()
            .position(|m| m.name == at)
            .unwrap_or_else(|| panic!("{path}: unknown member {at}"));
        used[n] = true;
        let member = &members[n];
        let kind = match value {
            Value::Null => "0",
            Value::Bool(_) => "b",
            Value::Number(_) => "n",
            Value::String(_) => "s",
            Value::Array(_) => "[]",
            Value::Object(_) => "{}",
        };
        assert!(member.types.contains(kind), "{path}: {at} is {value}");
        if let (Some(values), Some(text)) = (&member.values, value.as_str()) {
            assert!(values.contains(&text), "{path}: {at} is {text}");
        }
        if at == "extendedData" && path != "/portfolios/list" {
            return extended(path, value);
        }
        if at.to_lowercase().ends_with("expression") || at.to_lowercase().ends_with("expressions") {
            return predicates(path, value);
        }
    }
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match value {
        Value::Object(inner) => {
            inner.iter().for_each(|(key, value)| check(path, &below(key), value, members, used))
        }
        Value::Array(items) => {
            items.iter().for_each(|item| check(path, &format!("{at}[]"), item, members, used))
        }
        _ => {}
    }
}

fn extended(path: &str, data: &Value) {
    let keys: Vec<&str> = data.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = if path.starts_with("/sp/") {
        ["creationDateTime", "lastUpdateDateTime", "servingStatus", "servingStatusDetails"]
    } else {
        ["creationDate", "lastUpdateDate", "servingStatus", "servingStatusDetails"]
    };
    expected.sort_unstable();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, expected, "{path}");
    if path.starts_with("/sp/") {
        let detail = data["servingStatusDetails"][0]["name"].as_str().unwrap();
        assert_eq!(detail, format!("{}_DETAIL", data["servingStatus"].as_str().unwrap()));
    }
}

fn predicates(path: &str, value: &Value) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| predicates(path, item)),
        Value::Object(predicate) => {
            let kind = predicate["type"].as_str().unwrap();
            assert!(PREDICATES.split_whitespace().any(|known| known == kind), "{path}: {kind}");
            let known = ["type", "value", "eventType"];
            assert!(predicate.keys().all(|key| known.contains(&key.as_str())), "{path}: {value}");
            if let Some(inner @ Value::Array(_)) = predicate.get("value") {
                predicates(path, inner);
            }
        }
        other => panic!("{path}: {other} is no predicate"),
    }
}
