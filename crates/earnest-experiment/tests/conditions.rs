//! Named conditions in `experiment.toml`.
#![allow(clippy::unwrap_used, clippy::panic)]

use earnest_experiment::Experiment;

fn with(conditions: &str) -> Result<Experiment, String> {
    Experiment::from_toml(&format!("[corpus]\npath = \"c\"\n{conditions}"))
}

#[test]
fn conditions_survive_their_toml_and_robot_may_be_absent() {
    let experiment = with(
        "[[conditions]]\nname = \"far\"\nkind = \"recordings\"\npath = \"far\"\ngroup = \"random\"\nsnr_db = -1.5\ndistance_m = 3.0\n[[conditions]]\nname = \"0dB\"\nkind = \"simulated\"\nsnr_db = 0.0\n",
    )
    .unwrap();
    assert_eq!(experiment.robot, None);
    assert_eq!(experiment.conditions(), ["clean", "far", "0dB"]);
    let again = Experiment::from_toml(&experiment.to_toml().unwrap()).unwrap();
    assert_eq!(again, experiment);
    let with_robot = with(
        "[robot]\nkind = \"simulated\"\n[[conditions]]\nname = \"far\"\nkind = \"recordings\"\npath = \"far\"\n",
    )
    .unwrap();
    assert_eq!(with_robot.conditions(), ["clean", "robot", "far"]);
    assert_eq!(with("").unwrap().conditions(), ["clean", "robot"]);
}

#[test]
fn what_no_condition_can_be_is_named() {
    let one = |lines: &str| format!("[[conditions]]\n{lines}\n");
    let far = one("name = \"far\"\nkind = \"recordings\"\npath = \"far\"");
    for (toml, words) in [
        (
            one("name = \"robot\"\nkind = \"simulated\""),
            "under [robot]",
        ),
        (
            one("name = \"clean\"\nkind = \"simulated\""),
            "always tested",
        ),
        (
            one("name = \"a b\"\nkind = \"simulated\""),
            "characters of a-z",
        ),
        (
            one("name = \"a\"\ngroup = \"\"\nkind = \"simulated\""),
            "group must be",
        ),
        (one("name = \"a\"\nkind = \"recordings\""), "needs path"),
        (
            one("name = \"a\"\nkind = \"simulated\"\npath = \"x\""),
            "path has no effect",
        ),
        (
            one("name = \"a\"\nkind = \"simulated\"\nsnr_db = 500.0"),
            "between -60 and 120",
        ),
        (
            one("name = \"a\"\nkind = \"simulated\"\ndistance_m = 0.0"),
            "distance_m must be",
        ),
        (
            one("name = \"a\"\nkind = \"simulated\"\ndistance = 1.0"),
            "did you mean `distance_m`?",
        ),
        (format!("{far}{far}"), "two conditions are called \"far\""),
        (
            format!("{far}{}", far.replace("name = \"far\"", "name = \"b\"")),
            "have the same folder",
        ),
        (
            one("name = \"a\"\nkind = \"simulated\"") + &one("name = \"b\"\nkind = \"simulated\""),
            "simulated at 3 dB",
        ),
        (
            far.replace("kind", "group = \"far\"\nkind"),
            "of a condition and of a group",
        ),
        (
            far.replace("path = \"far\"", "path = [\"x\", \"y\"]"),
            "of the condition \"far\": 2",
        ),
    ] {
        let error = with(&toml).unwrap_err();
        assert!(error.contains(words), "{words:?} is not in\n{error}");
    }
}
