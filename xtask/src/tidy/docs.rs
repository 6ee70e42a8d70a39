//! What the Markdown files name is there: files and headings of links, verbs of make; blocks marked as JSON are JSON.

use std::{collections::BTreeSet, path::Path};

use super::{Checked, tree::Tree};

const DECISIONS: &str = "docs/decisions/";

/// Checks that relative links resolve, that the headings and the verbs of make that pages name exist, and that blocks marked
/// as JSON parse.
pub(crate) fn check(tree: &Tree) -> Checked {
    let mut findings = Vec::new();
    let (mut pages, mut links, mut blocks) = (0, 0, 0);
    let makefile =
        tree.files.iter().find(|file| file.path == "Makefile").map_or("", |file| file.text.as_str());
    for file in tree.files.iter().filter(|file| is_page(&file.path)) {
        pages += 1;
        let page = Page::read(&file.text);
        for link in &page.links {
            links += 1;
            if let Err(problem) = resolve(tree, &file.path, link) {
                findings.push(format!("{}: {problem}", file.path));
            }
        }
        for verb in page.verbs.iter().filter(|verb| !has_verb(makefile, verb)) {
            findings.push(format!("{}: the Makefile has no verb {verb}", file.path));
        }
        for block in &page.json {
            blocks += 1;
            if let Err(error) = serde_json::from_str::<serde_json::Value>(block) {
                let start: String = block.chars().take(60).collect();
                findings.push(format!("{}: a block marked json is not JSON ({error}): {start}", file.path));
            }
        }
    }
    findings.extend(missing_decisions(tree));
    (format!("{pages} Markdown files, {links} links within, {blocks} JSON blocks"), findings)
}

/// Finds pages of decisions that the index of decisions does not link.
fn missing_decisions(tree: &Tree) -> Vec<String> {
    let index = tree.files.iter().find(|file| file.path == format!("{DECISIONS}README.md"));
    let listed = index.map(|index| Page::read(&index.text).links).unwrap_or_default();
    let pages = tree.files.iter().filter_map(|file| file.path.strip_prefix(DECISIONS));
    pages
        .filter(|page| *page != "README.md" && !listed.iter().any(|link| link == page))
        .map(|page| format!("{DECISIONS}README.md: expected a row for {page}, found none"))
        .collect()
}

fn is_page(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "md")
}

/// What a Markdown file names.
#[derive(Debug, Default)]
struct Page {
    /// Targets of links within the repository, as they are written.
    links: Vec<String>,
    /// The blocks marked `json`.
    json: Vec<String>,
    /// The verbs of `make` that shell blocks and code between backticks name.
    verbs: Vec<String>,
    /// What the headings are called in a link.
    anchors: BTreeSet<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut fence: Option<(String, Vec<&str>)> = None;
        for line in text.lines() {
            let mark = line.trim_start().strip_prefix("```");
            match (&mut fence, mark) {
                (Some((info, block)), Some(_)) => {
                    if info.split_whitespace().next() == Some("json") {
                        page.json.push(block.join("\n"));
                    }
                    fence = None;
                }
                (Some((info, block)), None) => {
                    page.verbs.extend(Some(line).filter(|_| info == "sh").and_then(verb));
                    block.push(line);
                }
                (None, Some(info)) => fence = Some((info.to_owned(), Vec::new())),
                (None, None) => page.line(line),
            }
        }
        page
    }

    fn line(&mut self, line: &str) {
        if line.starts_with('#') {
            self.anchors.insert(anchor(line.trim_start_matches('#').trim()));
        }
        self.verbs.extend(line.split('`').skip(1).step_by(2).filter_map(verb));
        // Code is no link.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for (at, _) in prose.match_indices("](") {
            let target = prose[at + 2..].split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !target.starts_with("mailto:") && !target.is_empty() {
                self.links.push(target.to_owned());
            }
        }
    }
}

/// The verb of a `make` command.
fn verb(command: &str) -> Option<String> {
    let verb = command.trim().strip_prefix("make ")?.split_whitespace().next()?;
    let is_verb = verb.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_verb.then(|| verb.to_owned())
}

fn has_verb(makefile: &str, verb: &str) -> bool {
    makefile.lines().any(|line| line.strip_prefix(verb).is_some_and(|rest| rest.starts_with(':')))
}

/// How GitHub names a heading in a link.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
    kept.map(|letter| if letter == ' ' { '-' } else { letter.to_ascii_lowercase() }).collect()
}

fn resolve(tree: &Tree, from: &str, link: &str) -> Result<(), String> {
    let (path, heading) = link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = if path.is_empty() { Vec::new() } else { folder.split('/').collect() };
    parts.retain(|part| !part.is_empty());
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop().ok_or_else(|| format!("the link {link} leaves the repository"))?;
        } else {
            parts.push(part);
        }
    }
    let target = if path.is_empty() { from.to_owned() } else { parts.join("/") };
    let prefix = format!("{target}/");
    let page = tree.files.iter().find(|file| file.path == target);
    if page.is_none() && !tree.files.iter().any(|file| file.path.starts_with(&prefix)) {
        return Err(format!("the link {link} leads to {target}, which is not there"));
    }
    let Some((heading, page)) = heading.zip(page.filter(|page| is_page(&page.path))) else { return Ok(()) };
    if Page::read(&page.text).anchors.contains(heading) {
        return Ok(());
    }
    Err(format!("the link {link} names a heading that {target} does not have"))
}

#[cfg(test)]
mod tests {
    use super::{super::tree::File, *};

    fn findings(text: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let other = file("docs/b/other.md", "# A Heading: `x`, *y*\n");
        let index = file("docs/decisions/README.md", "[1](1.md)");
        let makefile = file("Makefile", "run: setup ## build\nnpm: ## pack\n");
        let decision = file("docs/decisions/1.md", "");
        check(&Tree {
            files: vec![
                file("docs/page.md", text),
                other,
                file("README.md", "# Top\n"),
                index,
                decision,
                makefile,
            ],
        })
        .1
    }

    #[test]
    fn every_decision_is_in_the_index() {
        let file =
            |path: &str, text: &str| File { path: format!("{DECISIONS}{path}"), text: text.to_owned() };
        let files = ["1.md", "2.md"].map(|path| file(path, ""));
        let tree = Tree { files: files.into_iter().chain([file("README.md", "[1](1.md)")]).collect() };
        assert_eq!(check(&tree).1, ["docs/decisions/README.md: expected a row for 2.md, found none"]);
    }

    #[test]
    fn links_and_json_are_followed() {
        let check = |text: &str, problem: &str| {
            let found = findings(text);
            match problem {
                "" => assert_eq!(found, [""; 0], "{text}"),
                _ => assert!(found.len() == 1 && found[0].contains(problem), "{text}: {found:?}"),
            }
        };
        check("[a](b/other.md) [b](../README.md#top) [c](b) [d](#own)\n# Own", "");
        check("[a](b/other.md#a-heading-x-y)", "");
        check("[a](https://example.com/none) `[b](none)`\n```\n[c](none)\n```", "");
        check("[a](none.md)", "docs/none.md, which is not there");
        check("[a](../../etc)", "leaves the repository");
        check("[a](b/other.md#none)", "a heading that docs/b/other.md does not have");
        check("```json\n{\"a\":1}\n```\n```json schema=x\n[]\n```", "");
        check("[a](decisions/README.md)", "");
        check("`make run`\n```sh\nmake npm    # packs\n```", "");
        check("`make walk`", "no verb walk");
        check("```sh\nmake fly\n```", "no verb fly");
        check("```json\n{a:1}\n```", "a block marked json is not JSON");
    }
}
