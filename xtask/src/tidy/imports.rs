//! Which file imports which, and the circles in that.

use super::modules::{Crate, Module, Names};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::PathBuf,
};

/// Steps through `use` and `pub use` after which a name is given up: they can form circles, too.
const STEPS: usize = 16;

/// A line for each circle of imports across folders, from file to file.
pub fn circles(source: &Crate) -> Vec<String> {
    let imports = imports(source);
    let mut found = vec![];
    let mut seen = BTreeSet::<usize>::new();
    for file in 0..source.files.len() {
        if seen.contains(&file) {
            continue;
        }
        let circle =
            reached_from(file, &imports).into_iter().filter(|&other| reached_from(other, &imports).contains(&file));
        let circle: BTreeSet<_> = circle.collect();
        seen.extend(&circle);
        if circle.iter().map(|&file| folder(source, file)).collect::<BTreeSet<_>>().len() > 1 {
            found.push(describe(source, &circle, &imports));
        }
    }
    found
}

type Imports = BTreeMap<usize, BTreeSet<usize>>;

fn imports(source: &Crate) -> Imports {
    let mut found = Imports::new();
    for (path, module) in &source.modules {
        let targets = module.uses.iter().filter_map(|used| resolve(source, path, used, STEPS));
        found.entry(module.file).or_default().extend(targets.filter(|&file| file != module.file));
    }
    found
}

/// The file that defines what the path `used` names in the module `at`; none for items of other crates, for modules, and for
/// items that a macro defines.
fn resolve(source: &Crate, at: &[String], used: &[String], steps: usize) -> Option<usize> {
    let steps = steps.checked_sub(1)?;
    let (first, rest) = used.split_first()?;
    let module = source.modules.get(at)?;
    match first.as_str() {
        "crate" => walk(source, vec![], rest, steps),
        "self" => walk(source, at.to_vec(), rest, steps),
        "super" => walk(source, at.split_last()?.1.to_vec(), rest, steps),
        // A local variable may be called as a module is.
        _ if !rest.is_empty() && source.modules.contains_key(&child(at, first)) => {
            walk(source, at.to_vec(), used, steps)
        }
        _ => {
            let alias = module.aliases.get(first).filter(|alias| alias.as_slice() != used);
            match alias {
                Some(alias) => resolve(source, at, &[&alias[..], rest].concat(), steps),
                None => by_glob(source, at, module, used, steps),
            }
        }
    }
}

/// As [`resolve`], for a path from the module `at` on.
fn walk(source: &Crate, mut at: Names, path: &[String], steps: usize) -> Option<usize> {
    let mut path = path;
    while let [first, rest @ ..] = path {
        if first == "super" {
            at.pop()?;
        } else if source.modules.contains_key(&child(&at, first)) {
            at.push(first.clone());
        } else {
            let module = source.modules.get(&at)?;
            return item(source, &at, module, first, rest, steps);
        }
        path = rest;
    }
    // A module itself: only a name in it counts.
    None
}

fn item(source: &Crate, at: &[String], module: &Module, name: &str, rest: &[String], steps: usize) -> Option<usize> {
    if module.items.contains(name) {
        return Some(module.file);
    }
    if let Some(alias) = module.aliases.get(name) {
        return resolve(source, at, &[&alias[..], rest].concat(), steps);
    }
    by_glob(source, at, module, &[&[name.to_owned()], rest].concat(), steps)
}

fn by_glob(source: &Crate, at: &[String], module: &Module, path: &[String], steps: usize) -> Option<usize> {
    module.globs.iter().find_map(|glob| resolve(source, at, &[&glob[..], path].concat(), steps))
}

fn child(at: &[String], name: &str) -> Names {
    [at, &[name.to_owned()]].concat()
}

/// The folder that a file belongs to: `a.rs` to `a` if there is one.
fn folder(source: &Crate, file: usize) -> PathBuf {
    let path = &source.files[file];
    let own = path.with_extension("");
    let has_own = source.files.iter().any(|other| other.starts_with(&own));
    if has_own { own } else { path.parent().map(PathBuf::from).unwrap_or_default() }
}

fn reached_from(file: usize, imports: &Imports) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        next.extend(imports.get(&file).into_iter().flatten().filter(|&&target| reached.insert(target)));
    }
    reached
}

/// The shortest way around through two folders, and the number of files in the circle.
fn describe(source: &Crate, circle: &BTreeSet<usize>, imports: &Imports) -> String {
    let name = |file: usize| source.files[file].display().to_string();
    let across =
        circle.iter().flat_map(|&file| imports.get(&file).into_iter().flatten().map(move |&target| (file, target)));
    let across =
        across.filter(|(file, target)| circle.contains(target) && folder(source, *file) != folder(source, *target));
    let ways = across.filter_map(|(file, target)| Some([vec![file], way(target, file, circle, imports)?].concat()));
    let shortest = ways.min_by_key(Vec::len).unwrap_or_default();
    let shortest: Vec<_> = shortest.into_iter().map(name).collect();
    format!("  {} ({} files in all)", shortest.join("\n  -> "), circle.len())
}

fn way(from: usize, to: usize, circle: &BTreeSet<usize>, imports: &Imports) -> Option<Vec<usize>> {
    let mut before = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(file) = next.pop_front() {
        if file == to {
            let mut way = vec![to];
            while let Some(&file) = way.last().filter(|&&file| file != from).and_then(|file| before.get(file)) {
                way.push(file);
            }
            way.reverse();
            return Some(way);
        }
        for &target in imports.get(&file).into_iter().flatten() {
            if circle.contains(&target) && target != from && !before.contains_key(&target) {
                before.insert(target, file);
                next.push_back(target);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// The circles of a crate of these files.
    fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        circles(&Crate::read(folder.path()).unwrap())
    }

    #[test]
    fn a_circle_across_folders_is_found_behind_names_that_are_passed_on() {
        let root = ("lib.rs", "pub mod a;\npub mod b;\npub use a::A;\n");
        let a = [root, ("a/mod.rs", "mod deep;\npub use deep::*;\n"), ("a/deep.rs", "pub struct A(crate::b::B);\n")];
        let circle = |b: &str| circles_of(&[&a[..], &[("b/mod.rs", b)]].concat());
        let found = "  a/deep.rs\n  -> b/mod.rs\n  -> a/deep.rs (2 files in all)";
        for with in [
            "use crate::a::A;\npub struct B;\n",
            "use super::a::{self as other};\npub struct B(other::A);\n",
            "use crate::a::*;\npub struct B(A);\n",
            "pub struct B;\nfn f() { println!(\"{}\", crate::A::NAME) }\n",
        ] {
            assert_eq!(circle(with), [found], "{with}");
        }
        for without in [
            "pub struct B;\n",
            "pub use crate::a::A;\npub struct B;\n",
            "pub struct B;\n#[cfg(test)]\nmod tests { use crate::a::A; }\n",
            "use crate::a;\npub struct B;\nfn f(a: u8) -> u8 { a }\n",
        ] {
            assert_eq!(circle(without), [""; 0], "{without}");
        }
    }

    #[test]
    fn files_of_one_folder_may_import_each_other() {
        let files = [("main.rs", "mod a;\nmod b;\n"), ("a.rs", "pub struct A(crate::b::B);\n")];
        assert_eq!(circles_of(&[&files[..], &[("b.rs", "use super::a::A;\npub struct B;\n")]].concat()), [""; 0]);
    }
}
