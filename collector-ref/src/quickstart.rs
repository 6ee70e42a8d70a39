//! The first event in each language, ready to be copied.

use std::fmt;

/// The first event for one collector, in each language that has an SDK.
///
/// ```
/// use holloway_collector::Quickstart;
///
/// let quickstart = Quickstart { origin: "http://127.0.0.1:8787", write_key: "my-app" };
/// let text = quickstart.to_string();
/// assert!(text.contains("curl http://127.0.0.1:8787/v1/track -u my-app:"));
/// assert!(text.contains(r#"init({ writeKey: "my-app", host: "http://127.0.0.1:8787" })"#));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quickstart<'a> {
    /// The collector's scheme, host and port.
    pub origin: &'a str,
    /// The key that the events are sent with.
    pub write_key: &'a str,
}

impl Quickstart<'_> {
    /// Returns the name of each language and its code.
    pub fn samples(&self) -> [(&'static str, String); 5] {
        let Self { origin, write_key } = self;
        [
            (
                "Command line",
                format!(
                    "curl {origin}/v1/track -u {write_key}: -d '{{\"event\":\"Signed Up\",\"userId\":\"ada\"}}'"
                ),
            ),
            (
                "Web (npm package @holloway/browser)",
                format!(
                    "import {{ init }} from \"@holloway/browser\";\n\
                     const hw = init({{ writeKey: \"{write_key}\", host: \"{origin}\" }});\n\
                     hw.track(\"Signed Up\", {{ plan: \"pro\" }});"
                ),
            ),
            (
                "Rust (crate holloway)",
                format!(
                    "let hw = holloway::Client::builder(\"{write_key}\").host(\"{origin}\").store_dir(\"holloway-events\").build()?;\n\
                     hw.track(\"Signed Up\", json!({{ \"plan\": \"pro\" }}));\n\
                     hw.shutdown(Duration::from_secs(5))?;"
                ),
            ),
            (
                "Python (package holloway)",
                format!(
                    "import holloway\n\nwith holloway.Client(\"{write_key}\", host=\"{origin}\", directory=\"holloway-events\") as hw:\n    \
                     hw.track(\"Signed Up\", {{\"plan\": \"pro\"}})"
                ),
            ),
            (
                "Kotlin",
                format!(
                    "val hw = Holloway(\"{write_key}\") {{ host = \"{origin}\"; directory = \"holloway-events\" }}\n\
                     hw.track(\"Signed Up\", mapOf(\"plan\" to \"pro\"))"
                ),
            ),
        ]
    }
}

/// Each language's name, and below it its code, indented.
impl fmt::Display for Quickstart<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, code) in self.samples() {
            writeln!(formatter, "{name}")?;
            for line in code.lines() {
                writeln!(formatter, "  {line}")?;
            }
        }
        Ok(())
    }
}
