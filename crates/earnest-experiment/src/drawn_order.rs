//! Things done in an order that is drawn.

use earnest_random::Key;

/// Does something with `n` things in an order drawn from a key, and gives the results in the
/// order the things have. Corpora are often sorted by emotion, and whoever adapts to a
/// speaker would at first hear nothing but anger.
///
/// # Errors
/// Those of the work.
pub(crate) fn in_drawn_order<R, E>(
    n: usize,
    key: &Key,
    work: impl FnOnce(&[usize]) -> Result<Vec<R>, E>,
) -> Result<Vec<R>, E> {
    let mut order: Vec<usize> = (0..n).collect();
    key.generator().shuffle(&mut order);
    let mut results: Vec<(usize, R)> = order.iter().copied().zip(work(&order)?).collect();
    results.sort_by_key(|(i, _)| *i);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_back_in_their_own_order_however_they_were_heard() {
        let mut heard = Vec::new();
        let results = in_drawn_order(50, &Key::new(1), |order| {
            heard = order.to_vec();
            Ok::<_, ()>(order.iter().map(|i| i * 10).collect())
        });
        let results = results.unwrap();
        assert_eq!(results, (0..50).map(|i| i * 10).collect::<Vec<_>>());
        assert_ne!(heard, (0..50).collect::<Vec<_>>());
    }
}
