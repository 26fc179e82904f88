//! The model that is built in, so that there is an answer before anything was trained.
//!
//! `models/starter/` has its files, its card, and the script that makes it again.

use std::path::Path;

use earnest_model::Model;

use crate::error::RecogniserError;
use crate::recogniser::Recogniser;

const DESCRIPTION: &[u8] = include_bytes!("../models/starter/model.json");
const WEIGHTS: &[u8] = include_bytes!("../models/starter/model.safetensors");

impl Recogniser {
    /// The card of [`Recogniser::starter`]: what it was trained on, and how well it does on speakers
    /// that it never heard.
    pub const STARTER_CARD: &'static str = include_str!("../models/starter/README.md");

    /// The model that is built in: the recipe `robust` with the paper's classes, trained on the acted German speech
    /// of EmoDB with synthetic noises and rooms. It is there to begin with; a model of one's own
    /// speech and robot is better.
    ///
    /// # Errors
    /// Never in practice: its files are compiled in, and a test reads them.
    pub fn starter() -> Result<Self, RecogniserError> {
        let name = Path::new("the built-in starter");
        Ok(Self::of(Model::from_bytes(name, DESCRIPTION, WEIGHTS)?))
    }
}
