//! Rooms: image sources, walls, air, and the head that hears.

pub mod bands;
pub mod head;
pub mod material;
pub mod render;
pub mod reverberation;
pub mod shoebox;
