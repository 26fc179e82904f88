//! The house is as ARCHITECTURE.md draws it: which crate stands on which, and which of them build
//! where there is no C compiler.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What Cargo says of the workspace and of all that it is built from on this machine.
fn metadata() -> Value {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    };
    let version = run("rustc", &["-vV"]);
    let host = version.lines().find_map(|l| l.strip_prefix("host: "));
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline"];
    let platform = ["--filter-platform", host.unwrap()];
    let json = run(env!("CARGO"), &[&arguments[..], &platform].concat());
    serde_json::from_str(&json).unwrap()
}

/// Kinds of dependency in `cargo metadata`.
const NORMAL: Value = Value::Null;

/// For each crate of ours, which of the others it stands on; with those that only its tests use
/// or without.
fn arrows(metadata: &Value, with_tests: bool) -> BTreeMap<String, BTreeSet<String>> {
    let packages = metadata["packages"].as_array().unwrap();
    let ours: Vec<&Value> = packages.iter().filter(|p| p["source"].is_null()).collect();
    let name = |p: &Value| p["name"].as_str().unwrap().to_owned();
    let all: BTreeSet<String> = ours.iter().map(|p| name(p)).collect();
    ours.iter()
        .map(|package| {
            let stands_on = package["dependencies"].as_array().unwrap().iter();
            let wanted = |d: &&Value| with_tests || d["kind"] == NORMAL;
            let on = stands_on
                .filter(wanted)
                .map(name)
                .filter(|n| all.contains(n))
                .collect();
            (name(package), on)
        })
        .collect()
}

/// The table of crates in ARCHITECTURE.md: the first cell names a crate, the last what it stands on.
fn drawn() -> BTreeMap<String, BTreeSet<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let full = |name: &str| match name {
        "earnest" => name.to_owned(),
        _ => format!("earnest-{name}"),
    };
    text.lines()
        .filter_map(|line| line.strip_prefix("| `earnest"))
        .map(|line| line.replacen(" (`python/`)", "", 1))
        .map(|line| {
            let cells: Vec<&str> = line.trim_end_matches([' ', '|']).split('|').collect();
            let name = format!("earnest{}", cells[0].trim().trim_end_matches('`'));
            let on = cells.last().unwrap().split(',').map(str::trim);
            (name, on.filter(|n| *n != "–").map(full).collect())
        })
        .collect()
}

#[test]
fn crates_stand_on_each_other_as_architecture_md_says() {
    let (real, drawn) = (arrows(&metadata(), false), drawn());
    assert!(real.len() > 10);
    for (name, on) in &real {
        assert_eq!(
            Some(on),
            drawn.get(name),
            "{name}: first as it is, then as drawn"
        );
    }
    assert_eq!(real.len(), drawn.len());
}

#[test]
fn no_arrow_goes_back_not_even_for_tests() {
    let mut left = arrows(&metadata(), true);
    // Takes away, again and again, what stands on nothing that is left.
    while let Some(ground) = {
        let names: BTreeSet<&String> = left.keys().collect();
        let free = |on: &BTreeSet<String>| !on.iter().any(|n| names.contains(n));
        left.iter().find(|(_, on)| free(on)).map(|(n, _)| n.clone())
    } {
        left.remove(&ground);
    }
    assert!(left.is_empty(), "these stand on each other: {left:?}");
}

/// All packages that a crate of ours is built from, by name, with their `links`; with those that
/// its tests, examples and benchmarks need besides, or without.
fn built_from(metadata: &Value, root: &str, with_tests: bool) -> BTreeMap<String, Option<String>> {
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["id"].as_str().unwrap(), p))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["id"].as_str().unwrap(), n))
        .collect();
    let is_root = |p: &&&Value| p["name"] == root && p["source"].is_null();
    let mut ids = vec![
        packages.values().find(is_root).unwrap()["id"]
            .as_str()
            .unwrap(),
    ];
    let mut seen: BTreeSet<&str> = ids.iter().copied().collect();
    let root = ids[0];
    while let Some(id) = ids.pop() {
        let with_tests = with_tests && id == root;
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            // What only tests use is not built for a user, nor what the tests of others use for ours.
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            let id = dependency["pkg"].as_str().unwrap();
            let wanted = |k: &Value| with_tests || k["kind"] != "dev";
            if kinds.iter().any(wanted) && seen.insert(id) {
                ids.push(id);
            }
        }
    }
    let of = |id: &&str| {
        let package = packages[*id];
        let links = package["links"].as_str().map(str::to_owned);
        (package["name"].as_str().unwrap().to_owned(), links)
    };
    seen.iter().map(of).collect()
}

