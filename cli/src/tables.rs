//! `holloway tables`.

use anyhow::Result;
use holloway_pipeline::{Catalog, Table};

use crate::{
    Done,
    arguments::{BadArgument, Tables},
    draw::say,
};

pub(crate) fn run(options: &Tables) -> Result<Done> {
    let catalog = Catalog::open(options.data.existing()?)?;
    let names: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    if let Some(name) = &options.name
        && !names.contains(&name.as_str())
    {
        return Err(BadArgument(format!("expected one of {}, found {name:?}", names.join(", "))).into());
    }
    let wanted =
        names.into_iter().filter(|name| options.name.as_deref().is_none_or(|wanted| wanted == *name));
    let mut tables = serde_json::Map::new();
    for name in wanted {
        let paths: Vec<String> = catalog
            .manifest()
            .files(name)
            .iter()
            .map(|file| options.data.data.join("tables").join(&file.path).display().to_string())
            .collect();
        if options.data.json {
            let files = serde_json::json!({ "rows": catalog.manifest().rows(name), "files": paths });
            tables.insert(name.to_owned(), files);
        } else {
            for path in paths {
                say!("{path}");
            }
        }
    }
    if options.data.json {
        say!("{}", serde_json::Value::Object(tables));
    }
    Ok(Done::Well)
}
