//! The arrows between the rooms of one crate.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use quote::ToTokens;

use super::paths::{self, Found};
use crate::source;

/// The rooms of a crate, and what they know of each other.
#[derive(Debug, Default)]
pub(super) struct House {
    pub(super) rooms: BTreeSet<String>,
    pub(super) arrows: Vec<Arrow>,
}

/// A place where one room names another.
#[derive(Debug)]
pub(super) struct Arrow {
    /// File and line.
    place: String,
    from: String,
    /// A room, or a name at the root of the crate that leads to none.
    to: String,
}

impl House {
    /// The problems, if the rooms are on these floors, from the top down.
    pub(super) fn problems(&self, floors: &[Vec<&str>]) -> Vec<String> {
        const TABLE: &str = "ROOMS in xtask/src/arrows/order.rs";
        let floor: BTreeMap<&str, usize> = floors
            .iter()
            .enumerate()
            .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
            .collect();
        let mut problems = Vec::new();
        for room in &self.rooms {
            if !floor.contains_key(room.as_str()) {
                problems.push(format!(
                    "the room `{room}` is not in {TABLE}; give it a floor"
                ));
            }
        }
        for room in floor.keys() {
            if !self.rooms.contains(*room) {
                problems.push(format!("there is no room `{room}`; take it out of {TABLE}"));
            }
        }
        for Arrow { place, from, to } in &self.arrows {
            if !self.rooms.contains(to) {
                problems.push(format!(
                    "{place}: `{from}` names `crate::{to}`, which is in no room; move it into one, \
                     or name the room that it comes from"
                ));
            } else if let (Some(above), Some(below)) =
                (floor.get(from.as_str()), floor.get(to.as_str()))
                && below <= above
            {
                let position = if below == above { "beside" } else { "above" };
                problems.push(format!(
                    "{place}: `{from}` knows `{to}`, which stands {position} it; move what both \
                     need below them, or move this code up"
                ));
            }
        }
        problems
    }
}

/// Reads a crate, starting with its `lib.rs` or `main.rs`, and follows its module declarations.
pub(super) fn survey(root_file: &Path, shown_from: &Path) -> Result<House, String> {
    let mut root = read(root_file)?;
    let mut rooms = BTreeSet::new();
    let mut exports = BTreeMap::new();
    let mut aliases = Vec::new();
    for item in &root.items {
        match item {
            syn::Item::Mod(module) => {
                rooms.insert(module.ident.to_string());
            }
            syn::Item::ExternCrate(item) if item.ident == "self" => {
                aliases.extend(item.rename.iter().map(|(_, name)| name.to_string()));
            }
            syn::Item::Use(item) => note_exports(&item.tree, &mut Vec::new(), &mut exports),
            _ => {}
        }
    }
    let mut surveyor = Surveyor {
        shown_from,
        aliases,
        exports,
        house: House {
            rooms,
            arrows: Vec::new(),
        },
    };
    let folder = root_file.parent().unwrap_or(root_file);
    surveyor.file(&mut root, root_file, folder, &[])?;
    Ok(surveyor.house)
}

struct Surveyor<'a> {
    shown_from: &'a Path,
    /// The names that the crate has for itself.
    aliases: Vec<String>,
    /// The names at the root of the crate that are not modules, and the paths behind them.
    exports: BTreeMap<String, Vec<String>>,
    house: House,
}

impl Surveyor<'_> {
    /// Reads a file, and the files of the modules that it declares, which are in `folder`.
    fn file(
        &mut self,
        file: &mut syn::File,
        path: &Path,
        folder: &Path,
        module: &[String],
    ) -> Result<(), String> {
        let shown = source::shown(path, self.shown_from);
        for found in paths::find(module, file.to_token_stream(), &self.aliases) {
            if let Some((from, to)) = self.ends(&found) {
                let place = format!("{shown}:{}", found.line);
                self.house.arrows.push(Arrow { place, from, to });
            }
        }
        self.modules(&file.items, folder, module)
    }

    /// Reads the files of the modules that these items declare.
    fn modules(
        &mut self,
        items: &[syn::Item],
        folder: &Path,
        module: &[String],
    ) -> Result<(), String> {
        for item in items {
            let syn::Item::Mod(declared) = item else {
                continue;
            };
            let name = declared.ident.to_string();
            let inner = [module, std::slice::from_ref(&name)].concat();
            let folder_of_inner = folder.join(&name);
            if let Some((_, items)) = &declared.content {
                self.modules(items, &folder_of_inner, &inner)?;
            } else {
                let path = folder.join(format!("{name}.rs"));
                self.file(&mut read(&path)?, &path, &folder_of_inner, &inner)?;
            }
        }
        Ok(())
    }

    /// The two rooms that a path connects, if it leaves its own.
    fn ends(&self, found: &Found) -> Option<(String, String)> {
        let from = found.module.first()?;
        let mut at = found.module.as_slice();
        let mut names = found.segments.as_slice();
        while let [start, rest @ ..] = names
            && paths::is_start(start)
        {
            match start.as_str() {
                "crate" => at = &[],
                "super" => at = at.split_last().map_or(at, |(_, parent)| parent),
                _ => {}
            }
            names = rest;
        }
        if !at.is_empty() {
            return None;
        }
        let to = self.room(names.first()?)?;
        (to != *from).then(|| (from.clone(), to))
    }

    /// The room that a name at the root of the crate leads to; `None` if it leads to another crate.
    fn room(&self, name: &str) -> Option<String> {
        if self.house.rooms.contains(name) {
            return Some(name.to_owned());
        }
        let Some(path) = self.exports.get(name) else {
            return Some(name.to_owned());
        };
        path.iter()
            .find(|segment| !paths::is_start(segment))
            .filter(|first| self.house.rooms.contains(*first))
            .cloned()
    }
}

/// Reads a file, without the items that only tests see.
fn read(path: &Path) -> Result<syn::File, String> {
    let mut file = source::parse(path)?;
    source::remove_tests(&mut file);
    Ok(file)
}

/// Notes the names that a `use` at the root of the crate brings there.
fn note_exports(
    tree: &syn::UseTree,
    path: &mut Vec<String>,
    exports: &mut BTreeMap<String, Vec<String>>,
) {
    match tree {
        syn::UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            note_exports(&inner.tree, path, exports);
            path.pop();
        }
        syn::UseTree::Name(name) => {
            let full = [path.as_slice(), &[name.ident.to_string()]].concat();
            exports.insert(name.ident.to_string(), full);
        }
        syn::UseTree::Rename(rename) => {
            let full = [path.as_slice(), &[rename.ident.to_string()]].concat();
            exports.insert(rename.rename.to_string(), full);
        }
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                note_exports(tree, path, exports);
            }
        }
        syn::UseTree::Glob(_) => {}
    }
}

#[cfg(test)]
mod tests;
