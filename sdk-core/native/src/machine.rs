//! What the client knows of the machine and the app by itself: `context.os`, `context.device`, `context.app`.

use std::{
    collections::BTreeMap,
    env::consts::{ARCH, OS},
    fs,
};

use serde_json::{Value, json, value::RawValue};

/// Members of the context, each as JSON text.
pub(crate) type Members = BTreeMap<String, Box<RawValue>>;

/// Name and version of the operating system, and the processor's architecture. On phones the app's face knows more, and
/// says it.
pub(crate) fn members() -> Members {
    let name = match OS {
        "android" | "ios" => return Members::new(),
        "linux" => "Linux",
        "macos" => "macOS",
        "windows" => "Windows",
        other => other,
    };
    let mut os = json!({ "name": name });
    if let Some((version, distribution)) = version() {
        os["version"] = version.into();
        if let Some(distribution) = distribution {
            os["distribution"] = distribution.into();
        }
    }
    [("os", os), ("device", json!({ "arch": ARCH }))]
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), raw(&value)?)))
        .collect()
}

/// `context.app`.
pub(crate) fn app(name: &str, version: &str) -> Option<Box<RawValue>> {
    raw(&json!({ "name": name, "version": version }))
}

/// A context of the app over what is known by itself; as it is, where it is no object.
pub(crate) fn completed(context: &str, known: &Members) -> String {
    let Ok(own) = serde_json::from_str::<BTreeMap<String, &RawValue>>(context) else {
        return context.to_owned();
    };
    let mut all: BTreeMap<&str, &RawValue> =
        known.iter().map(|(key, value)| (key.as_str(), &**value)).collect();
    all.extend(own.iter().map(|(key, value)| (key.as_str(), *value)));
    serde_json::to_string(&all).unwrap_or_else(|_| context.to_owned())
}

fn raw(value: &Value) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok()
}

/// The system's version, and on Linux the distribution that it is the version of.
fn version() -> Option<(String, Option<String>)> {
    match OS {
        "linux" => of_os_release(&fs::read_to_string("/etc/os-release").ok()?),
        "macos" => {
            let list = fs::read_to_string("/System/Library/CoreServices/SystemVersion.plist").ok()?;
            let (_, rest) = list.split_once("<key>ProductVersion</key>")?;
            let (_, rest) = rest.split_once("<string>")?;
            Some((rest.split_once("</string>")?.0.to_owned(), None))
        }
        _ => None,
    }
}

/// The file of the os-release manual page: `KEY=value` lines, values in quotes where they need them.
fn of_os_release(text: &str) -> Option<(String, Option<String>)> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim_matches(['"', '\'']).to_owned())
    };
    Some((value("VERSION_ID")?, value("NAME")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_says_its_name_and_version() {
        let text =
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n";
        assert_eq!(of_os_release(text), Some(("12".into(), Some("Debian GNU/Linux".into()))));
        assert_eq!(of_os_release("NAME=Arch"), None);
    }

    #[test]
    fn a_context_of_the_app_lies_over_what_is_known_and_keeps_its_digits() {
        let known = Members::from([
            ("os".to_owned(), raw(&json!({ "name": "Linux" })).expect("JSON")),
            ("device".to_owned(), raw(&json!({ "arch": "x86_64" })).expect("JSON")),
        ]);
        let context = r#"{"os":{"name":"Android"},"n":1.0000000000000000001}"#;
        assert_eq!(
            completed(context, &known),
            r#"{"device":{"arch":"x86_64"},"n":1.0000000000000000001,"os":{"name":"Android"}}"#
        );
        assert_eq!(completed("[]", &known), "[]");
    }
}
