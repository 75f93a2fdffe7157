//! What rows of all products have in common: amounts, dates, names, serving states; and which
//! writer belongs to which kind.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::build::{Row, Traits, row_key};
use super::churn::{self, State};
use super::dice::{below, chance, mix};
use super::ids;
use super::json::Obj;
use super::kind::Kind;
use super::names;
use super::{rows_portfolio, rows_sb, rows_sb_targeting, rows_sd, rows_sp, rows_sp_targeting};

/// Writes one row's members.
pub(crate) type Writer = fn(&Row<'_>, &mut Obj<'_>) -> Traits;

/// The writer of a kind.
pub(crate) const fn writer(kind: Kind) -> Writer {
    match kind {
        Kind::Portfolio => rows_portfolio::portfolio,
        Kind::SpCampaign => rows_sp::campaign,
        Kind::SpAdGroup => rows_sp::ad_group,
        Kind::SpProductAd => rows_sp::product_ad,
        Kind::SpKeyword => rows_sp::keyword,
        Kind::SpNegativeKeyword => rows_sp_targeting::negative_keyword,
        Kind::SpCampaignNegativeKeyword => rows_sp_targeting::campaign_negative_keyword,
        Kind::SpTarget => rows_sp_targeting::target,
        Kind::SpNegativeTarget => rows_sp_targeting::negative_target,
        Kind::SpCampaignNegativeTarget => rows_sp_targeting::campaign_negative_target,
        Kind::SbCampaign => rows_sb::campaign,
        Kind::SbAdGroup => rows_sb::ad_group,
        Kind::SbAd => rows_sb::ad,
        Kind::SbKeyword => rows_sb_targeting::keyword,
        Kind::SbNegativeKeyword => rows_sb_targeting::negative_keyword,
        Kind::SbTarget => rows_sb_targeting::target,
        Kind::SbNegativeTarget => rows_sb_targeting::negative_target,
        Kind::SbTheme => rows_sb_targeting::theme,
        Kind::SdCampaign => rows_sd::campaign,
        Kind::SdAdGroup => rows_sd::ad_group,
        Kind::SdProductAd => rows_sd::product_ad,
        Kind::SdTarget => rows_sd::target,
        Kind::SdNegativeTarget => rows_sd::negative_target,
    }
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl Row<'_> {
    /// A hash of the row's lasting properties for one purpose.
    pub(crate) const fn hash(&self, purpose: u64) -> u64 {
        mix(self.key, purpose)
    }

    /// True for `share` of all rows.
    pub(crate) fn is(&self, purpose: u64, share: f64) -> bool {
        chance(self.hash(purpose), share)
    }

    /// An amount around some dollars (in hundredths), in the profile's currency, as the last
    /// change left it.
    pub(crate) fn amount(&self, purpose: u64, low: u64, high: u64) -> u64 {
        let dollars = low + below(self.hash(purpose), high - low);
        self.scene.profile.place.amount(churn::changed(dollars, self.key, self.life.value))
    }

    /// The product line that the row's campaign is about.
    pub(crate) fn line(&self) -> &'static str {
        names::line(self.scene.profile.place.language, self.theme())
    }

    /// The number of the campaign that the row belongs to.
    pub(crate) const fn theme(&self) -> u32 {
        if self.slot.campaign == super::blueprint::NONE { self.slot.n } else { self.slot.campaign }
    }

    /// A campaign's name: the parts, the country, and what tells it from its namesakes.
    pub(crate) fn campaign_name(&self, product: &str, tactic: &str) -> String {
        let place = self.scene.profile.place;
        let mut name = format!("{product} | {} | {tactic} | {}", self.line(), place.country);
        let round = names::round(place.language, self.slot.n);
        if round > 0 {
            name.push_str(&format!(" | {:02}", round + 1));
        }
        self.renamed(name)
    }

    /// A name after the renamings that the row has seen.
    pub(crate) fn renamed(&self, mut name: String) -> String {
        if self.life.text > 0 {
            name.push_str(&format!(" (rev {})", self.life.text));
        }
        name
    }

    /// The portfolio of a campaign, if it is in one.
    pub(crate) fn portfolio(&self) -> Option<u64> {
        let portfolios = u64::from(self.scene.blueprint.portfolios());
        (portfolios > 0 && self.is(0x706f_7274, 0.6)).then(|| {
            ids::of(self.scene.profile, Kind::Portfolio, below(self.hash(0x706f), portfolios) as u32)
        })
    }

    /// When the row was created, in milliseconds since 1970.
    pub(crate) fn created_ms(&self) -> i64 {
        let scene = self.scene;
        if self.slot.born > 0 {
            return scene.epoch_ms + i64::from(self.slot.born) * HOUR_MS;
        }
        scene.epoch_ms - DAY_MS - below(self.hash(0x6372), 900 * DAY_MS as u64) as i64
    }

    /// When the row was last changed, in milliseconds since 1970.
    pub(crate) fn updated_ms(&self) -> i64 {
        if self.life.last > self.slot.born {
            return self.scene.epoch_ms + i64::from(self.life.last) * HOUR_MS;
        }
        let created = self.created_ms();
        created + below(self.hash(0x7570), (self.scene.epoch_ms - created).max(1) as u64) as i64
    }

    /// The day of creation as year, month, day.
    pub(crate) fn start_day(&self) -> (i16, i8, i8) {
        day(self.created_ms())
    }

    /// The day on which a campaign ends, for the few that do.
    pub(crate) fn end_day(&self) -> Option<(i16, i8, i8)> {
        self.is(0x0065_6e64, 0.12)
            .then(|| day(self.scene.epoch_ms + below(self.hash(0x656e), 300) as i64 * DAY_MS))
    }

    /// The serving state that follows from the row's own state and those above it. `live` and
    /// `own` are what the API calls this kind when it runs, and its prefix when it does not.
    pub(crate) fn serving(&self, live: &str, own: &str) -> String {
        let stopped = |prefix: &str, state| match state {
            State::Paused => Some(format!("{prefix}_PAUSED")),
            State::Archived => Some(format!("{prefix}_ARCHIVED")),
            State::Enabled => None,
        };
        stopped("CAMPAIGN", self.above[0])
            .or_else(|| stopped("AD_GROUP", self.above[1]))
            .or_else(|| stopped(own, self.life.state))
            .unwrap_or_else(|| {
                if self.is(0x006f_7574, 0.05) { "CAMPAIGN_OUT_OF_BUDGET".to_owned() } else { live.to_owned() }
            })
    }

    /// A hash for a property of the campaign that its rows share.
    pub(crate) fn campaign_hash(&self, kind: Kind, purpose: u64) -> u64 {
        mix(row_key(self.scene.profile, kind, self.theme()), purpose)
    }
}

fn day(ms: i64) -> (i16, i8, i8) {
    let date = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(ms).unwrap_or_default());
    (date.year(), date.month(), date.day())
}

/// An instant as ISO 8601 with milliseconds.
pub(crate) fn iso(ms: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// A day as most of the API writes it.
pub(crate) fn dashed((year, month, day): (i16, i8, i8)) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// A day as Sponsored Display writes it.
pub(crate) fn compact((year, month, day): (i16, i8, i8)) -> String {
    format!("{year:04}{month:02}{day:02}")
}
