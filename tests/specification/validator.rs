//! Holds a request or an answer against the specification. Knows nothing of how they came.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::{Value, json};

/// What passed was not what the specification says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// `POST /sp/campaigns/list`.
    pub(crate) operation: String,
    pub(crate) side: Side,
    /// Where: `path`, `method`, `header NAME`, `query NAME`, `body /campaigns/*/state`, `status 403`, `media type`.
    pub(crate) place: String,
    pub(crate) what: String,
    /// In a body: the JSON pointer of the value that is wrong.
    pub(crate) at: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Request,
    Answer,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.side == Side::Request { "request" } else { "answer" };
        write!(f, "{}: {side}, {}: {}", self.operation, self.place, self.what)
    }
}

impl Violation {
    /// The words without the value of the body that they begin with.
    pub(crate) fn rule(&self) -> &str {
        let cut = if self.at.is_some() { self.what.len().saturating_sub(30) } else { 0 };
        let cut = (cut..=self.what.len()).find(|at| self.what.is_char_boundary(*at));
        &self.what[cut.unwrap_or_default()..]
    }
}

/// A request or an answer as it passes: only what the specification speaks of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// Lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_lowercase()).map(String::as_str)
    }

    /// Its media type without parameters.
    fn media_type(&self) -> &str {
        essence(self.header("content-type").unwrap_or_default())
    }
}

fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default().trim()
}

/// All operations that a client of ours may use.
pub(crate) struct Specification {
    operations: BTreeMap<String, Operation>,
}

struct Operation {
    parameters: Vec<Parameter>,
    /// By media type; `None` for an operation that takes no body.
    request: Option<BTreeMap<String, Schema>>,
    answers: BTreeMap<u16, Answer>,
}

struct Parameter {
    place: String,
    name: String,
    required: bool,
    schema: Schema,
    /// The values it may have, when they are fixed.
    values: Vec<String>,
}

struct Answer {
    content: BTreeMap<String, Schema>,
    headers: BTreeMap<String, Schema>,
}

/// A schema, made ready when it is first needed.
struct Schema {
    schema: Value,
    definitions: Value,
    ready: OnceLock<Validator>,
}

impl Schema {
    fn new(schema: &Value, definitions: &Value) -> Self {
        Self { schema: schema.clone(), definitions: definitions.clone(), ready: OnceLock::new() }
    }

    /// What is wrong with a value, as place and words.
    fn judge(&self, value: &Value) -> Vec<(String, String)> {
        let validator = self.ready.get_or_init(|| {
            let root = json!({ "$defs": self.definitions, "allOf": [self.schema] });
            jsonschema::options().should_validate_formats(true).build(&root).unwrap()
        });
        let mut found = Vec::new();
        for error in validator.iter_errors(value) {
            found.push((error.instance_path().to_string(), error.to_string()));
        }
        found
    }
}

impl Specification {
    /// Reads what is kept of Amazon's files.
    pub(crate) fn read() -> Self {
        let mut operations = BTreeMap::new();
        for text in [
            include_str!("../spec/portfolios.json"),
            include_str!("../spec/profiles.json"),
            include_str!("../spec/sb3.json"),
            include_str!("../spec/sb4.json"),
            include_str!("../spec/sd.json"),
            include_str!("../spec/sp.json"),
        ] {
            let document: Value = serde_json::from_str(text).unwrap();
            let definitions = &document["$defs"];
            for (name, operation) in document["operations"].as_object().unwrap() {
                operations.insert(name.clone(), Operation::read(operation, definitions));
            }
        }
        Self { operations }
    }

    /// Every operation, such as `GET /sd/campaigns`.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// The values that a parameter of a query may have.
    pub(crate) fn values(&self, operation: &str, parameter: &str) -> &[String] {
        let parameters = self.operations.get(operation).map_or(&[][..], |o| &o.parameters);
        parameters.iter().find(|p| p.name == parameter).map_or(&[], |p| &p.values)
    }

    /// Judges a request.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        message: &Message,
    ) -> Vec<Violation> {
        let name = format!("{method} {path}");
        let mut found = Found::new(&name, Side::Request);
        let Some(operation) = self.operations.get(&name) else {
            let known = self.operations.keys().any(|known| known.ends_with(&format!(" {path}")));
            found.add(if known { "method" } else { "path" }, "the specification does not have it");
            return found.list;
        };
        operation.headers(message, &mut found);
        operation.query(query, &mut found);
        operation.body(message, &mut found);
        found.list
    }

    /// Judges an answer to a request that asked for a media type.
    pub(crate) fn answer(
        &self,
        name: &str,
        accept: Option<&str>,
        status: u16,
        message: &Message,
    ) -> Vec<Violation> {
        let mut found = Found::new(name, Side::Answer);
        let Some(operation) = self.operations.get(name) else { return Vec::new() };
        let Some(answer) = operation.answers.get(&status) else {
            found.add(&format!("status {status}"), "not declared");
            return found.list;
        };
        let media = message.media_type();
        match answer.content.get(media) {
            None => found.add("media type", &format!("{media:?} instead of {:?}", answer.content.keys())),
            Some(schema) => found.judge("body", schema, &message.body),
        }
        if status == 200 && accept.is_some_and(|accept| essence(accept) != media) {
            found.add("media type", &format!("{media:?}, though {accept:?} was asked for"));
        }
        for (header, schema) in &answer.headers {
            if let Some(text) = message.header(header) {
                for (_, what) in schema.judge(&typed(text, &schema.schema)) {
                    found.add(&format!("header {header}"), &what);
                }
            }
        }
        found.list
    }
}

