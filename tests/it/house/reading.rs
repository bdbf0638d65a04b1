//! Reading the house: every source file of the crate as the list of what it mentions.
//!
//! `use` lines, paths written out in full, and what stands inside macros and attributes are all mentions, so that no way of naming a thing
//! escapes the rules. Code for tests alone is left out: it may reach for whatever it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path from the crate's root (`crate::…`) or from another crate.
pub type Segments = Vec<String>;

/// One source file.
#[derive(Default)]
pub struct File {
    /// From `src/`: `accounts/store.rs`.
    pub path: String,
    /// From the crate's root: `["accounts", "store"]`.
    pub module: Segments,
    /// Every path it mentions, `crate`, `self` and `super` resolved; not what it only passes on.
    pub mentions: BTreeSet<Segments>,
    /// Every identifier.
    pub words: BTreeSet<String>,
    /// The functions that others than its slice's store may call.
    pub functions: Vec<Function>,
    /// What it defines at its top.
    defines: BTreeSet<String>,
    /// What it passes on, under which name (`*` for all of a module): `pub use`.
    passes_on: Vec<(String, Segments)>,
    /// The types it shows in the contract.
    pub shows: Vec<String>,
    exports_macros: Vec<String>,
}

/// A function and the names in its types.
pub struct Function {
    /// Its name.
    pub name: String,
    /// Of each parameter.
    pub parameters: Vec<BTreeSet<String>>,
    /// Of what it answers with.
    pub answer: BTreeSet<String>,
}

impl Function {
    fn of(signature: &syn::Signature) -> Self {
        let parameters =
            signature.inputs.iter().map(|input| Names::within(|names| names.visit_fn_arg(input))).collect();
        let answer = Names::within(|names| names.visit_return_type(&signature.output));
        Self { name: signature.ident.to_string(), parameters, answer }
    }
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn within(look: impl FnOnce(&mut Self)) -> BTreeSet<String> {
        let mut names = Self::default();
        look(&mut names);
        names.0
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        self.0.insert(segment.ident.to_string());
        visit::visit_path_segment(self, segment);
    }
}

/// All files of the crate.
pub struct House {
    /// By path.
    pub files: Vec<File>,
    macros: BTreeMap<String, usize>,
}

impl House {
    /// The house as it stands.
    pub fn standing() -> &'static Self {
        static STANDING: OnceLock<House> = OnceLock::new();
        STANDING.get_or_init(Self::read_all)
    }

    fn read_all() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut sources = Vec::new();
        for path in super::files_below(&root) {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".rs") {
                sources.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
        assert!(sources.len() > 50, "the sources are not where they were");
        Self::of(sources.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// A house of these files.
    pub fn of<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut files, for_tests): (Vec<File>, Vec<Vec<Segments>>) =
            sources.into_iter().map(|(path, text)| read(path, text)).unzip();
        files.retain(|file| !for_tests.iter().flatten().any(|module| file.module.starts_with(module)));
        let macros = files.iter().enumerate();
        let macros =
            macros.flat_map(|(at, file)| file.exports_macros.iter().map(move |name| (name.clone(), at))).collect();
        Self { files, macros }
    }

    /// The file where what a path of this crate names is defined, through every `pub use` on the way.
    pub fn home(&self, path: &[String]) -> Option<&File> {
        self.home_within(path, 8)
    }

    fn home_within(&self, path: &[String], patience: usize) -> Option<&File> {
        let path = path.strip_prefix(&["crate".to_owned()])?;
        if let [name] = path
            && let Some(at) = self.macros.get(name)
        {
            return self.files.get(*at);
        }
        let deepest =
            self.files.iter().filter(|file| path.starts_with(&file.module)).max_by_key(|file| file.module.len())?;
        let (Some(name), Some(patience)) = (path.get(deepest.module.len()), patience.checked_sub(1)) else {
            return Some(deepest);
        };
        let follow = |target: &Segments| self.home_within(target, patience).filter(|file| file.path != deepest.path);
        if deepest.defines.contains(name) {
            return Some(deepest);
        }
        if let Some((_, target)) = deepest.passes_on.iter().find(|(passed, _)| passed == name) {
            return follow(target).or(Some(deepest));
        }
        let globs = deepest.passes_on.iter().filter(|(passed, _)| passed == "*");
        let mut behind = globs.filter_map(|(_, target)| {
            let target: Segments = target.iter().chain([name]).cloned().collect();
            follow(&target).filter(|file| file.defines.contains(name))
        });
        behind.next().or(Some(deepest))
    }
}

