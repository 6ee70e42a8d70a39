//! Every `holloway` command of the repository's Markdown files fits the grammar.

use std::{fs, path::Path};

use clap::Parser as _;

use crate::arguments::Arguments;

/// The words of each command in a shell block, as a shell would give them.
fn commands(page: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    let mut in_shell = false;
    let mut whole = String::new();
    for line in page.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            in_shell = !in_shell && info == "sh";
            continue;
        }
        if !in_shell {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(part) => whole.push_str(part),
            None => commands.extend(split(&(std::mem::take(&mut whole) + line))),
        }
    }
    commands
}

/// The `holloway` commands of a line: words apart by spaces, quotes resolved, up to what the shell takes for itself.
fn split(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars().chain([' ']) {
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ' | '|' | '&' | ';' | '>' | '<') => {
                commands.last_mut().expect("there is always one").extend(word.take());
                if letter != ' ' {
                    commands.push(Vec::new());
                }
            }
            _ => word.get_or_insert_default().push(letter),
        }
    }
    commands.retain(|command| command.first().is_some_and(|program| program == "holloway"));
    commands
}

#[test]
fn commands_of_the_documentation_parse() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.clone()];
    let (mut checked, mut problems) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let is_built = name == "target" || name == "node_modules" || name == ".git";
            if path.is_dir() && !is_built {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                for command in commands(&fs::read_to_string(&path).unwrap_or_default()) {
                    checked += 1;
                    let parsed = Arguments::try_parse_from(&command);
                    // Asking for help or the version ends a parse, too.
                    if let Err(error) = parsed
                        && error.use_stderr()
                    {
                        problems.push(format!("{}: {}\n{error}", path.display(), command.join(" ")));
                    }
                }
            }
        }
    }
    assert!(checked > 20, "only {checked} commands were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_line_is_split_as_a_shell_does() {
    let page = "```sh\nholloway collect --cookie 'a;domain=b' --listen x & # no\nholloway derive \\\n  --full && ls | holloway report\n```\nholloway no\n";
    let found: Vec<String> = commands(page).iter().map(|words| words.join("|")).collect();
    assert_eq!(
        found,
        ["holloway|collect|--cookie|a;domain=b|--listen|x", "holloway|derive|--full", "holloway|report"]
    );
}
