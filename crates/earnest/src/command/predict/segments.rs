//! `earnest predict --segments`: what is said where in a file.

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use earnest_files::path_cell;
use earnest_live::{InFile, Scribe};
use earnest_model::Channels;
use earnest_recogniser::{
    Heard, Recogniser, RecogniserError, Segment, SegmentStream, SpeechSettings,
};
use rayon::prelude::*;

use crate::failure::Failure;

/// How segments are found and answered.
pub struct How<'a> {
    pub recogniser: &'a Recogniser,
    pub channels: Channels,
    pub settings: SpeechSettings,
}

impl How<'_> {
    fn stream(&self, rate: u32, channels: usize) -> Result<SegmentStream, RecogniserError> {
        let settings = &self.settings;
        (self.recogniser).segments(rate, channels, self.channels, settings, None)
    }

    /// The segments of a file, which cover all of it.
    fn of(&self, file: &Path) -> Result<Vec<Segment>, String> {
        let mut segments = Vec::new();
        let mut stream: Option<SegmentStream> = None;
        let mut failed: Option<RecogniserError> = None;
        let mut frames = Vec::new();
        let mut keep = |heard: Heard| {
            if let Heard::Segment(segment) = heard {
                segments.push(segment);
            }
        };
        earnest_audio::decode_blocks(file, None, |planes, rate| {
            earnest_audio::interleave(planes, &mut frames);
            let pushed = match &mut stream {
                Some(stream) => stream.push(&frames, &mut keep),
                none => self
                    .stream(rate, planes.len())
                    .and_then(|new| none.insert(new).push(&frames, &mut keep)),
            };
            match pushed {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })
        .map_err(|e| e.to_string())?;
        let ended = match (failed, stream) {
            (Some(error), _) => Err(error),
            (None, Some(mut stream)) => stream.finish(&mut keep),
            (None, None) => Ok(()),
        };
        ended.map_err(|e| format!("{}: {e}", file.display()))?;
        Ok(segments)
    }
}

/// Prints the segments of files, a row or an object for each; gives what could not be heard, and why.
pub fn print(
    how: &How<'_>,
    scribe: &Scribe,
    files: &[PathBuf],
    as_json: bool,
) -> Result<Vec<String>, Failure> {
    // A model that cannot be given a stream is one error and not one a file.
    drop(how.stream(earnest_audio::SAMPLE_RATE, 1)?);
    let mut table = csv::Writer::from_writer(crate::say::Out::new());
    if !as_json {
        let columns = scribe.columns();
        let header = std::iter::once("file").chain(columns.iter().map(Cow::as_ref));
        table.write_record(header)?;
    }
    let mut bad = Vec::new();
    // As many at a time as there are threads, so that what is heard first is printed first.
    for files in files.chunks(rayon::current_num_threads().max(1) * 4) {
        let heard: Vec<_> = files.par_iter().map(|file| how.of(file)).collect();
        for (file, segments) in files.iter().zip(heard) {
            let segments = match segments {
                Ok(segments) => segments,
                Err(why) => {
                    bad.push(why);
                    continue;
                }
            };
            let name = file.to_string_lossy();
            for segment in &segments {
                if as_json {
                    let record = scribe.segment(segment);
                    let line = InFile {
                        file: &name,
                        record,
                    };
                    crate::say::data(&serde_json::to_string(&line)?);
                    continue;
                }
                let mut row = vec![path_cell(&name).into_owned()];
                row.extend(scribe.cells(segment));
                table.write_record(&row)?;
            }
        }
        table.flush()?;
    }
    Ok(bad)
}
