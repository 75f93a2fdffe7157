//! Whether a big list is asked for in parts, so that it does not take as long as all its pages one after the other.
//! Pure: sizes in, parts out.

use std::time::Duration;

use crate::domain::id::EntityId;

/// Pages and rows from which on a list is big.
const BIG: u64 = 8;
const MANY: u64 = 1_000;
/// Pages that a part has on average, at least: each part ends with a page that is not full.
const PAGES_OF_A_PART: u64 = 4;
/// Parts at most, unless the filter takes too few ids.
const PARTS: u64 = 16;
/// Seconds from which on a list takes long.
const LONG: f64 = 2.0;
/// Requests that could be under way at once from which on parts are worth their extra requests.
const WORTH: f64 = 2.0;

/// What is known of a list after its first page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Rows over all pages, as the API counts them.
    pub(super) total: u64,
    /// Rows of the first page.
    pub(super) page: u64,
    /// How long the API took for it.
    pub(super) took: Duration,
    /// Requests per second that the profile may hope for; `None` without limits.
    pub(super) pace: Option<f64>,
}

impl Size {
    fn pages(&self) -> u64 {
        self.total.div_ceil(self.page.max(1))
    }

    /// True for a list that is worth asking for in parts: it is big, it takes its time, and that time is the API's
    /// and not the rate limit's.
    pub(super) fn is_worth_parts(&self) -> bool {
        let took = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let in_all = self.pages() as f64 * took;
        self.pages() >= BIG
            && self.total >= MANY
            && in_all >= LONG
            && self.pace.is_none_or(|pace| pace * took >= WORTH)
    }

    /// The parts, by the campaigns that each asks for; `None` when there would be too many of them. `most` ids fit
    /// one request.
    pub(super) fn parts(&self, campaigns: &[EntityId], most: usize) -> Option<Vec<Vec<EntityId>>> {
        let few = usize::try_from((self.pages() / PAGES_OF_A_PART).min(PARTS)).ok()?;
        let count = campaigns.len().div_ceil(most).max(few.min(campaigns.len()));
        let affordable = usize::try_from(self.pages() / 2).ok()?;
        (2..=affordable)
            .contains(&count)
            .then(|| campaigns.chunks(campaigns.len().div_ceil(count)).map(<[EntityId]>::to_vec).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(total: u64) -> Size {
        Size { total, page: 1000, took: Duration::from_millis(300), pace: None }
    }

    fn campaigns(count: u64) -> Vec<EntityId> {
        (0..count).filter_map(|id| EntityId::from_text(&id.to_string())).collect()
    }

    #[test]
    fn only_big_lists_that_the_api_holds_up_are_worth_parts() {
        assert!(!size(7_000).is_worth_parts());
        assert!(!Size { page: 4, ..size(999) }.is_worth_parts(), "small, whatever its pages");
        assert!(size(7_001).is_worth_parts());
        assert!(
            !Size { took: Duration::from_millis(20), ..size(90_000) }.is_worth_parts(),
            "it is soon over"
        );
        // 300 ms an answer: two requests a second keep less than one under way, ten keep three.
        assert!(!Size { pace: Some(2.0), ..size(100_000) }.is_worth_parts());
        assert!(Size { pace: Some(10.0), ..size(100_000) }.is_worth_parts());
    }

    #[test]
    fn parts_cover_every_campaign_once_and_fit_the_filter() {
        for (total, count) in [(8_000, 2), (20_000, 50), (100_000, 1_000), (100_000, 1_601), (9_000, 399)] {
            let all = campaigns(count);
            let parts = size(total).parts(&all, 100).unwrap();
            assert_eq!(parts.concat(), all, "{total} {count}");
            assert!(parts.iter().all(|part| !part.is_empty() && part.len() <= 100), "{total} {count}");
            assert!(parts.len() as u64 <= size(total).pages() / 2, "{total} {count}");
        }
    }

    #[test]
    fn a_list_is_left_whole_when_it_would_fall_into_too_many_or_too_few_parts() {
        assert_eq!(size(8_000).parts(&campaigns(1), 100), None);
        assert_eq!(size(8_000).parts(&campaigns(0), 100), None);
        assert_eq!(size(8_000).parts(&campaigns(1_000), 100), None, "ten parts of less than a page");
    }
}
