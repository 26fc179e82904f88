//! Complex numbers whose parts are lanes.

use std::ops::{Add, Sub};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Complex<T> {
    pub re: T,
    pub im: T,
}

impl<T: Copy + Add<Output = T> + Sub<Output = T>> Complex<T> {
    #[inline(always)]
    pub fn plus(self, o: Self) -> Self {
        Self {
            re: self.re + o.re,
            im: self.im + o.im,
        }
    }

    #[inline(always)]
    pub fn minus(self, o: Self) -> Self {
        Self {
            re: self.re - o.re,
            im: self.im - o.im,
        }
    }

    /// self + i o
    #[inline(always)]
    pub fn plus_turned(self, o: Self) -> Self {
        Self {
            re: self.re - o.im,
            im: self.im + o.re,
        }
    }

    /// self - i o
    #[inline(always)]
    pub fn minus_turned(self, o: Self) -> Self {
        Self {
            re: self.re + o.im,
            im: self.im - o.re,
        }
    }
}
