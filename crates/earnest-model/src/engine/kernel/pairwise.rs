//! From decisions between pairs of classes to one class and the probabilities of all.

/// The pairs of classes (i, j) with i < j, in the order in which decisions stand.
pub(in crate::engine) fn pairs(classes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..classes).flat_map(move |i| (i + 1..classes).map(move |j| (i, j)))
}

/// The class that wins most of its pairs; the lowest number of equals. A decision above 0 is for the
/// first of its pair.
pub(in crate::engine) fn winner(decisions: &[f64], classes: usize) -> usize {
    let mut votes = vec![0_usize; classes];
    for ((i, j), decision) in pairs(classes).zip(decisions) {
        votes[if *decision > 0.0 { i } else { j }] += 1;
    }
    let mut best = 0;
    for (class, count) in votes.iter().enumerate() {
        if *count > votes[best] {
            best = class;
        }
    }
    best
}

/// A probability of a pair is within these.
const LEAST: f64 = 1e-7;

/// The probabilities of all classes that agree best with those of pairs `r` (of the first of each
/// pair): they minimise Σ (r_ji p_i - r_ij p_j)² and sum to 1 (Wu, Lin and Weng, Probability estimates
/// for multi-class classification by pairwise coupling, JMLR 5, 2004, second method).
pub(in crate::engine) fn coupled(of_pairs: &[f64], classes: usize) -> Vec<f64> {
    let mut r = vec![0.0; classes * classes];
    for ((i, j), p) in pairs(classes).zip(of_pairs) {
        let p = p.clamp(LEAST, 1.0 - LEAST);
        r[i * classes + j] = p;
        r[j * classes + i] = 1.0 - p;
    }
    // Lagrange's conditions: Q p + l e = 0 and Σ p = 1.
    let n = classes + 1;
    let mut system = vec![0.0; n * (n + 1)];
    for i in 0..classes {
        for j in (0..classes).filter(|j| *j != i) {
            let (r_ij, r_ji) = (r[i * classes + j], r[j * classes + i]);
            system[i * (n + 1) + i] += r_ji * r_ji;
            system[i * (n + 1) + j] = -r_ji * r_ij;
        }
        system[i * (n + 1) + classes] = 1.0;
        system[classes * (n + 1) + i] = 1.0;
    }
    system[classes * (n + 1) + n] = 1.0;
    let mut p = solved(&mut system, n);
    p.truncate(classes);
    // Rounding alone can lead below 0.
    let sum: f64 = p.iter_mut().map(clamped).sum();
    p.iter().map(|x| x / sum).collect()
}

fn clamped(x: &mut f64) -> f64 {
    *x = x.max(LEAST);
    *x
}

/// Gauss's elimination with row pivots of n equations, each with its right side behind it.
fn solved(system: &mut [f64], n: usize) -> Vec<f64> {
    let width = n + 1;
    for column in 0..n {
        let size = |row: usize| system[row * width + column].abs();
        let pivot = (column..n)
            .max_by(|a, b| size(*a).total_cmp(&size(*b)))
            .unwrap_or(column);
        for k in 0..width {
            system.swap(column * width + k, pivot * width + k);
        }
        for row in column + 1..n {
            let factor = system[row * width + column] / system[column * width + column];
            for k in column..width {
                system[row * width + k] -= factor * system[column * width + k];
            }
        }
    }
    let mut x = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| system[row * width + k] * x[k]).sum();
        x[row] = (system[row * width + n] - known) / system[row * width + row];
    }
    x
}

/// By how much the class that wins is ahead at least, so that rounding does not change it.
const AHEAD: f64 = 1e-5;

/// The probabilities nearest to these of which the winner's is the greatest. Coupling and votes
/// disagree where classes are nearly alike; then the winner and those above it share what they have.
pub(in crate::engine) fn led_by(winner: usize, p: &[f64]) -> Vec<f64> {
    let mut above: Vec<usize> = (0..p.len()).filter(|i| *i != winner).collect();
    above.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let (mut mean, mut shared) = (p[winner], 1);
    for other in &above {
        if p[*other] <= mean {
            break;
        }
        mean = (mean * shared as f64 + p[*other]) / (shared + 1) as f64;
        shared += 1;
    }
    let mut led = p.to_vec();
    led[winner] = mean;
    for other in above {
        led[other] = led[other].min(mean * (1.0 - AHEAD));
    }
    let sum: f64 = led.iter().sum();
    led.iter().map(|x| x / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coupling_gives_back_the_probabilities_that_pairs_were_made_of() {
        let p = [0.5, 0.2, 0.2, 0.1];
        let of_pairs: Vec<f64> = pairs(4).map(|(i, j)| p[i] / (p[i] + p[j])).collect();
        for (found, expected) in coupled(&of_pairs, 4).iter().zip(p) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let two = coupled(&[0.9], 2);
        assert!((two[0] - 0.9).abs() < 1e-9);
    }

    #[test]
    fn whoever_wins_the_votes_is_the_most_probable_and_little_else_changes() {
        let p = [0.30, 0.32, 0.33, 0.05];
        let led = led_by(0, &p);
        assert!((led.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(led[1] < led[0] && led[2] < led[0], "{led:?}");
        assert!((led[0] - 0.95 / 3.0).abs() < 1e-4, "{led:?}");
        assert!((led[3] - 0.05).abs() < 1e-4);
        let same = led_by(2, &p);
        assert!(same.iter().zip(p).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn equal_votes_go_to_the_lowest_class_as_in_libsvm() {
        // 0 beats 1, 1 beats 2, 2 beats 0.
        assert_eq!(winner(&[1.0, -1.0, 1.0], 3), 0);
        assert_eq!(winner(&[-1.0, -1.0, 1.0], 3), 1);
        assert_eq!(winner(&[-0.1], 2), 1);
    }
}
