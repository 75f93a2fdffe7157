//! Profiles: what the logins listed, kept so that the console starts before the API answers.

use sqlx::AssertSqlSafe;

use super::bulk::{self, Flavor};
use super::dispatch::{from_row, read, word, write_tx};
use super::{Store, StoreError};
use crate::domain::id::ProfileId;
use crate::domain::profile::{AccessLost, Profile, StoredProfile};
use crate::domain::run::ChangeCounts;
use crate::domain::time::Timestamp;

/// What a login listed.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// The login.
    pub login: &'a str,
    /// Its profiles, as far as it carries them.
    pub profiles: &'a [Profile],
    /// True when these are all of them: those of the login that are missing are gone.
    pub complete: bool,
}

/// What storing a login's listing changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Every profile of the login, those that went away included, as stored now.
    pub profiles: Vec<StoredProfile>,
}

from_row!(StoredProfile, |row| {
    let counts: Option<i64> = row.try_get("last_run_id")?;
    Ok(StoredProfile {
        profile: Profile {
            id: ProfileId(row.try_get("profile_id")?),
            login: row.try_get("login")?,
            region: word("region", row.try_get("region")?)?,
            access: word("access", row.try_get("access")?)?,
            name: row.try_get("name")?,
            country: row.try_get("country")?,
            currency: row.try_get("currency")?,
            timezone: row.try_get("timezone")?,
            account_type: row.try_get("account_type")?,
            account_sub_type: row.try_get("account_sub_type")?,
            account_id: row.try_get("account_id")?,
            marketplace_id: row.try_get("marketplace_id")?,
            simulated: row.try_get("simulated")?,
            raw: row.try_get("raw")?,
        },
        last_synced_at: row.try_get::<Option<i64>, _>("last_synced_at")?.map(Timestamp),
        data_as_of: row.try_get::<Option<i64>, _>("data_as_of")?.map(Timestamp),
        rows: row.try_get("live_rows")?,
        listed_at: Some(Timestamp(row.try_get("listed_at")?)),
        gone_at: row.try_get::<Option<i64>, _>("gone_at")?.map(Timestamp),
        access_lost: row
            .try_get::<Option<i64>, _>("lost_since")?
            .map(|since| -> sqlx::Result<AccessLost> {
                Ok(AccessLost {
                    units: u64::try_from(row.try_get::<i64, _>("lost_units")?).unwrap_or(0),
                    rows: row.try_get("lost_rows")?,
                    since: Timestamp(since),
                })
            })
            .transpose()?,
        barred: None,
        last_counts: counts
            .is_some()
            .then(|| -> sqlx::Result<ChangeCounts> {
                let count = |name| -> sqlx::Result<u64> {
                    Ok(u64::try_from(row.try_get::<Option<i64>, _>(name)?.unwrap_or(0)).unwrap_or(0))
                };
                Ok(ChangeCounts {
                    added: count("added")?,
                    changed: count("changed")?,
                    unchanged: count("unchanged")?,
                    removed: count("removed")?,
                    returned: count("returned")?,
                })
            })
            .transpose()?,
    })
});

/// Columns of a profile with what its last run left; each of the macro's uses adds what selects.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select p.*, r.added, r.changed, r.unchanged, r.removed, r.returned, \
             (select count(*) from certificates c where c.profile_id = p.profile_id and c.state = 'not_eligible' \
                 and c.live_rows > 0) as lost_units, \
             (select cast(coalesce(sum(c.live_rows), 0) as bigint) from certificates c \
                 where c.profile_id = p.profile_id and c.state = 'not_eligible' and c.live_rows > 0) as lost_rows, \
             (select min(coalesce(c.refused_since, c.committed_at)) from certificates c \
                 where c.profile_id = p.profile_id and c.state = 'not_eligible' and c.live_rows > 0) as lost_since \
             from profiles p left join sync_runs r on r.id = p.last_run_id ",
            $rest
        )
    };
}

const SELECT: &str = select!("order by p.profile_id");
pub(super) const SELECT_ONE: &str = select!("where p.profile_id = $1");

impl Store {
    /// Stores what one login's complete listing gave; see [`Store::save_listings`].
    ///
    /// # Errors
    /// As there.
    pub async fn save_listing(&self, login: &str, profiles: &[Profile]) -> Result<Listing, StoreError> {
        let all = self.save_listings(&[Listed { login, profiles, complete: true }]).await?;
        Ok(Listing { profiles: all.into_iter().filter(|p| p.profile.login == login).collect() })
    }

    /// Stores what the logins' listings gave, all in one transaction, so that a profile that changed hands is never
    /// seen as gone: new and changed profiles are written, those that a complete listing no longer has are marked as
    /// gone, and gone ones that are back are no longer. Data is never touched. Gives every profile that is stored.
    ///
    /// # Errors
    /// [`StoreError::Mixed`] when the database holds profiles of the other kind.
    pub async fn save_listings(&self, listings: &[Listed<'_>]) -> Result<Vec<StoredProfile>, StoreError> {
        let flavor = if self.is_sqlite() { Flavor::Sqlite } else { Flavor::Postgres };
        let profiles: Vec<&Profile> = listings.iter().flat_map(|listed| listed.profiles).collect();
        write_tx!(self, |tx, now| {
            for simulated in [true, false] {
                let other: Option<i64> =
                    sqlx::query_scalar("select profile_id from profiles where simulated <> $1 limit 1")
                        .bind(simulated)
                        .fetch_optional(&mut *tx)
                        .await?;
                if other.is_some() && profiles.iter().any(|p| p.simulated == simulated) {
                    return Err(StoreError::Mixed { stored_simulated: !simulated });
                }
            }
            for chunk in profiles.chunks(bulk::PROFILES) {
                let mut query = sqlx::query(AssertSqlSafe(bulk::profiles(chunk.len(), flavor)));
                for p in chunk {
                    query = query
                        .bind(p.id.0)
                        .bind(&p.login)
                        .bind(p.region.as_str())
                        .bind(p.access.as_str())
                        .bind(&p.name)
                        .bind(&p.country)
                        .bind(&p.currency)
                        .bind(&p.timezone)
                        .bind(&p.account_type)
                        .bind(&p.account_sub_type)
                        .bind(&p.account_id)
                        .bind(&p.marketplace_id)
                        .bind(p.simulated)
                        .bind(&p.raw)
                        .bind(now.0);
                }
                query.execute(&mut *tx).await?;
            }
            for listed in listings.iter().filter(|listed| listed.complete) {
                sqlx::query(
                    "update profiles set gone_at = $2 where login = $1 and listed_at < $2 and gone_at is null",
                )
                .bind(listed.login)
                .bind(now.0)
                .execute(&mut *tx)
                .await?;
            }
            Ok(sqlx::query_as(SELECT).fetch_all(&mut *tx).await?)
        })
    }

    /// Every profile that was ever listed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn profiles(&self) -> Result<Vec<StoredProfile>, StoreError> {
        read!(self, |conn, _now| { Ok(sqlx::query_as(SELECT).fetch_all(&mut *conn).await?) })
    }

    /// One profile.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn profile(&self, id: ProfileId) -> Result<Option<StoredProfile>, StoreError> {
        read!(self, |conn, _now| {
            Ok(sqlx::query_as(SELECT_ONE).bind(id.0).fetch_optional(&mut *conn).await?)
        })
    }
}
