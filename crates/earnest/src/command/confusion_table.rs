//! What was answered in place of what: a matrix, or of many classes what each was taken for most
//! often, since a matrix of twenty is wider than any terminal.

use earnest_experiment::metrics::Confusion;
use earnest_experiment::number::number;

use super::text_table;

/// A matrix of more classes is not read.
const MATRIX: usize = 10;

/// The table.
pub fn confusion_table(classes: &[String], counts: &Confusion) -> String {
    let (titles, rows, texts) = match classes.len() {
        0..=MATRIX => matrix(classes, counts),
        _ => most_frequent(classes, counts),
    };
    text_table(&titles, &rows, texts)
}

/// Titles, rows, and how many columns are words.
type Cells = (Vec<String>, Vec<Vec<String>>, usize);

fn matrix(classes: &[String], counts: &Confusion) -> Cells {
    let mut titles = vec!["truth \\ answer".to_owned()];
    titles.extend(classes.iter().cloned());
    let row = |(truth, name): (usize, &String)| {
        let mut row = vec![name.clone()];
        row.extend((0..classes.len()).map(|answer| counts.count(truth, answer).to_string()));
        row
    };
    (titles, classes.iter().enumerate().map(row).collect(), 1)
}

fn most_frequent(classes: &[String], counts: &Confusion) -> Cells {
    let titles = [
        "class",
        "most often taken for",
        "so often",
        "utterances",
        "recall",
    ];
    let row = |(truth, name): (usize, &String)| {
        let wrong = (0..classes.len()).filter(|answer| *answer != truth);
        // The first of those that are as frequent.
        let most = wrong
            .rev()
            .max_by_key(|answer| counts.count(truth, *answer));
        let taken = most
            .map(|answer| (&classes[answer], counts.count(truth, answer)))
            .filter(|(_, n)| *n > 0);
        vec![
            name.clone(),
            taken.map_or("–".to_owned(), |(answer, _)| answer.clone()),
            taken.map_or("–".to_owned(), |(_, n)| n.to_string()),
            counts.support(truth).to_string(),
            number(counts.recall(truth)),
        ]
    };
    let rows = classes.iter().enumerate().map(row).collect();
    (titles.map(String::from).to_vec(), rows, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_classes_each_has_its_recall_and_what_it_was_taken_for() {
        let classes: Vec<String> = (0..20).map(|i| format!("class-{i}")).collect();
        let answers = [(0, 0), (0, 3), (0, 3), (0, 5), (1, 1), (2, 7), (2, 6)];
        let counts = Confusion::new(answers.into_iter());
        let (titles, rows, texts) = most_frequent(&classes, &counts);
        assert!(rows.iter().all(|row| row.len() == titles.len()) && texts == 2);
        assert_eq!(rows[0], ["class-0", "class-3", "2", "4", ".250"]);
        assert_eq!(rows[1], ["class-1", "–", "–", "1", "1.000"]);
        assert_eq!(rows[2], ["class-2", "class-6", "1", "2", ".000"]);
        assert_eq!(rows[3], ["class-3", "–", "–", "0", "–"]);
        let text = confusion_table(&classes, &counts);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        let few = confusion_table(&classes[..3], &counts);
        assert!(
            few.contains("truth \\ answer") && few.lines().count() == 5,
            "{few}"
        );
    }
}
