//! MFCC 1 .. 13, liftered: docs/descriptors.md, section 5.

use crate::lanes::F32s;
use crate::logarithm::ln_f32;
use crate::mel::BANDS;

pub(crate) const COEFFICIENTS: usize = 13;

pub(crate) struct Mfcc {
    /// Cosine table times normalisation and lifter.
    cosines: [[f32; BANDS]; COEFFICIENTS],
    lifter: [f32; COEFFICIENTS],
}

impl Mfcc {
    pub fn new() -> Self {
        use std::f64::consts::PI;
        let mut cosines = [[0.0; BANDS]; COEFFICIENTS];
        let mut lifter = [0.0; COEFFICIENTS];
        for (c, (row, lift)) in cosines.iter_mut().zip(&mut lifter).enumerate() {
            let i = (c + 1) as f64;
            for (b, cell) in row.iter_mut().enumerate() {
                *cell = (PI * i * (b as f64 + 0.5) / BANDS as f64).cos() as f32;
            }
            // Two factors, each rounded, as the original has them.
            let normalisation = (2.0 / BANDS as f64).sqrt() as f32;
            *lift = normalisation * (1.0 + 11.0 * (PI * i / 22.0).sin()) as f32;
        }
        Self { cosines, lifter }
    }

    /// From unscaled band energies; the 16-bit scale is put on here.
    #[inline(always)]
    pub fn of(&self, bands: &[F32s; BANDS]) -> [F32s; COEFFICIENTS] {
        const SCALE: f32 = 32767.0 * 32767.0;
        let one = F32s::splat(1.0);
        let mut logs = [F32s::ZERO; BANDS];
        for (log, s) in logs.iter_mut().zip(bands) {
            *log = ln_f32((*s * SCALE).max(one));
        }
        let mut out = [F32s::ZERO; COEFFICIENTS];
        for ((c, row), lift) in out.iter_mut().zip(&self.cosines).zip(&self.lifter) {
            let mut sum = F32s::ZERO;
            for (l, cosine) in logs.iter().zip(row) {
                sum += *l * *cosine;
            }
            *c = sum * *lift;
        }
        out
    }
}