/// Programs of others that build C, or look for a C library that the machine has.
const BUILDERS: [&str; 7] = [
    "cc",
    "cmake",
    "bindgen",
    "pkg-config",
    "vcpkg",
    "autotools",
    "nasm-rs",
];

#[test]
fn audio_features_and_models_need_no_c_compiler() {
    let metadata = metadata();
    for root in [
        "earnest-files",
        "earnest-random",
        "earnest-signal",
        "earnest-audio",
        "earnest-features",
        "earnest-augment",
        "earnest-model",
    ] {
        let tree = built_from(&metadata, root, false);
        assert!(tree.contains_key(root));
        for (name, links) in &tree {
            assert!(
                !BUILDERS.contains(&name.as_str()),
                "{root} builds C: {name}"
            );
            // Rayon's core only says by this that there is one of it.
            let native = links.as_deref().filter(|l| *l != "rayon-core");
            assert_eq!(native, None, "{root} links a library: {name}");
        }
    }
    // The test can fail: TLS is C.
    let whole = built_from(&metadata, "earnest", false);
    assert!(whole.contains_key("ring") && whole.contains_key("cc"));
}

#[test]
fn who_wants_descriptors_compiles_neither_decoders_nor_resamplers() {
    let metadata = metadata();
    let tree = built_from(&metadata, "earnest-features", false);
    for heavy in ["symphonia", "rubato", "rustfft", "serde_json"] {
        assert!(!tree.contains_key(heavy), "{heavy}");
    }
    // Not even its tests and examples: claxon and hound are a file format each, without more.
    let tests = built_from(&metadata, "earnest-features", true);
    for heavy in ["symphonia", "rubato", "earnest-audio", "earnest-signal"] {
        assert!(!tests.contains_key(heavy), "{heavy}");
    }
    assert!(tests.contains_key("earnest-random") && !tree.contains_key("earnest-random"));
    // The test can fail: who decodes has the decoders.
    let audio = built_from(&metadata, "earnest-audio", false);
    assert!(audio.contains_key("symphonia") && audio.contains_key("rubato"));
    let scene = built_from(&metadata, "earnest-scene", false);
    assert!(scene.contains_key("earnest-corpus"));
}

/// The text of a module without comments and tests.
fn code_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .map(|l| l.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The files of Rust below a folder.
fn rust_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// For each module at the top of a crate, which others of the crate it names.
fn modules(src: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let top = |path: &Path| {
        let first = path.strip_prefix(src).unwrap().components().next().unwrap();
        let name = first.as_os_str().to_str().unwrap();
        name.trim_end_matches(".rs").to_owned()
    };
    let mut files = Vec::new();
    rust_files(src, &mut files);
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        names.entry(top(file)).or_default();
    }
    names.retain(|name, _| name != "lib" && name != "main");
    let all: Vec<String> = names.keys().cloned().collect();
    for file in files {
        let own = top(&file);
        let Some(named) = names.get_mut(&own) else {
            continue;
        };
        for rest in code_of(&file).split("crate::").skip(1) {
            let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
            let other = &rest[..end.unwrap_or(rest.len())];
            if other != own && all.iter().any(|name| name == other) {
                named.insert(other.to_owned());
            }
        }
    }
    names
}

#[test]
fn no_modules_of_a_crate_stand_on_each_other_in_a_circle() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut seen = 0;
    let listed = std::fs::read_dir(&crates).unwrap();
    let folders = listed.map(|entry| entry.unwrap().path());
    for folder in folders.chain([crates.join("../python")]) {
        let mut left = modules(&folder.join("src"));
        seen += left.len();
        // Take away what stands on nothing that is left, again and again: a circle remains.
        loop {
            let names: BTreeSet<String> = left.keys().cloned().collect();
            let before = left.len();
            left.retain(|_, on| on.iter().any(|other| names.contains(other)));
            if left.len() == before {
                break;
            }
        }
        assert!(
            left.is_empty(),
            "{}: a circle among {left:?}",
            folder.display()
        );
    }
    assert!(seen > 100, "only {seen} modules were found");
}
