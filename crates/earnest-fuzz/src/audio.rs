//! Audio files.

use crate::whole::Folder;

/// Any bytes as an audio file. What is read is whole.
pub fn audio(bytes: &[u8]) {
    let folder = Folder::default();
    let path = folder.write("a.wav", bytes);
    if let Ok(recording) = earnest_audio::decode(&path) {
        let length = recording.channels.first().map_or(0, Vec::len);
        assert!(recording.channels.iter().all(|c| c.len() == length));
        assert!(recording.channels.iter().flatten().all(|x| x.is_finite()));
    }
}

/// Any bytes as what a program brings on standard input: raw samples, or a WAV whose end nobody knows. Cut anywhere, the same samples.
pub fn stream(bytes: &[u8]) {
    use earnest_live::{Beginning, FrameReader, RawFormat, beginning};
    let (format, from) = match beginning(bytes) {
        Err(_) => return,
        Ok(Beginning::Wav { format, header }) => (format, header),
        Ok(Beginning::Raw | Beginning::Unknown) => (RawFormat::default(), 0),
    };
    let mut whole = Vec::new();
    FrameReader::default().read(format, &bytes[from..], &mut whole);
    assert!(whole.len().is_multiple_of(format.channels));
    let (mut reader, mut parts) = (FrameReader::default(), Vec::new());
    for part in bytes[from..].chunks(7) {
        reader.read(format, part, &mut parts);
    }
    assert!(
        whole
            .iter()
            .map(|x| x.to_bits())
            .eq(parts.iter().map(|x| x.to_bits()))
    );
}

/// Any bytes as the body of a request: what is heard of them is what is heard of a file that holds them.
pub fn body(bytes: &[u8]) {
    let folder = Folder::default();
    let path = folder.write("a.wav", bytes);
    let heard = |of_file: bool| {
        let mut all: Vec<Vec<f32>> = Vec::new();
        let block = |planes: &[&[f32]], _: u32| {
            all.resize_with(all.len().max(planes.len()), Vec::new);
            for (channel, plane) in all.iter_mut().zip(planes) {
                channel.extend_from_slice(plane);
            }
            std::ops::ControlFlow::Continue(())
        };
        let decoded = match of_file {
            true => earnest_audio::decode_blocks(&path, None, block),
            false => earnest_audio::decode_blocks_of_bytes(&path, bytes.to_vec(), block),
        };
        decoded.map(|()| all).map_err(|e| e.to_string())
    };
    assert_eq!(heard(true), heard(false));
}
