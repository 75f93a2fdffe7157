//! `/v2/profiles`. Knows which profiles there are, nothing of their rows.

use super::answer::Answer;
use super::app::{App, Call};
use super::errors::Refusal;
use super::form;
use super::world::profile::Profile;

/// The longest list that is answered; there is no paging.
const MOST: usize = 5000;

const PROGRAMS: &[&str] = &["billing", "campaign", "paymentMethod", "store", "report", "account", "posts"];

/// Answers a request to the profiles resource; `None` for other paths.
pub(crate) fn answer(app: &App, call: &Call) -> Option<Result<Answer, Refusal>> {
    let rest = call.path.strip_prefix("/v2/profiles")?;
    let one = match rest.strip_prefix('/') {
        None if rest.is_empty() => None,
        Some(id) if !id.is_empty() && !id.contains('/') => Some(id),
        _ => return None,
    };
    Some(match call.method.as_str() {
        "GET" => app.admit(call).and_then(|()| one.map_or_else(|| list(app, call), |id| single(app, id))),
        method => Err(Refusal::new(405, format!("{method} is not allowed for {}", call.path))),
    })
}

fn single(app: &App, id: &str) -> Result<Answer, Refusal> {
    let id: u64 = id.parse().map_err(|_| Refusal::new(400, format!("'{id}' is not a profile id")))?;
    let found = app.world.find(id).ok_or_else(|| Refusal::new(404, format!("Profile {id} was not found")))?;
    Ok(Answer::json(app.world.profiles()[found].json.as_bytes()))
}

fn list(app: &App, call: &Call) -> Result<Answer, Refusal> {
    let filter = Filter::read(&form::decode(&call.query))?;
    let found = app.world.profiles().iter().filter(|profile| filter.passes(profile)).take(MOST);
    let rows: Vec<&str> = found.map(|profile| profile.json.as_str()).collect();
    Ok(Answer::json(format!("[{}]", rows.join(","))))
}

struct Filter {
    viewable: bool,
    types: Vec<String>,
    valid_payment: Option<bool>,
}

impl Filter {
    fn read(query: &[(String, String)]) -> Result<Self, Refusal> {
        let mut filter = Self { viewable: false, types: Vec::new(), valid_payment: None };
        for (name, value) in query {
            let bad = || Refusal::new(400, format!("Invalid value '{value}' for parameter {name}"));
            match (name.as_str(), value.as_str()) {
                ("apiProgram", program) if PROGRAMS.contains(&program) => {}
                ("accessLevel", "edit") => filter.viewable = false,
                ("accessLevel", "view") => filter.viewable = true,
                ("profileTypeFilter", types) => {
                    filter.types = types.split(',').map(|t| t.trim().to_owned()).collect();
                    if filter.types.iter().any(|t| !["seller", "vendor", "agency"].contains(&t.as_str())) {
                        return Err(bad());
                    }
                }
                ("validPaymentMethodFilter", "true") => filter.valid_payment = Some(true),
                ("validPaymentMethodFilter", "false") => filter.valid_payment = Some(false),
                ("apiProgram" | "accessLevel" | "validPaymentMethodFilter", _) => return Err(bad()),
                _ => return Err(Refusal::new(400, format!("Unknown parameter '{name}'"))),
            }
        }
        Ok(filter)
    }

    /// Whoever may edit may view as well; whoever may only view is left out by default.
    fn passes(&self, profile: &Profile) -> bool {
        (self.viewable || !profile.view_only)
            && (self.types.is_empty() || self.types.iter().any(|t| t == profile.account_type.name()))
            // A profile that says nothing of payment counts as valid.
            && self.valid_payment.is_none_or(|wanted| profile.valid_payment.unwrap_or(true) == wanted)
    }
}
