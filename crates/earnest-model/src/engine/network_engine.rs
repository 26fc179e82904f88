//! A trained network as an engine.

use earnest_random::Key;

use super::{Architecture, Engine, Network};
use crate::tensors::{Loaded, TensorView, Values};

/// Answers with a network.
#[derive(Clone, Debug)]
pub(crate) struct NetworkEngine {
    pub network: Box<dyn Network<f32>>,
}

impl NetworkEngine {
    /// The network of a file. None is made that the file cannot fill.
    ///
    /// # Errors
    /// A sentence: tensors that are missing, too many, of another shape or impossible.
    pub fn restore(
        architecture: &Architecture,
        (inputs, outputs): (usize, usize),
        loaded: &mut Loaded,
    ) -> Result<Self, String> {
        let (needed, found) = (architecture.weights(inputs, outputs), loaded.count());
        if needed > found {
            return Err(format!(
                "its tensors have {found} values, the {} of model.json has {needed}",
                architecture.name()
            ));
        }
        let Some(mut network) = architecture.build(inputs, outputs, &Key::new(0)) else {
            return Err(format!("{} is no network", architecture.name()));
        };
        for param in network.tensors_mut() {
            param.value = loaded.take(&param.name, &param.shape)?;
        }
        network.check()?;
        Ok(Self { network })
    }
}

impl Engine for NetworkEngine {
    fn predict(&self, sequences: &[&[f32]]) -> Vec<f32> {
        self.network.predict(sequences)
    }

    fn predict_long(&self, sequence: &[f32]) -> Vec<f32> {
        self.network.predict_long(sequence)
    }

    fn bytes_per_frame(&self) -> usize {
        self.network.bytes_per_frame()
    }

    fn tensors(&self) -> Vec<TensorView<'_>> {
        let view = |param| {
            let crate::param::Param {
                name, shape, value, ..
            }: &crate::param::Param<f32> = param;
            TensorView::new(name, shape.clone(), Values::F32(value))
        };
        self.network.tensors().into_iter().map(view).collect()
    }

    fn boxed_clone(&self) -> Box<dyn Engine> {
        Box::new(self.clone())
    }
}
