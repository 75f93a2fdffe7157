//! A writer of flat JSON text, straight into the bytes that will be served. Knows nothing of the
//! API; it exists because building a tree first would cost most of a sync's time.

use std::io::Write as _;

/// An object being written.
pub(crate) struct Obj<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Obj<'a> {
    /// Opens an object.
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A string member.
    pub(crate) fn str(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        string(self.out, value);
        self
    }

    /// An id written as a string.
    pub(crate) fn text_id(&mut self, key: &str, id: u64) -> &mut Self {
        self.key(key);
        write(self.out, format_args!("\"{id}\""));
        self
    }

    /// An integer member.
    pub(crate) fn num(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        write(self.out, format_args!("{value}"));
        self
    }

    /// A signed integer member.
    pub(crate) fn int(&mut self, key: &str, value: i64) -> &mut Self {
        self.key(key);
        write(self.out, format_args!("{value}"));
        self
    }

    /// An amount in hundredths, as the shortest decimal with at least one digit after the point.
    pub(crate) fn money(&mut self, key: &str, hundredths: u64) -> &mut Self {
        self.key(key);
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        if rest % 10 == 0 {
            write(self.out, format_args!("{whole}.{}", rest / 10));
        } else {
            write(self.out, format_args!("{whole}.{rest:02}"));
        }
        self
    }

    /// A boolean member.
    pub(crate) fn bool(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    /// A null member.
    pub(crate) fn null(&mut self, key: &str) -> &mut Self {
        self.raw(key, "null")
    }

    /// A member whose value is JSON text already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// An object member.
    pub(crate) fn obj(&mut self, key: &str, fill: impl FnOnce(&mut Obj<'_>)) -> &mut Self {
        self.key(key);
        let mut inner = Obj::open(self.out);
        fill(&mut inner);
        inner.close();
        self
    }

    /// An array of objects.
    pub(crate) fn array<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(T, &mut Obj<'_>),
    ) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (n, item) in items.into_iter().enumerate() {
            if n > 0 {
                self.out.push(b',');
            }
            let mut inner = Obj::open(self.out);
            fill(item, &mut inner);
            inner.close();
        }
        self.out.push(b']');
        self
    }

    /// Closes the object.
    pub(crate) fn close(&mut self) {
        self.out.push(b'}');
    }
}

fn write(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    // Writing into a Vec cannot fail.
    let _ = out.write_fmt(args);
}

fn string(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    for byte in value.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0..=0x1f => write(out, format_args!("\\u{byte:04x}")),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_members_escapes_and_amounts() {
        let mut out = Vec::new();
        let mut o = Obj::open(&mut out);
        o.str("a", "7\" é\\\n").text_id("b", u64::MAX).money("c", 1005);
        o.money("d", 750).money("e", 1000).null("f").int("g", -3);
        o.obj("h", |o| {
            o.bool("i", true);
        });
        o.array("j", [1u64, 2], |n, o| {
            o.num("k", n);
        });
        o.close();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"a":"7\" é\\\u000a","b":"18446744073709551615","c":10.05,"d":7.5,"e":10.0,"f":null,"g":-3,"h":{"i":true},"j":[{"k":1},{"k":2}]}"#
        );
    }
}
