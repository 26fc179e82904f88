//! On the way from samples to features a stream allocates nothing.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../earnest-features/tests/allocations/mod.rs"]
mod allocations;

use allocations::allocations;
use earnest_recogniser::{Recogniser, Segmentation};

#[test]
fn a_stream_allocates_nothing_between_answers() {
    let recogniser = Recogniser::starter().unwrap();
    let how = Segmentation::Windows {
        length_s: 60.0,
        step_s: 10.0,
    };
    for rate in [16_000, 44_100, 48_000] {
        let mut stream = recogniser.stream(rate, how).unwrap();
        let samples: Vec<f32> = (0..3 * rate)
            .map(|i| (i as f32 * 0.05).sin() * 0.2)
            .collect();
        let mut answers = 0;
        let mut allocated = 0;
        for (i, chunk) in samples.chunks(rate as usize / 100).enumerate() {
            let before = allocations();
            stream.push(chunk, &mut |_| answers += 1).unwrap();
            // In the first half second buffers find their size.
            if i >= 50 {
                allocated += allocations() - before;
            }
        }
        assert_eq!((allocated, answers), (0, 0), "{rate} Hz");
    }
}
