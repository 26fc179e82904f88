//! The name that somebody may have meant.

/// How like a name must be to be a guess: from 0, nothing in common, to 1, the same (Jaro and Winkler).
pub const LIKE: f64 = 0.6;

/// The one of some names that is spelt most like one that is none of them; `None` if none is more
/// like it than `likeness`.
pub fn nearest<'a>(
    unknown: &str,
    known: impl IntoIterator<Item = &'a str>,
    likeness: f64,
) -> Option<&'a str> {
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(unknown, known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(like, _)| *like > likeness)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_most_like_and_only_if_it_is_like_it() {
        let known = ["rooms", "noise", "robot_noise"];
        assert_eq!(nearest("niose", known, LIKE), Some("noise"));
        assert_eq!(nearest("xyz", known, LIKE), None);
        assert_eq!(nearest("niose", known, 0.99), None);
        assert_eq!(nearest("noise", [], LIKE), None);
    }
}
