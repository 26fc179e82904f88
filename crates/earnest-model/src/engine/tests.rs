//! What every engine of the registry is held to, with the examples that its file gives.

use super::*;
use crate::layer::gradient_check;
use crate::loss::{Targets, loss};

fn batch(lengths: &[usize], width: usize) -> Vec<Vec<f32>> {
    let mut generator = Key::new(8).with("batch").generator();
    lengths
        .iter()
        .map(|l| (0..l * width).map(|_| generator.normal() as f32).collect())
        .collect()
}

fn slices(batch: &[Vec<f32>]) -> Vec<&[f32]> {
    batch.iter().map(Vec::as_slice).collect()
}

fn bits(y: &[f32]) -> Vec<u32> {
    y.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn a_kind_is_called_as_its_file_and_its_settings_are_read_as_they_were_written() {
    for name in Architecture::NAMES {
        let usual = Architecture::by_name(name).unwrap();
        assert_eq!(usual.name(), *name);
        assert_eq!(usual.check(), Ok(()), "{name}");
        let is_network = !Architecture::examples(name).is_empty();
        assert_eq!(is_network, Architecture::NETWORKS.contains(name));
        for architecture in [usual].into_iter().chain(Architecture::examples(name)) {
            let json = serde_json::to_value(&architecture).unwrap();
            assert_eq!(json["kind"], *name);
            let read: Architecture = serde_json::from_value(json.clone()).unwrap();
            assert_eq!(read, architecture);
            let mut more = json;
            more["colour"] = 1.into();
            let error = serde_json::from_value::<Architecture>(more).unwrap_err();
            assert!(error.to_string().contains("colour"), "{error}");
        }
    }
    assert_eq!(Architecture::by_name("colour"), None);
}

#[test]
fn files_of_before_there_were_other_engines_are_read() {
    for (text, expected) in [
        (
            r#"{"kind":"rnn","layers":2,"hidden":128,"pooling":"mean","dropout":0.0}"#,
            Architecture::paper_rnn(),
        ),
        (
            r#"{"kind":"rnn","layers":3,"hidden":5}"#,
            Architecture::rnn(3, 5),
        ),
        (
            r#"{"kind":"cnn","layers":3,"filters":128,"kernel":5,"pooling":"max","dropout":0.0}"#,
            Architecture::paper_cnn(),
        ),
        (
            r#"{"layers":1,"kernel":3,"kind":"cnn","filters":2}"#,
            Architecture::cnn(1, 2, 3),
        ),
    ] {
        let read: Architecture = serde_json::from_str(text).unwrap();
        assert_eq!(read, expected);
        if text.contains("dropout") {
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
    }
}

#[test]
fn the_number_of_weights_is_known_before_the_network_is_made() {
    for architecture in Architecture::all_examples() {
        let network = architecture.build::<f32>(5, 3, &Key::new(4)).unwrap();
        let made: usize = network.tensors().iter().map(|p| p.value.len()).sum();
        assert_eq!(architecture.weights(5, 3), made as u64, "{architecture:?}");
    }
}

#[test]
fn a_network_that_no_memory_can_hold_is_refused() {
    for architecture in [
        Architecture::rnn(100, 10_000),
        Architecture::cnn(100, 10_000, 999),
    ] {
        let error = architecture.check().unwrap_err();
        assert!(error.contains("make it smaller"), "{error}");
    }
    assert_eq!(Architecture::rnn(8, 2048).check(), Ok(()));
}

#[test]
fn every_gradient_is_that_of_finite_differences_with_odd_widths_and_mixed_lengths() {
    let batch = batch(&[6, 1, 11, 3, 11, 2, 9, 4, 4, 7], 5);
    let key = Key::new(77);
    for targets in [
        Targets::Classes(vec![0, 2, 1, 1, 2, 0, 1, 2, 0, 0]),
        Targets::Values((0..30).map(|i| i as f32 * 0.1 - 0.7).collect()),
    ] {
        for architecture in Architecture::all_examples() {
            let mut network = architecture.build::<f64>(5, 3, &Key::new(4)).unwrap();
            let y = network.forward(&slices(&batch), &key);
            let (_, dy) = loss(&y, 3, &targets);
            network.backward(&dy);
            let gradients: Vec<Vec<f64>> = network
                .params_mut()
                .iter()
                .map(|p| p.grad.clone())
                .collect();
            for (p, gradient) in gradients.iter().enumerate() {
                // A bias before batch norm has no effect, so its gradient is 0.
                let worst = gradient_check::worst(
                    &mut network,
                    gradient,
                    40,
                    |n, i| {
                        let param = n.params_mut().swap_remove(p);
                        &mut param.value[i]
                    },
                    |n| {
                        let y = n.forward(&slices(&batch), &key);
                        loss(&y, 3, &targets).0
                    },
                );
                let largest = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
                let name = network.params_mut()[p].name.clone();
                assert!(
                    worst * largest.max(1e-8) < 2e-7,
                    "{architecture:?} {name}: {worst} of {largest}"
                );
            }
        }
    }
}

#[test]
fn longer_utterances_beside_an_utterance_do_not_change_a_bit_of_its_result() {
    // Beside longer ones a framework would pad it; 21 make several groups.
    let lengths: Vec<usize> = (0..21).map(|i| [9, 40, 1, 23, 2][i % 5] + i / 5).collect();
    let together = batch(&lengths, 5);
    for architecture in Architecture::all_examples() {
        let network = architecture.build::<f32>(5, 3, &Key::new(4)).unwrap();
        let y = network.predict(&slices(&together));
        for (i, sequence) in together.iter().enumerate() {
            let alone = network.predict(&[sequence.as_slice()]);
            for (a, b) in alone.iter().zip(&y[i * 3..]) {
                assert_eq!(a.to_bits(), b.to_bits(), "{architecture:?}, utterance {i}");
            }
        }
    }
}

#[test]
fn a_long_utterance_in_runs_of_rows_has_the_bits_of_the_whole() {
    // Runs are of 4096 and 8192 rows, or of 16,384 frames: one more, several of them, and an
    // end amid one.
    for length in [1, 4096, 4097, 12_289, 16_500, 40_003] {
        let whole = batch(&[length], 5);
        for architecture in Architecture::all_examples() {
            let network = architecture.build::<f32>(5, 3, &Key::new(4)).unwrap();
            let expected = network.predict(&slices(&whole));
            let long = network.predict_long(&whole[0]);
            assert_eq!(bits(&long), bits(&expected), "{architecture:?}, {length}");
        }
    }
}

#[test]
fn batch_statistics_do_not_see_the_padding_of_shorter_utterances() {
    // Training mode: the mean over frames must not change when the same frames are cut
    // into sequences that need gaps. Compare the running statistics of the first layer
    // (kernel 1, so that cutting changes nothing else).
    let whole = batch(&[12], 5);
    let cut: Vec<Vec<f32>> = [0..3, 3..4, 4..12]
        .into_iter()
        .map(|r| whole[0][r.start * 5..r.end * 5].to_vec())
        .collect();
    let key = Key::new(1);
    let mut a = Architecture::cnn(1, 4, 1)
        .build::<f64>(5, 2, &Key::new(4))
        .unwrap();
    let mut b = a.clone();
    a.forward(&slices(&whole), &key);
    b.forward(&slices(&cut), &key);
    for (x, y) in a.tensors().iter().zip(b.tensors()) {
        for (x, y) in x.value.iter().zip(&y.value) {
            assert!((x - y).abs() < 1e-12, "{}", x);
        }
    }
}

#[test]
fn the_order_of_a_batch_does_not_change_results() {
    let given = batch(&[4, 9, 2], 5);
    let turned: Vec<Vec<f32>> = given.iter().rev().cloned().collect();
    let key = Key::new(1);
    for architecture in Architecture::all_examples() {
        // Dropout draws by place in the batch.
        if architecture.words().contains("dropout") {
            continue;
        }
        let mut network = architecture.build::<f64>(5, 3, &Key::new(4)).unwrap();
        let a = network.forward(&slices(&given), &key);
        let b = network.forward(&slices(&turned), &key);
        for i in 0..3 {
            for j in 0..3 {
                assert!((a[i * 3 + j] - b[(2 - i) * 3 + j]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn what_earlier_batches_left_in_the_buffers_does_not_count() {
    let (large, small) = (
        batch(&[30, 11, 25, 8, 8, 9, 5, 4, 3, 12], 5),
        batch(&[3, 7], 5),
    );
    let key = Key::new(1);
    let gradients = |network: &mut dyn Network<f64>| {
        let y = network.forward(&slices(&small), &key);
        let (_, dy) = loss(&y, 3, &Targets::Classes(vec![0, 2]));
        network.backward(&dy);
        let params = network.params_mut();
        params.iter().map(|p| p.grad.clone()).collect::<Vec<_>>()
    };
    for architecture in Architecture::all_examples() {
        let mut used = architecture.build::<f64>(5, 3, &Key::new(4)).unwrap();
        let mut fresh = used.clone();
        let y = used.forward(&slices(&large), &key);
        used.backward(&vec![1.0; y.len()]);
        for p in used.params_mut() {
            p.grad.fill(0.0);
        }
        assert!(
            gradients(&mut *used) == gradients(&mut *fresh),
            "{architecture:?}"
        );
    }
}

#[test]
fn four_threads_that_ask_one_engine_at_once_get_the_bits_of_one_that_asks_alone() {
    // Each thread has batches of its own sizes, so that buffers change hands between threads.
    let batches: Vec<Vec<Vec<f32>>> = [
        vec![9, 40, 1, 23],
        vec![300],
        (1..20).collect(),
        vec![2, 700, 3],
    ]
    .iter()
    .map(|lengths| batch(lengths, 5))
    .collect();
    for architecture in Architecture::all_examples() {
        let mut engine = architecture.build::<f32>(5, 3, &Key::new(4)).unwrap();
        // Weights that are laid out, and change: who asks first lays them out anew.
        engine.predict(&slices(&batches[0]));
        for param in engine.params_mut() {
            for x in &mut param.value {
                *x *= 1.5;
            }
        }
        let alone = engine.clone();
        let answers = |engine: &dyn Network<f32>, own: &[Vec<f32>]| {
            let long = engine.predict_long(&own[0]);
            (bits(&engine.predict(&slices(own))), bits(&long))
        };
        let expected: Vec<_> = batches.iter().map(|own| answers(&*alone, own)).collect();
        let engine = &*engine;
        std::thread::scope(|scope| {
            for (own, expected) in batches.iter().zip(&expected) {
                let architecture = &architecture;
                scope.spawn(move || {
                    for _ in 0..20 {
                        assert!(answers(engine, own) == *expected, "{architecture:?}");
                    }
                });
            }
        });
    }
}

#[test]
fn a_prediction_between_a_training_pass_and_its_backward_pass_changes_no_gradient() {
    let (own, other) = (batch(&[4, 9, 2], 5), batch(&[30, 1], 5));
    let key = Key::new(1);
    for architecture in Architecture::all_examples() {
        let gradients = |between: bool| {
            let mut engine = architecture.build::<f64>(5, 3, &Key::new(4)).unwrap();
            let y = engine.forward(&slices(&own), &key);
            if between {
                engine.predict(&slices(&other));
            }
            engine.backward(&vec![1.0; y.len()]);
            let params = engine.params_mut();
            params.iter().map(|p| p.grad.clone()).collect::<Vec<_>>()
        };
        assert!(gradients(true) == gradients(false), "{architecture:?}");
    }
}
