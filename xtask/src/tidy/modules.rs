//! The modules of a crate, and the paths in them.

use anyhow::Context as _;
use proc_macro2::{TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{
    Attribute, Item, ItemMod, ItemUse, UseTree, Visibility,
    visit::{self, Visit},
};

/// Names from the root of a crate, or as written.
pub type Names = Vec<String>;

/// A crate without the code of its tests.
pub struct Crate {
    /// Paths from the folder of the sources.
    pub files: Vec<PathBuf>,
    pub modules: BTreeMap<Names, Module>,
}

/// A module, in a file of its own or not.
#[derive(Default)]
pub struct Module {
    /// Index in [`Crate::files`].
    pub file: usize,
    /// What a name stands for, by `use`.
    pub aliases: BTreeMap<String, Names>,
    /// Paths before `::*`.
    pub globs: Vec<Names>,
    /// Names of items that are defined here.
    pub items: BTreeSet<String>,
    /// Paths that are used here, those of a `pub use` aside: to pass a name on is no use of it.
    pub uses: BTreeSet<Names>,
}

impl Crate {
    /// Reads the crate whose `lib.rs` (or else `main.rs`) is in the folder `sources`.
    pub fn read(sources: &Path) -> anyhow::Result<Self> {
        let root = ["lib.rs", "main.rs"].into_iter().find(|name| sources.join(name).exists());
        let root = root.with_context(|| format!("no lib.rs and no main.rs in {}", sources.display()))?;
        let mut found = Self { files: vec![], modules: BTreeMap::new() };
        found.read_file(sources, root.into(), vec![])?;
        Ok(found)
    }

    fn read_file(&mut self, sources: &Path, file: PathBuf, module: Names) -> anyhow::Result<()> {
        let text =
            fs::read_to_string(sources.join(&file)).with_context(|| format!("cannot read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| format!("cannot parse {}", file.display()))?;
        self.files.push(file);
        self.add(sources, self.files.len() - 1, module, &parsed.items)
    }

    fn add(&mut self, sources: &Path, file: usize, module: Names, items: &[Item]) -> anyhow::Result<()> {
        let mut reader = Reader { module: Module { file, ..Module::default() }, nested: vec![] };
        for item in items {
            reader.visit_item(item);
        }
        self.modules.insert(module.clone(), reader.module);
        for nested in reader.nested {
            let name = nested.ident.to_string();
            let path = [&module[..], &[name]].concat();
            match &nested.content {
                Some((_, items)) => self.add(sources, file, path, items)?,
                None => {
                    let flat = path.iter().collect::<PathBuf>().with_extension("rs");
                    let folder = path.iter().collect::<PathBuf>().join("mod.rs");
                    let file = if sources.join(&flat).exists() { flat } else { folder };
                    self.read_file(sources, file, path)?;
                }
            }
        }
        Ok(())
    }
}

struct Reader {
    module: Module,
    nested: Vec<ItemMod>,
}

impl Reader {
    fn add_use(&mut self, tree: &UseTree, before: &[String], is_passed_on: bool) {
        let mut name_of = |name: String, path: Names| {
            if !is_passed_on {
                self.module.uses.insert(path.clone());
            }
            self.module.aliases.insert(name, path);
        };
        match tree {
            UseTree::Path(path) => {
                self.add_use(&path.tree, &[before, &[path.ident.to_string()]].concat(), is_passed_on);
            }
            UseTree::Name(name) if name.ident == "self" => {
                name_of(before.last().cloned().unwrap_or_default(), before.to_vec());
            }
            UseTree::Name(name) => name_of(name.ident.to_string(), [before, &[name.ident.to_string()]].concat()),
            UseTree::Rename(rename) if rename.ident == "self" => name_of(rename.rename.to_string(), before.to_vec()),
            UseTree::Rename(rename) => {
                name_of(rename.rename.to_string(), [before, &[rename.ident.to_string()]].concat());
            }
            UseTree::Glob(_) => self.module.globs.push(before.to_vec()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(tree, before, is_passed_on);
                }
            }
        }
    }

    /// Paths in the arguments of a macro, which are no syntax yet.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = Names::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.module.uses.insert(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.module.uses.insert(std::mem::take(&mut path));
                    colons = 0;
                    self.add_tokens(group.stream());
                }
                _ => {
                    self.module.uses.insert(std::mem::take(&mut path));
                    colons = 0;
                }
            }
        }
        self.module.uses.insert(path);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            return;
        }
        self.module.items.extend(name(item));
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        self.nested.push(module.clone());
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_use(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.module.uses.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        visit::visit_macro(self, invocation);
        self.add_tokens(invocation.tokens.clone());
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
