//! Which rows exist in a profile at which generation: slots and what they hang on. Knows neither
//! what the rows say nor how they are served.

use super::churn;
use super::dice::{below, chance, mix};
use super::kind::{Kind, Level, Product};
use super::profile::Profile;

/// Stands for "no parent".
pub(crate) const NONE: u32 = u32::MAX;

/// The place of one row: its number within its kind, and those of its parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) n: u32,
    pub(crate) campaign: u32,
    pub(crate) ad_group: u32,
    /// The generation it first exists in.
    pub(crate) born: u32,
}

/// The rows of a profile before any churn.
#[derive(Debug)]
pub(crate) struct Blueprint {
    key: u64,
    portfolios: u32,
    keywords: u32,
    exact: bool,
    products: [Tree; 3],
}

#[derive(Debug, Default)]
struct Tree {
    campaigns: u32,
    /// The campaign of each ad group.
    ad_groups: Vec<u32>,
}

impl Blueprint {
    /// Lays out a profile.
    pub(crate) fn new(profile: &Profile) -> Self {
        let size = profile.size;
        let tree = |product: Product| {
            if !profile.may_use(product) {
                return Tree::default();
            }
            let (campaigns, per_campaign) = match product {
                Product::Sp => (size.campaigns, size.ad_groups),
                Product::Sb => (size.campaigns.div_ceil(4).min(size.campaigns), size.ad_groups.min(3)),
                Product::Sd => (size.campaigns.div_ceil(6).min(size.campaigns), size.ad_groups.min(2)),
            };
            let mut ad_groups = Vec::new();
            for campaign in 0..campaigns {
                let hash = mix(mix(profile.key, product.index() as u64 + 90), u64::from(campaign));
                let more = if size.exact { 0 } else { below(hash, 2) as u32 };
                let old = product == Product::Sb && is_old(profile.key, campaign);
                let count = if old { per_campaign.min(1) } else { per_campaign + more };
                ad_groups.extend(std::iter::repeat_n(campaign, count as usize));
            }
            Tree { campaigns, ad_groups }
        };
        Self {
            key: profile.key,
            portfolios: size.campaigns.div_ceil(8).min(size.campaigns),
            keywords: size.keywords,
            exact: size.exact,
            products: [tree(Product::Sp), tree(Product::Sb), tree(Product::Sd)],
        }
    }

    /// How many portfolios there are.
    pub(crate) const fn portfolios(&self) -> u32 {
        self.portfolios
    }

    /// Whether a Sponsored Products campaign chooses its targets by itself, and so has none of
    /// its own keywords.
    pub(crate) fn auto_targeting(&self, campaign: u32) -> bool {
        !self.exact && chance(mix(mix(self.key, 0x6175_746f), u64::from(campaign)), 0.15)
    }

    /// Whether a Sponsored Brands campaign was made before ad groups could be many: it has one, with one ad.
    pub(crate) fn is_old(&self, campaign: u32) -> bool {
        is_old(self.key, campaign)
    }

    /// All slots of a kind that have been born by `generation`, removed ones included.
    pub(crate) fn slots(&self, kind: Kind, generation: u32, share: f64) -> Vec<Slot> {
        let mut slots = Vec::new();
        let mut push = |campaign, ad_group| {
            slots.push(Slot { n: slots.len() as u32, campaign, ad_group, born: 0 });
        };
        let tree = &self.products[kind.product().index()];
        match kind.level() {
            Level::Portfolio => (0..self.portfolios).for_each(|_| push(NONE, NONE)),
            Level::Campaign => (0..tree.campaigns).for_each(|_| push(NONE, NONE)),
            Level::AdGroup => tree.ad_groups.iter().for_each(|&campaign| push(campaign, NONE)),
            Level::OfCampaign => {
                for campaign in 0..tree.campaigns {
                    for _ in 0..self.count(kind, campaign, campaign) {
                        push(campaign, NONE);
                    }
                }
            }
            Level::OfAdGroup => {
                for (ad_group, &campaign) in (0u32..).zip(&tree.ad_groups) {
                    for _ in 0..self.count(kind, campaign, ad_group) {
                        push(campaign, ad_group);
                    }
                }
            }
        }
        let base = slots.len() as u32;
        if base > 0 {
            let births = churn::births(base, share);
            for born in 1..=generation {
                for birth in 0..births {
                    let n = base + (born - 1) * births + birth;
                    let hash = mix(mix(self.key, 0xb142 + kind as u64), u64::from(n));
                    let first = below(hash, u64::from(base)) as usize;
                    let mut twins = slots[first..base as usize].iter().chain(&slots[..first]);
                    let full = |twin: &Slot| {
                        matches!(kind, Kind::SbAdGroup | Kind::SbAd) && self.is_old(twin.campaign)
                    };
                    let Some(&twin) = twins.find(|twin| !full(twin)) else { continue };
                    slots.push(Slot { n, born, ..twin });
                }
            }
        }
        slots
    }

    /// How many rows of a kind hang on a parent.
    fn count(&self, kind: Kind, campaign: u32, parent: u32) -> u32 {
        let hash = mix(mix(self.key, 0xc0 + kind as u64), u64::from(parent));
        let upto = |n: u64| below(hash, n + 1) as u32;
        match kind {
            Kind::SpKeyword if self.auto_targeting(campaign) => 0,
            Kind::SpKeyword if self.exact => self.keywords,
            Kind::SpKeyword => self.keywords - upto(u64::from(self.keywords / 3)),
            Kind::SpProductAd => 1 + upto(3),
            Kind::SpNegativeKeyword => upto(4),
            Kind::SpCampaignNegativeKeyword => upto(3),
            // Automatic targeting is four targets; by hand, some ad groups target products.
            Kind::SpTarget if self.auto_targeting(campaign) => 4,
            Kind::SpTarget => upto(7).saturating_sub(4),
            Kind::SpNegativeTarget | Kind::SpCampaignNegativeTarget | Kind::SbNegativeTarget => upto(2),
            Kind::SbAd if self.is_old(campaign) => 1,
            Kind::SbAd => 1 + upto(1),
            Kind::SbNegativeKeyword => upto(3),
            Kind::SbTarget => upto(5).saturating_sub(1),
            Kind::SbTheme => upto(3).saturating_sub(1),
            Kind::SdProductAd => 1 + upto(2),
            Kind::SdNegativeTarget => upto(2),
            Kind::SbKeyword => self.keywords.min(40) / 2 + upto(4),
            Kind::SdTarget => 2 + upto(4),
            _ => 0,
        }
    }
}

fn is_old(key: u64, campaign: u32) -> bool {
    chance(mix(mix(key, 0x0006_6f6c_6400), u64::from(campaign)), 0.15)
}
