//! F0: the spectrum on an octave axis, sub-harmonic summation, a Viterbi search over
//! candidates, docs/descriptors.md, section 7.

pub(crate) mod octave;
pub(crate) mod shs;
pub(crate) mod viterbi;

/// F0 candidates kept in each frame.
pub(crate) const CANDIDATES: usize = 6;

/// One F0 candidate: frequency in Hz (0 = none) and voicing 0 .. 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Candidate {
    pub frequency: f32,
    pub voicing: f32,
}
