//! No module of the client imports itself by a detour.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, path::Path};

#[test]
fn the_imports_have_no_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<_> = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
        if name != "lib" {
            modules.insert(name, code.join("\n"));
        }
    }
    assert!(modules.len() > 10);
    let imports: BTreeMap<_, BTreeSet<_>> = modules
        .iter()
        .map(|(name, code)| {
            let of = |other: &&String| {
                code.contains(&format!("crate::{other}::"))
                    || code.contains(&format!("use crate::{other}"))
                    || grouped(code).any(|word| word == *other)
            };
            (name, modules.keys().filter(of).filter(|other| *other != name).collect())
        })
        .collect();
    let mut sorted = BTreeSet::new(); // what imports only what is in it already
    loop {
        let next = imports
            .iter()
            .find(|(name, others)| !sorted.contains(*name) && others.is_subset(&sorted));
        match next {
            Some((name, _)) => sorted.insert(*name),
            None => break,
        };
    }
    let circle: Vec<_> = modules.keys().filter(|name| !sorted.contains(name)).collect();
    assert!(circle.is_empty(), "in a circle, or above one: {circle:?}");
}

/// The names in `use crate::{a, b}`.
fn grouped(code: &str) -> impl Iterator<Item = &str> {
    code.split("use crate::{")
        .skip(1)
        .flat_map(|rest| rest.split('}').next().unwrap_or_default().split([',', ' ', '\n']))
}