fn read(path: &str, text: &str) -> (File, Vec<Segments>) {
    let parsed = syn::parse_file(text).unwrap_or_else(|why| panic!("{path}: {why}"));
    let mut module: Segments = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
        module.pop();
    }
    let file = File { path: path.to_owned(), module: module.clone(), ..File::default() };
    let mut reader = Reader { file, here: module, for_tests: Vec::new() };
    reader.visit_file(&parsed);
    (reader.file, reader.for_tests)
}

struct Reader {
    file: File,
    /// The module being read: the file's, or one inside it.
    here: Segments,
    for_tests: Vec<Segments>,
}

impl Reader {
    /// A path from the crate's root, or from another crate.
    fn absolute(&self, path: &[String]) -> Segments {
        let mut base = self.here.clone();
        let mut rest = path;
        match rest.first().map(String::as_str) {
            Some("crate" | "stillpoint") => {
                base.clear();
                rest = &rest[1..];
            }
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while let Some(("super", after)) = rest.split_first().map(|(first, after)| (first.as_str(), after)) {
                    base.pop();
                    rest = after;
                }
            }
            _ => return path.to_vec(),
        }
        std::iter::once("crate".to_owned()).chain(base).chain(rest.iter().cloned()).collect()
    }

    fn mention(&mut self, path: &[String]) {
        let path = self.absolute(path);
        self.file.mentions.insert(path);
    }

    /// The leaves of a `use` tree, each with the name it goes by.
    fn leaves(tree: &syn::UseTree, prefix: &[String], leaves: &mut Vec<(String, Segments)>) {
        let with = |name: &syn::Ident| -> Segments { prefix.iter().cloned().chain([name.to_string()]).collect() };
        match tree {
            syn::UseTree::Path(path) => Self::leaves(&path.tree, &with(&path.ident), leaves),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| Self::leaves(tree, prefix, leaves)),
            syn::UseTree::Glob(_) => leaves.push(("*".to_owned(), prefix.to_vec())),
            syn::UseTree::Name(name) if name.ident == "self" => {
                leaves.push((prefix.last().cloned().unwrap_or_default(), prefix.to_vec()));
            }
            syn::UseTree::Name(name) => leaves.push((name.ident.to_string(), with(&name.ident))),
            syn::UseTree::Rename(rename) => leaves.push((rename.rename.to_string(), with(&rename.ident))),
        }
    }

    /// Paths in the tokens of a macro or an attribute; `prefix` is what stands before a group of a `use` tree.
    fn scan(&mut self, tokens: TokenStream, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let mut colons = 2;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    self.file.words.insert(name.to_string());
                    if colons != 2 {
                        self.end(&mut path, prefix);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    let inside = if colons == 2 { path.clone() } else { Segments::new() };
                    if colons != 2 {
                        self.end(&mut path, prefix);
                    }
                    self.scan(group.stream(), &inside);
                    path = prefix.to_vec();
                    colons = 2;
                }
                _ => {
                    self.end(&mut path, prefix);
                    colons = 2;
                }
            }
        }
        self.end(&mut path, prefix);
    }

    fn end(&mut self, path: &mut Segments, prefix: &[String]) {
        if path.len() > 1 && path.len() > prefix.len() {
            self.mention(path);
        }
        path.clear();
        path.extend_from_slice(prefix);
    }

    /// Whether others than the store's own files see what has this visibility.
    fn leaves_the_store(&self, visibility: &syn::Visibility) -> bool {
        let reach = match visibility {
            syn::Visibility::Inherited => return false,
            syn::Visibility::Public(_) => return true,
            syn::Visibility::Restricted(to) => to.path.segments.iter().map(|one| one.ident.to_string()),
        };
        self.absolute(&reach.collect::<Segments>()).get(2).is_none_or(|part| part != "store")
    }

    fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
        attributes.iter().any(|one| {
            one.path().is_ident("test")
                || one.path().is_ident("cfg") && one.parse_args::<syn::Ident>().is_ok_and(|what| what == "test")
        })
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_file(&mut self, file: &'ast syn::File) {
        for item in &file.items {
            let name = match item {
                syn::Item::Const(it) => &it.ident,
                syn::Item::Enum(it) => &it.ident,
                syn::Item::Fn(it) => &it.sig.ident,
                syn::Item::Static(it) => &it.ident,
                syn::Item::Struct(it) => &it.ident,
                syn::Item::Trait(it) => &it.ident,
                syn::Item::Type(it) => &it.ident,
                _ => continue,
            };
            self.file.defines.insert(name.to_string());
        }
        visit::visit_file(self, file);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let name = module.ident.to_string();
        let inside: Segments = self.here.iter().cloned().chain([name]).collect();
        if Self::is_for_tests(&module.attrs) {
            self.for_tests.push(inside);
        } else if module.content.is_some() {
            let outside = std::mem::replace(&mut self.here, inside);
            visit::visit_item_mod(self, module);
            self.here = outside;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut leaves = Vec::new();
        Self::leaves(&item.tree, &[], &mut leaves);
        for (name, path) in leaves {
            self.file.words.extend(path.iter().cloned());
            let mut path = self.absolute(&path);
            if matches!(item.vis, syn::Visibility::Inherited) {
                self.file.mentions.insert(path);
            } else {
                // A `pub use` without `crate` or `self` names what stands below, if it names no other crate.
                let below: Segments = self.here.iter().cloned().chain(path.iter().cloned()).collect();
                if path[0] != "crate" {
                    self.file.mentions.insert(path);
                    path = std::iter::once("crate".to_owned()).chain(below).collect();
                }
                self.file.passes_on.push((name, path));
            }
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !Self::is_for_tests(&function.attrs) {
            if self.leaves_the_store(&function.vis) {
                self.file.functions.push(Function::of(&function.sig));
            }
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !Self::is_for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let derives = |one: &syn::Attribute| match &one.meta {
            syn::Meta::List(list) => one.path().is_ident("derive") && list.tokens.to_string().contains("ToSchema"),
            _ => false,
        };
        if item.attrs.iter().any(derives) {
            self.file.shows.push(item.ident.to_string());
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Segments = path.segments.iter().map(|one| one.ident.to_string()).collect();
        if segments.len() > 1 {
            self.mention(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_ident(&mut self, name: &'ast proc_macro2::Ident) {
        self.file.words.insert(name.to_string());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // `#[diesel(table_name = …)]` names a crate with one segment alone.
        let name: Segments = attribute.path().segments.iter().map(|one| one.ident.to_string()).collect();
        self.mention(&name);
        if let syn::Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone(), &[]);
        }
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.attrs.iter().any(|one| one.path().is_ident("macro_export")) {
            self.file.exports_macros.extend(item.ident.as_ref().map(ToString::to_string));
        }
        if item.mac.path.is_ident("text_enum") || item.mac.path.is_ident("policies") {
            // What these declare is defined here: `pub enum Name { … }`, `Name = "rule": who;`.
            let words: Vec<String> = item
                .mac
                .tokens
                .clone()
                .into_iter()
                .filter_map(|token| match token {
                    TokenTree::Ident(name) => Some(name.to_string()),
                    _ => None,
                })
                .collect();
            self.file.defines.extend(words);
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.scan(call.tokens.clone(), &[]);
        visit::visit_macro(self, call);
    }
}
