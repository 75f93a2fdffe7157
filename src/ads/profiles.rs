//! `GET /v2/profiles`: the request, and reading its answer.
//!
//! The wire shape stays here; everybody else sees `domain::profile::Profile`.

use serde_json::Value;
use serde_json::value::RawValue;

use super::call::{Method, WireRequest};
use super::endpoint::LoginEndpoint;
use crate::domain::id::{EntityId, ProfileId};
use crate::domain::json;
use crate::domain::profile::{Access, Profile};

/// The most profiles that one answer holds. There is no paging: whoever gets as many may have more.
pub const MOST_PROFILES: usize = 5_000;

/// The request. Without an explicit access level the API hides profiles that may only be read.
pub(super) fn request(access: Access) -> WireRequest {
    WireRequest {
        method: Method::Get,
        path: "/v2/profiles",
        query: vec![("accessLevel".to_owned(), access.as_str().to_owned())],
        accept: "application/json",
        body: None,
    }
}

/// Reads the whole answer. One profile that cannot be read makes it unusable: leaving it out would make it
/// look gone.
pub(super) fn parse(login: &LoginEndpoint, access: Access, body: &[u8]) -> Result<Vec<Profile>, String> {
    let body = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8 text".to_owned())?;
    let rows: Vec<&RawValue> =
        serde_json::from_str(body).map_err(|e| format!("expected a JSON array: {e}"))?;
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| {
            profile(login, access, row.get()).ok_or_else(|| format!("entry {index} has no usable profileId"))
        })
        .collect()
}

fn profile(login: &LoginEndpoint, access: Access, raw: &str) -> Option<Profile> {
    let row = json::parse(raw).ok()?;
    let id = row.get("profileId").and_then(EntityId::from_json)?.as_str().parse().ok()?;
    let text = |path: &str| {
        json::at(&row, path)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    let account_id = text("accountInfo.id").unwrap_or_default();
    Some(Profile {
        id: ProfileId(id),
        login: login.name.clone(),
        region: login.region,
        access,
        name: text("accountInfo.name").unwrap_or_else(|| account_id.clone()),
        country: text("countryCode").unwrap_or_default(),
        currency: text("currencyCode").unwrap_or_default(),
        timezone: text("timezone").unwrap_or_default(),
        account_type: text("accountInfo.type").unwrap_or_default(),
        account_sub_type: text("accountInfo.subType"),
        account_id,
        marketplace_id: text("accountInfo.marketplaceStringId"),
        simulated: login.simulated,
        raw: raw.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::domain::profile::Region;

    fn login() -> LoginEndpoint {
        LoginEndpoint {
            name: "acme".to_owned(),
            region: Region::Eu,
            client_id: "id".to_owned(),
            client_secret: Secret::new("s"),
            refresh_token: Secret::new("r"),
            api_url: String::new(),
            token_url: String::new(),
            simulated: true,
        }
    }

    #[test]
    fn a_recorded_profile_is_read_whole_and_kept_as_it_came() {
        let raw = r#"{"profileId":1861552880916640,"countryCode":"US","currencyCode":"USD","dailyBudget":999999999.0,"timezone":"America/Los_Angeles","accountInfo":{"marketplaceStringId":"ATVPDKIKX0DER","id":"ENTITYVFIQ1E6W9INI","type":"vendor","name":"Sponsored ads - KDP","subType":"KDP_AUTHOR","validPaymentMethod":true}}"#;
        let profiles = parse(&login(), Access::View, format!("[ {raw} ]").as_bytes()).unwrap();
        let p = &profiles[0];
        assert_eq!(
            (p.id, p.name.as_str(), p.country.as_str()),
            (ProfileId(1_861_552_880_916_640), "Sponsored ads - KDP", "US")
        );
        assert_eq!(
            (p.access, p.region, p.login.as_str(), p.simulated),
            (Access::View, Region::Eu, "acme", true)
        );
        assert_eq!(p.account_sub_type.as_deref(), Some("KDP_AUTHOR"));
        assert_eq!(p.raw, raw);
    }

    #[test]
    fn an_account_without_a_name_shows_its_id_and_an_id_may_be_text() {
        let body = br#"[{"profileId":"9007199254740993","accountInfo":{"id":"A1","name":" "}}]"#;
        let p = parse(&login(), Access::Edit, body).unwrap().remove(0);
        assert_eq!((p.id, p.name.as_str()), (ProfileId(9_007_199_254_740_993), "A1"));
    }

    #[test]
    fn nothing_but_a_list_of_profiles_is_taken_for_one() {
        for body in [
            "",
            "{}",
            "null",
            "[null]",
            "[{}]",
            r#"[{"profileId":1.5}]"#,
            r#"{"code":"401","details":"x"}"#,
            "<html>",
        ] {
            assert!(parse(&login(), Access::Edit, body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(parse(&login(), Access::Edit, b"[]"), Ok(vec![]));
    }
}
