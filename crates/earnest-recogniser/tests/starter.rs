//! The model that is built in.
#![allow(clippy::unwrap_used)]

use earnest_recogniser::Recogniser;

#[test]
fn the_starter_is_small_knows_the_papers_classes_and_says_how_well_it_does() {
    let starter = Recogniser::starter().unwrap();
    assert_eq!(starter.outputs(), ["angry", "happy", "neutral", "sad"]);
    assert_eq!(starter.description().recipe.title(), "robust");
    assert_eq!(starter.description().training, "augmented");
    assert!(
        starter.description().heard.is_some(),
        "what it heard is known"
    );
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter");
    let bytes: u64 = ["model.json", "model.safetensors"]
        .iter()
        .map(|name| std::fs::metadata(folder.join(name)).unwrap().len())
        .sum();
    assert!(bytes < 2_000_000, "{bytes} bytes");
    for word in [
        "CC0",
        "EmoDB",
        "one speaker left out",
        "macro F",
        "must not be used for",
        "nemo",
        "1997",
    ] {
        assert!(Recogniser::STARTER_CARD.contains(word), "{word}");
    }
    assert!(starter.uncertain_below().is_some());
    let noise: Vec<f32> = (0..32_000).map(|i| ((i * i) % 97) as f32 / 500.0).collect();
    let answer = starter.recognise(&noise, 16_000).unwrap().unwrap();
    assert!((answer.values.iter().sum::<f32>() - 1.0).abs() < 1e-5);
}
