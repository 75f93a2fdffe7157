//! The kinds of rows that exist. One kind may be served by several lists.

use super::churn::State;

/// An ad product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Product {
    Sp,
    Sb,
    Sd,
}

impl Product {
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// What a row hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Portfolio,
    Campaign,
    AdGroup,
    /// Directly under a campaign.
    OfCampaign,
    /// Under an ad group.
    OfAdGroup,
}

macro_rules! kinds {
    ($($kind:ident $product:ident $level:ident;)*) => {
        /// A kind of rows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Kind { $($kind),* }

        impl Kind {
            pub(crate) const fn product(self) -> Product {
                match self { $(Kind::$kind => Product::$product),* }
            }

            pub(crate) const fn level(self) -> Level {
                match self { $(Kind::$kind => Level::$level),* }
            }
        }
    };
}

kinds! {
    Portfolio Sp Portfolio;
    SpCampaign Sp Campaign;
    SpAdGroup Sp AdGroup;
    SpProductAd Sp OfAdGroup;
    SpKeyword Sp OfAdGroup;
    SpNegativeKeyword Sp OfAdGroup;
    SpCampaignNegativeKeyword Sp OfCampaign;
    SpTarget Sp OfAdGroup;
    SpNegativeTarget Sp OfAdGroup;
    SpCampaignNegativeTarget Sp OfCampaign;
    SbCampaign Sb Campaign;
    SbAdGroup Sb AdGroup;
    SbAd Sb OfAdGroup;
    SbKeyword Sb OfAdGroup;
    SbNegativeKeyword Sb OfAdGroup;
    SbTarget Sb OfAdGroup;
    SbNegativeTarget Sb OfAdGroup;
    SbTheme Sb OfAdGroup;
    SdCampaign Sd Campaign;
    SdAdGroup Sd AdGroup;
    SdProductAd Sd OfAdGroup;
    SdTarget Sd OfAdGroup;
    SdNegativeTarget Sd OfAdGroup;
}

impl Kind {
    /// The states that rows of this kind can be in, as bits: portfolios know one, and Sponsored
    /// Brands negatives cannot be paused.
    pub(crate) const fn states(self) -> u8 {
        match self {
            Kind::Portfolio => State::Enabled as u8,
            Kind::SbNegativeKeyword | Kind::SbNegativeTarget => State::Enabled as u8 | State::Archived as u8,
            _ => State::Enabled as u8 | State::Paused as u8 | State::Archived as u8,
        }
    }

    /// The kind of the campaigns that rows of this kind hang on.
    pub(crate) const fn campaign(self) -> Kind {
        match self.product() {
            Product::Sp => Kind::SpCampaign,
            Product::Sb => Kind::SbCampaign,
            Product::Sd => Kind::SdCampaign,
        }
    }

    /// The kind of the ad groups that rows of this kind hang on.
    pub(crate) const fn ad_group(self) -> Kind {
        match self.product() {
            Product::Sp => Kind::SpAdGroup,
            Product::Sb => Kind::SbAdGroup,
            Product::Sd => Kind::SdAdGroup,
        }
    }
}