impl Operation {
    fn read(operation: &Value, definitions: &Value) -> Self {
        let content = |content: &Value| -> BTreeMap<String, Schema> {
            let each = content.as_object().into_iter().flatten();
            each.map(|(media, schema)| (media.clone(), Schema::new(schema, definitions))).collect()
        };
        let parameters = operation["parameters"].as_array().unwrap().iter().map(|p| {
            let schema = match p["schema"]["$ref"].as_str() {
                Some(name) => &definitions[name.rsplit('/').next().unwrap()],
                None => &p["schema"],
            };
            let values = schema["enum"].as_array().into_iter().flatten();
            Parameter {
                place: p["in"].as_str().unwrap().to_owned(),
                name: p["name"].as_str().unwrap().to_owned(),
                required: p["required"] == true,
                schema: Schema::new(schema, definitions),
                values: values.filter_map(|v| v.as_str().map(str::to_owned)).collect(),
            }
        });
        let answers = operation["responses"].as_object().unwrap().iter().map(|(status, answer)| {
            let answer =
                Answer { content: content(&answer["content"]), headers: content(&answer["headers"]) };
            (status.parse().unwrap(), answer)
        });
        Self {
            parameters: parameters.collect(),
            request: operation.get("request").map(content),
            answers: answers.collect(),
        }
    }

    fn headers(&self, message: &Message, found: &mut Found) {
        if !message.header("authorization").is_some_and(|text| text.starts_with("Bearer Atza|")) {
            found.add("header authorization", "no bearer token");
        }
        for parameter in self.parameters.iter().filter(|p| p.place == "header") {
            let place = format!("header {}", parameter.name);
            match message.header(&parameter.name) {
                None if parameter.required => found.add(&place, "required, and missing"),
                None => {}
                Some(text) => found.value(&place, parameter, text),
            }
        }
        // Headers of HTTP itself are nobody's business; those of the API are.
        for name in message.headers.keys().filter(|name| name.starts_with("amazon-")) {
            if !self.parameters.iter().any(|p| p.place == "header" && p.name.eq_ignore_ascii_case(name)) {
                found.add(&format!("header {name}"), "not declared");
            }
        }
        let answers = self.answers.get(&200).map(|answer| &answer.content);
        match (message.header("accept"), answers) {
            (Some(accept), Some(content)) if content.contains_key(essence(accept)) => {}
            (accept, _) => found.add("header accept", &format!("{accept:?} is no media type of the answer")),
        }
    }

    fn query(&self, query: &[(String, String)], found: &mut Found) {
        let declared: Vec<&Parameter> = self.parameters.iter().filter(|p| p.place == "query").collect();
        for (n, (name, text)) in query.iter().enumerate() {
            let place = format!("query {name}");
            match declared.iter().find(|p| p.name == *name) {
                None => found.add(&place, "not declared"),
                Some(_) if query[..n].iter().any(|(earlier, _)| earlier == name) => {
                    found.add(&place, "sent twice")
                }
                Some(parameter) => found.value(&place, parameter, text),
            }
        }
        for missing in
            declared.iter().filter(|p| p.required && !query.iter().any(|(name, _)| *name == p.name))
        {
            found.add(&format!("query {}", missing.name), "required, and missing");
        }
    }

    fn body(&self, message: &Message, found: &mut Found) {
        let media = message.media_type();
        match (&self.request, message.body.is_empty()) {
            (None, true) => {}
            (None, false) => found.add("body", "not declared"),
            (Some(content), _) => match content.get(media) {
                None => found.add("media type", &format!("{media:?} instead of {:?}", content.keys())),
                Some(schema) => found.judge("body", schema, &message.body),
            },
        }
    }
}

/// Violations on their way into a list.
struct Found {
    operation: String,
    side: Side,
    list: Vec<Violation>,
}

impl Found {
    fn new(operation: &str, side: Side) -> Self {
        Self { operation: operation.to_owned(), side, list: Vec::new() }
    }

    fn add(&mut self, place: &str, what: &str) {
        let (place, what) = (place.to_owned(), what.to_owned());
        self.list.push(Violation {
            operation: self.operation.clone(),
            side: self.side,
            place,
            what,
            at: None,
        });
    }

    fn value(&mut self, place: &str, parameter: &Parameter, text: &str) {
        for (_, what) in parameter.schema.judge(&typed(text, &parameter.schema.schema)) {
            self.add(place, &what);
        }
    }

    fn judge(&mut self, place: &str, schema: &Schema, body: &[u8]) {
        match serde_json::from_slice::<Value>(body) {
            Err(error) => self.add(place, &format!("no JSON: {error}")),
            Ok(value) => {
                for (at, what) in schema.judge(&value) {
                    let steps =
                        at.split('/').map(|step| if step.parse::<u32>().is_ok() { "*" } else { step });
                    let steps: Vec<&str> = steps.collect();
                    self.add(&format!("{place} {}", steps.join("/")), &what);
                    self.list.last_mut().unwrap().at = Some(at);
                }
            }
        }
    }
}

/// A text of a header or a query as the value that its schema speaks of.
fn typed(text: &str, schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number") => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Some("boolean") => text.parse::<bool>().map_or_else(|_| text.into(), Value::Bool),
        _ => text.into(),
    }
}
