//! The profiles: who they are and what they may do. Knows nothing of their rows.

use super::dice::{below, chance, mix, pick, unit};
use super::json::Obj;
use super::kind::Product;
use super::names;
use super::places::{self, Place};
use crate::simulator::options::SimulatorOptions;

/// Type of an advertiser account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountType {
    Seller,
    Vendor,
    Agency,
}

impl AccountType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Vendor => "vendor",
            Self::Agency => "agency",
        }
    }
}

/// One profile.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) id: u64,
    /// The account's name, which is its brand's.
    pub(crate) name: String,
    /// The seed of the world.
    pub(crate) seed: u64,
    /// Hash that all of its data follow from.
    pub(crate) key: u64,
    pub(crate) place: &'static Place,
    pub(crate) account_type: AccountType,
    pub(crate) author: bool,
    pub(crate) view_only: bool,
    pub(crate) brands: bool,
    pub(crate) display: bool,
    pub(crate) valid_payment: Option<bool>,
    pub(crate) size: Size,
    /// The row that `/v2/profiles` serves.
    pub(crate) json: String,
}

/// How much a profile holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) campaigns: u32,
    pub(crate) ad_groups: u32,
    pub(crate) keywords: u32,
    /// Whether every campaign holds exactly these numbers.
    pub(crate) exact: bool,
}

impl Profile {
    /// The `n`-th profile of a world.
    pub(crate) fn new(options: &SimulatorOptions, n: u32) -> Self {
        let key = mix(mix(options.seed, 0x0070_726f), u64::from(n));
        let here = places::of(options.region);
        let place = &here[n as usize % here.len()];
        // A brand sells in some neighbouring marketplaces, never twice in one.
        let brand = n as usize / here.len().min(3);
        let role = if options.profiles > 1 { n % 24 } else { 0 };
        let author = role == 11;
        let account_type = match role {
            7 => AccountType::Agency,
            11 | 1 | 4 | 10 | 14 | 17 | 21 => AccountType::Vendor,
            _ => AccountType::Seller,
        };
        // Sellers need Brand Registry for Sponsored Brands and Sponsored Display.
        let brands = !author && !matches!(role, 6 | 16 | 19);
        let display = !author && !matches!(role, 6 | 13);
        let valid_payment = match account_type {
            AccountType::Vendor => Some(role != 14),
            AccountType::Seller if chance(mix(key, 1), 0.5) => Some(true),
            _ => None,
        };
        let mut profile = Self {
            id: account_number(mix(key, 2)),
            name: String::new(),
            seed: options.seed,
            key,
            place,
            account_type,
            author,
            view_only: matches!(role, 8 | 18),
            brands,
            display,
            valid_payment,
            size: size(options, n, key),
            json: String::new(),
        };
        let name = match (author, account_type) {
            (true, _) => "Sponsored ads - KDP".to_owned(),
            (_, AccountType::Agency) => "Hafenkante Media (DSP)".to_owned(),
            _ => match brand / names::BRANDS.len() {
                0 => names::BRANDS[brand].to_owned(),
                again => format!("{} {}", names::BRANDS[brand % names::BRANDS.len()], again + 1),
            },
        };
        // One brand keeps its account id in all marketplaces.
        let account = mix(mix(options.seed, 0x6163_6374), brand as u64);
        profile.name = name;
        profile.json = profile.describe(account);
        profile
    }

    /// Whether the profile may use an ad product.
    pub(crate) const fn may_use(&self, product: Product) -> bool {
        if matches!(self.account_type, AccountType::Agency) {
            return false;
        }
        match product {
            Product::Sp => true,
            Product::Sb => self.brands,
            Product::Sd => self.display,
        }
    }

    fn describe(&self, account: u64) -> String {
        let mut out = Vec::new();
        let mut o = Obj::open(&mut out);
        o.num("profileId", self.id);
        o.str("countryCode", self.place.country).str("currencyCode", self.place.currency);
        if self.account_type == AccountType::Seller {
            o.raw("dailyBudget", "999999999.0");
        }
        o.str("timezone", self.place.timezone);
        o.obj("accountInfo", |o| {
            o.str("marketplaceStringId", self.place.marketplace);
            let tail = &names::asin(account)[2..];
            let more = &names::asin(mix(account, 1))[2..6];
            match self.account_type {
                AccountType::Seller => o.str("id", &format!("A{tail}{more}")),
                _ => o.str("id", &format!("ENTITY{tail}{more}")),
            };
            o.str("type", self.account_type.name()).str("name", &self.name);
            if self.author {
                o.str("subType", "KDP_AUTHOR");
            }
            if let Some(valid) = self.valid_payment {
                o.bool("validPaymentMethod", valid);
            }
        });
        o.close();
        String::from_utf8(out).unwrap_or_default()
    }
}

/// A profile id: 15 to 18 digits, some beyond what a double holds exactly.
fn account_number(hash: u64) -> u64 {
    let (low, high) = pick(
        mix(hash, 1),
        &[
            (100_000_000_000_000u64, 1_000_000_000_000_000u64),
            (1_000_000_000_000_000, 4_500_000_000_000_000),
            (100_000_000_000_000_000, 400_000_000_000_000_000),
        ],
    );
    low + below(hash, high - low)
}

fn size(options: &SimulatorOptions, n: u32, key: u64) -> Size {
    let (campaigns, ad_groups, keywords) = (options.campaigns, options.ad_groups, options.keywords);
    if options.profiles == 1 {
        return Size { campaigns, ad_groups, keywords, exact: true };
    }
    let scaled = |value: u32, percent: u64| (u64::from(value) * percent / 100) as u32;
    let (c, a, k) = match n {
        2 => (500, 400, 400),
        9 => (300, 300, 200),
        5 => (0, 0, 0),
        n if n % 97 == 50 => (300, 400, 300),
        _ => (50 + (unit(mix(key, 5)) * 130.0) as u64, 100, 100),
    };
    Size {
        campaigns: scaled(campaigns, c),
        ad_groups: scaled(ad_groups, a),
        keywords: scaled(keywords, k),
        exact: false,
    }
}
