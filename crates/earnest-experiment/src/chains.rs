//! Which chain a recipe's training draws from: the recipe's own, by its name, or the experiment's.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use earnest_augment::Chain;
use earnest_model::Recipe;

use crate::training::Training;

/// Chains by the names that recipes call them by: `[chains.NAME]` of an experiment.
pub type Chains = BTreeMap<String, Chain>;

/// What is wrong with a chain that does nothing, and what to do.
pub const IDLE_CHAIN: &str = "it has no step that is ever drawn, so what is called augmented would be clean; give it steps with a probability above 0";

/// The chain that a recipe names, of `named` or built in ([`Chain::BUILT_IN`]); `None` of a recipe that
/// names none.
///
/// # Errors
/// There is no such chain; the sentence names those that there are.
pub fn chain_of<'a>(recipe: &Recipe, named: &'a Chains) -> Result<Option<Cow<'a, Chain>>, String> {
    let Some(name) = &recipe.chain else {
        return Ok(None);
    };
    if let Some(chain) = named.get(name) {
        return Ok(Some(Cow::Borrowed(chain)));
    }
    if let Some(chain) = Chain::built_in(name) {
        return Ok(Some(Cow::Owned(chain)));
    }
    let known = Chain::BUILT_IN
        .into_iter()
        .chain(named.keys().map(String::as_str));
    let known: BTreeSet<&str> = known.collect();
    let known: Vec<&str> = known.into_iter().collect();
    Err(format!(
        "there is no chain {name:?}; chains are {}",
        known.join(", ")
    ))
}

/// What recipes draw from: chains that have names, and that of recipes that name none.
#[derive(Clone, Copy)]
pub(crate) struct Drawn<'a> {
    pub named: &'a Chains,
    pub usual: &'a Chain,
}

impl<'a> Drawn<'a> {
    /// The chain of which training by a recipe draws, whose name is known to be one.
    pub fn of(self, recipe: &Recipe) -> Cow<'a, Chain> {
        match chain_of(recipe, self.named) {
            Ok(Some(own)) => own,
            Ok(None) | Err(_) => Cow::Borrowed(self.usual),
        }
    }

    /// Every chain that these recipes draw from, with its name and the titles of the recipes that do:
    /// first that of recipes that name none.
    pub fn from<'r>(
        self,
        recipes: &'r [Recipe],
    ) -> Vec<(Option<&'r str>, Cow<'a, Chain>, Vec<&'r str>)> {
        let mut all: BTreeMap<Option<&str>, (Cow<'a, Chain>, Vec<&str>)> = BTreeMap::new();
        for recipe in recipes {
            let name = recipe.chain.as_deref();
            let (_, titles) = all
                .entry(name)
                .or_insert_with(|| (self.of(recipe), Vec::new()));
            titles.push(recipe.title());
        }
        let parts = |(name, (chain, titles))| (name, chain, titles);
        all.into_iter().map(parts).collect()
    }

    /// Refuses chains that cannot be drawn from, that nobody draws from, or that lack what is left out.
    pub fn check(self, recipes: &[Recipe], trainings: &[Training]) -> Result<(), String> {
        for recipe in recipes {
            chain_of(recipe, self.named).map_err(|e| format!("recipe {}: {e}", recipe.title()))?;
        }
        let is_named = |name: &str| recipes.iter().any(|r| r.chain.as_deref() == Some(name));
        if let Some(name) = self.named.keys().find(|name| !is_named(name)) {
            return Err(format!(
                "chains.{name} has no effect: no recipe has chain = {name:?}"
            ));
        }
        let is_usual = recipes.iter().any(|r| r.chain.is_none());
        if !is_usual && *self.usual != Chain::paper() {
            return Err(
                "augmentation (--chain) has no effect: every recipe has a chain of its own"
                    .to_owned(),
            );
        }
        for (name, chain, _) in self.from(recipes) {
            let (key, place) = match name {
                Some(name) => (format!("chains.{name}"), format!("chains.{name}")),
                None => ("augmentation".to_owned(), "the augmentation".to_owned()),
            };
            chain.check().map_err(|e| format!("{key} {e}"))?;
            for training in trainings {
                if let Training::Without(transform) = training
                    && !chain.has(transform)
                {
                    return Err(format!(
                        "trainings: there is no {transform} in {place} that could be left out"
                    ));
                }
            }
            if trainings.contains(&Training::Augmented) && chain.is_idle() {
                return Err(format!(
                    "{key}: {IDLE_CHAIN}, or take `augmented` out of trainings"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    fn experiment(text: &str) -> Result<Experiment, String> {
        let corpus = "name = \"e\"\n[corpus]\npath = \"c\"\n";
        Experiment::from_toml(&format!("{corpus}{text}"))
    }

    const CNN: &str = "[[recipes]]\nname = \"own\"\nchain = \"mine\"\narchitecture = { kind = \"cnn\", layers = 1 }\n";
    const MINE: &str = "[[chains.mine.steps]]\ntransform = \"room\"\nprobability = 0.5\n";

    #[test]
    fn a_recipe_draws_from_the_chain_that_it_names_and_others_from_the_experiments() {
        let rnn = "[[recipes]]\narchitecture = { kind = \"rnn\" }\n";
        let experiment = experiment(&format!("{MINE}{CNN}{rnn}")).unwrap();
        let steps = |i: usize| experiment.chain_of(&experiment.recipes[i]).steps.len();
        assert_eq!((steps(0), steps(1)), (1, Chain::paper().steps.len()));
        let titles: Vec<Vec<&str>> = (experiment.chains_drawn_from().into_iter())
            .map(|(_, titles)| titles)
            .collect();
        assert_eq!(titles, [["rnn"], ["own"]]);
    }

    #[test]
    fn a_built_in_chain_that_a_recipe_names_is_written_down() {
        let mut built_in = experiment(&CNN.replace("mine", "robust")).unwrap();
        assert!(built_in.chains.is_empty());
        built_in.settle_chains();
        assert_eq!(
            Chain::built_in("robust").as_ref(),
            built_in.chains.get("robust")
        );
        built_in.check().unwrap();
    }

    #[test]
    fn what_names_no_chain_and_what_no_recipe_draws_from_is_refused() {
        for (text, said) in [
            (
                CNN.to_owned(),
                "there is no chain \"mine\"; chains are paper, robust",
            ),
            (
                format!("{MINE}[[recipes]]\narchitecture = {{ kind = \"cnn\" }}\n"),
                "chains.mine has no effect",
            ),
            (
                format!(
                    "{MINE}{CNN}[[augmentation.steps]]\ntransform = \"room\"\nprobability = 0.5\n"
                ),
                "augmentation (--chain) has no effect",
            ),
            (
                format!("{}{CNN}", MINE.replace("0.5", "0.0")),
                "chains.mine: it has no step",
            ),
        ] {
            let error = experiment(&text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        let without = format!("trainings = [\"without:tempo\"]\n{MINE}{CNN}");
        let error =
            Experiment::from_toml(&format!("name = \"e\"\n{without}[corpus]\npath = \"c\"\n"));
        let error = error.unwrap_err();
        assert!(error.contains("no tempo in chains.mine"), "{error}");
    }
}
