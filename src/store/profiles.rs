//! Profiles: what the logins listed, kept so that the console starts before the API answers.

use super::dispatch::{from_row, read, word, write_tx};
use super::{Store, StoreError};
use crate::domain::id::ProfileId;
use crate::domain::profile::{Profile, StoredProfile};
use crate::domain::run::ChangeCounts;
use crate::domain::time::Timestamp;

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
        gone_at: row.try_get::<Option<i64>, _>("gone_at")?.map(Timestamp),
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

const SELECT: &str = "select p.*, r.added, r.changed, r.unchanged, r.removed, r.returned \
     from profiles p left join sync_runs r on r.id = p.last_run_id order by p.profile_id";
pub(super) const SELECT_ONE: &str = "select p.*, r.added, r.changed, r.unchanged, r.removed, r.returned \
     from profiles p left join sync_runs r on r.id = p.last_run_id where p.profile_id = $1";

impl Store {
    /// Stores what a login's listing gave: new and changed profiles are written, those that it no longer has
    /// are marked as gone, and gone ones that are back are no longer. Data is never touched.
    ///
    /// # Errors
    /// [`StoreError::Mixed`] when the database holds profiles of the other kind.
    pub async fn save_listing(&self, login: &str, profiles: &[Profile]) -> Result<Listing, StoreError> {
        write_tx!(self, |tx, now| {
            for p in profiles {
                let other: i64 = sqlx::query_scalar("select count(*) from profiles where simulated <> $1")
                    .bind(p.simulated)
                    .fetch_one(&mut *tx)
                    .await?;
                if other > 0 {
                    return Err(StoreError::Mixed { stored_simulated: !p.simulated });
                }
                sqlx::query(
                    "insert into profiles (profile_id, login, region, access, name, country, currency, timezone,
                         account_type, account_sub_type, account_id, marketplace_id, simulated, raw, listed_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                     on conflict (profile_id) do update set login = excluded.login, region = excluded.region,
                         access = excluded.access, name = excluded.name, country = excluded.country,
                         currency = excluded.currency, timezone = excluded.timezone,
                         account_type = excluded.account_type, account_sub_type = excluded.account_sub_type,
                         account_id = excluded.account_id, marketplace_id = excluded.marketplace_id,
                         raw = excluded.raw, listed_at = excluded.listed_at, gone_at = null",
                )
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
                .bind(now.0)
                .execute(&mut *tx)
                .await?;
            }
            sqlx::query(
                "update profiles set gone_at = $2 where login = $1 and listed_at < $2 and gone_at is null",
            )
            .bind(login)
            .bind(now.0)
            .execute(&mut *tx)
            .await?;
            let all: Vec<StoredProfile> = sqlx::query_as(SELECT).fetch_all(&mut *tx).await?;
            let profiles = all.into_iter().filter(|p| p.profile.login == login).collect();
            Ok(Listing { profiles })
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
