//! The description and the manifest of a simulated scene.
#![no_main]
use earnest_fuzz::Folder;
use earnest_scene::simulate::Scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::default();
    folder.write("scene.jsonl", bytes);
    let _ = Scene::entries(folder.path());
    folder.write("scene.toml", bytes);
    let _ = Scene::of_folder(folder.path());
});
