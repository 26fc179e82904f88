//! Gathering noises from Freesound, against a server on this machine that speaks its documented
//! API and goes wrong in all the ways that servers do.
#![allow(clippy::unwrap_used, clippy::panic)]

mod server;

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use earnest_audio::{SampleFormat, write_wav};
use earnest_corpus::Collection;
use earnest_corpus::freesound::{
    FreesoundError, GatherSettings, MANIFEST, Pace, Progress, Summary, Tags, download,
};
use earnest_signal::Waveform;
use server::{Clip, Fault, Server};

/// A second of sound, as bytes of a file.
fn audio() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    let samples = (0..16_000).map(|i| (i as f32 * 0.1).sin() * 0.3).collect();
    write_wav(&path, &Waveform::at_16k(samples), SampleFormat::Int16).unwrap();
    std::fs::read(path).unwrap()
}

fn settings(server: &Server) -> GatherSettings {
    GatherSettings {
        api: server.api(),
        tags: Tags::from_toml("wanted = [\"crash\", \"siren\"]\nunwanted = [\"voice\", \"sfx\"]")
            .unwrap(),
        pace: Pace {
            between: Duration::ZERO,
            retry: Duration::from_millis(1),
            throttled: Duration::from_millis(1),
            patience: Duration::from_secs(5),
            tries: 4,
            timeout: Duration::from_secs(5),
        },
        ..GatherSettings::new("secret".into())
    }
}

fn gather(server: &Server, folder: &Path) -> Result<Summary, FreesoundError> {
    download(&settings(server), folder, &|_| ())
}

fn clips(n: u64) -> Vec<Clip> {
    (1..=n)
        .map(|i| {
            Clip::new(
                i,
                if i % 3 == 0 {
                    &["siren", "city"]
                } else {
                    &["crash"]
                },
            )
        })
        .collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n != MANIFEST)
        .collect();
    names.sort();
    names
}

#[test]
fn all_pages_of_all_tags_come_in_with_licence_author_and_tags_and_open_as_a_collection() {
    let server = Server::start(clips(20), 5, audio());
    let dir = tempfile::tempdir().unwrap();
    let summary = gather(&server, dir.path()).unwrap();
    assert_eq!((summary.downloaded, summary.left_out.len()), (20, 0));
    assert_eq!(files(dir.path()).len(), 20);
    let table = std::fs::read_to_string(dir.path().join(MANIFEST)).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(
        lines[0],
        "file,id,name,author,licence,tags,duration_s,url,found_by"
    );
    assert_eq!(
        lines[1],
        "1.ogg,1,\"clip \"\"1\"\", loud\",someone,http://creativecommons.org/publicdomain/zero/1.0/,crash,2.0,https://freesound.org/s/1/,crash"
    );
    let collection = Collection::open(dir.path()).unwrap();
    assert_eq!(
        (collection.layout, collection.clips.len()),
        ("Freesound", 20)
    );
    assert_eq!(collection.clips[0].source, "freesound:1");
    // The token goes to the API and nowhere else; results come by the page.
    for request in server.requests() {
        let search = request.path == "/apiv2/search/";
        assert_eq!(request.token.is_some(), search, "{request:?}");
        if search {
            assert_eq!(request.query["page_size"], "150");
            assert!(request.query["fields"].contains("license"));
            assert!(request.query["filter"].contains("duration:[0.5 TO 30]"));
        }
    }
}

#[test]
fn unwanted_tags_missing_licences_and_wrong_lengths_are_refused_by_name() {
    let mut list = clips(4);
    list.push(Clip::new(50, &["crash", "male-voice"]));
    list.push(Clip {
        license: None,
        ..Clip::new(51, &["crash"])
    });
    list.push(Clip {
        license: Some(""),
        ..Clip::new(52, &["siren", "crash"])
    });
    list.push(Clip {
        duration: 500.0,
        ..Clip::new(53, &["siren"])
    });
    let server = Server::start(list, 100, audio());
    let dir = tempfile::tempdir().unwrap();
    let summary = gather(&server, dir.path()).unwrap();
    assert_eq!(summary.downloaded, 4);
    let why: Vec<String> = summary.left_out.iter().map(ToString::to_string).collect();
    for (id, words) in [
        ("50", "unwanted tag male-voice"),
        ("51", "no licence"),
        ("52", "no licence"),
        ("53", "0.5 .. 30 s"),
    ] {
        let found = why.iter().filter(|w| w.starts_with(id)).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{why:?}");
        assert!(found[0].contains(words), "{}", found[0]);
    }
    // What is refused is not even downloaded.
    let asked = server.requests();
    assert!(asked.iter().any(|r| r.path.contains("/previews/")));
    assert!(asked.iter().all(|r| !r.path.contains("/previews/5")));
}

#[test]
fn a_limit_of_clips_for_each_tag_holds_over_calls() {
    let server = Server::start(clips(30), 4, audio());
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings(&server);
    settings.per_tag = 3;
    let first = download(&settings, dir.path(), &|_| ()).unwrap();
    assert_eq!(first.downloaded, 6);
    let again = download(&settings, dir.path(), &|_| ()).unwrap();
    assert_eq!((again.downloaded, again.from_before), (0, 6));
    settings.per_tag = 5;
    let more = download(&settings, dir.path(), &|_| ()).unwrap();
    assert_eq!((more.downloaded, more.from_before), (4, 6));
}

#[test]
fn one_fault_of_any_kind_is_waited_out_and_nothing_is_lost_or_doubled() {
    let faults = [
        Fault::Status(429, "{\"detail\": \"Request was throttled.\"}", None),
        Fault::Status(429, "{\"detail\": \"Request was throttled.\"}", Some("0")),
        Fault::Status(500, "<html>oops</html>", None),
        Fault::Status(502, "", None),
        Fault::Cut,
        Fault::Closed,
        Fault::Nonsense("<html>maintenance</html>"),
        Fault::Nonsense("{\"count\": 3}"),
        Fault::Nonsense("{\"next\": null, \"results\": [{\"id\": \"seven\"}]}"),
        Fault::Nonsense(""),
    ];
    for fault in faults {
        let server = Server::start(clips(7), 3, audio());
        server.fault("/search/", fault.clone());
        let dir = tempfile::tempdir().unwrap();
        let waits = RefCell::new(Vec::new());
        let watch = |p: Progress<'_>| {
            if let Progress::Waiting { why, .. } = p {
                waits.borrow_mut().push(why.to_owned());
            }
        };
        let summary = download(&settings(&server), dir.path(), &watch).unwrap();
        assert_eq!(summary.downloaded, 7, "{fault:?}");
        assert_eq!(waits.borrow().len(), 1, "{fault:?}: {:?}", waits.borrow());
        assert_eq!(Collection::open(dir.path()).unwrap().clips.len(), 7);
    }
    // The same on the way to a preview.
    for fault in [
        Fault::Status(429, "", Some("0")),
        Fault::Status(503, "", None),
        Fault::Cut,
        Fault::Closed,
    ] {
        let server = Server::start(clips(7), 3, audio());
        server.fault("/previews/4.ogg", fault.clone());
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            gather(&server, dir.path()).unwrap().downloaded,
            7,
            "{fault:?}"
        );
        let clips = files(dir.path());
        assert_eq!(clips.len(), 7);
        assert!(clips.iter().all(|f| f.ends_with(".ogg")), "{clips:?}");
    }
}

#[test]
fn a_server_that_stays_wrong_ends_it_with_what_was_asked_and_the_next_call_goes_on() {
    for (fault, words) in [
        (Fault::Status(500, "", None), "500"),
        (Fault::Cut, "cut"),
        (Fault::Closed, "no answer"),
        (Fault::Nonsense("[1, 2]"), "not what the API documents"),
    ] {
        let server = Server::start(clips(8), 3, audio());
        let dir = tempfile::tempdir().unwrap();
        // The first page comes in, the second never does.
        let mut first = settings(&server);
        first.per_tag = 3;
        assert_eq!(download(&first, dir.path(), &|_| ()).unwrap().downloaded, 5);
        for _ in 0..4 {
            server.fault("/search/", fault.clone());
        }
        let error = gather(&server, dir.path()).unwrap_err().to_string();
        assert!(
            error.contains("page 1 of the search for crash") && error.contains(words),
            "{error}"
        );
        let summary = gather(&server, dir.path()).unwrap();
        assert_eq!((summary.downloaded, summary.from_before), (3, 5));
    }
}

#[test]
fn a_wrong_token_and_the_limit_of_a_day_end_it_at_once() {
    let server = Server::start(clips(8), 3, audio());
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = settings(&server);
    wrong.token = "guess".into();
    let error = download(&wrong, dir.path(), &|_| ()).unwrap_err();
    assert!(matches!(error, FreesoundError::Token(_)), "{error}");
    assert!(error.to_string().contains("Invalid token"), "{error}");
    assert_eq!(server.requests().len(), 1);
    let used_up = "{\"detail\": \"Request was throttled because of exceeding a request limit rate (2000/day)\"}";
    for fault in [
        Fault::Status(429, used_up, None),
        Fault::Status(429, "{}", Some("86400")),
    ] {
        server.fault("/search/", fault);
        let error = gather(&server, dir.path()).unwrap_err();
        assert!(matches!(error, FreesoundError::Limit(_)), "{error}");
    }
}

#[test]
fn a_preview_that_is_gone_or_no_sound_is_left_out_and_the_rest_comes() {
    let server = Server::start(clips(6), 10, audio());
    server.fault("/previews/2.ogg", Fault::Status(404, "", None));
    server.fault("/previews/4.ogg", Fault::Nonsense("this is no sound"));
    for _ in 0..4 {
        server.fault("/previews/5.ogg", Fault::Status(403, "", None));
    }
    let dir = tempfile::tempdir().unwrap();
    let summary = gather(&server, dir.path()).unwrap();
    assert_eq!(summary.downloaded, 3);
    let why: Vec<String> = summary.left_out.iter().map(ToString::to_string).collect();
    assert!(
        why[0].starts_with("2 ") && why[0].contains("gone"),
        "{why:?}"
    );
    assert!(
        why[1].starts_with("4 ") && why[1].contains("cannot be used"),
        "{why:?}"
    );
    assert!(
        why[2].starts_with("5 ") && why[2].contains("403"),
        "{why:?}"
    );
    assert_eq!(files(dir.path()), ["1.ogg", "3.ogg", "6.ogg"]);
    // They may be back another time.
    assert_eq!(gather(&server, dir.path()).unwrap().downloaded, 3);
}

#[test]
fn a_stop_in_the_middle_of_a_line_or_a_lost_file_is_mended_by_the_next_call() {
    let server = Server::start(clips(6), 10, audio());
    let dir = tempfile::tempdir().unwrap();
    gather(&server, dir.path()).unwrap();
    let manifest = dir.path().join(MANIFEST);
    let whole = std::fs::read_to_string(&manifest).unwrap();
    let mut halved = whole.trim_end().to_owned();
    halved.truncate(halved.len() - 30);
    std::fs::write(&manifest, halved).unwrap();
    std::fs::remove_file(dir.path().join("2.ogg")).unwrap();
    let summary = gather(&server, dir.path()).unwrap();
    assert_eq!((summary.downloaded, summary.from_before), (2, 4));
    assert_eq!(Collection::open(dir.path()).unwrap().clips.len(), 6);
    assert_eq!(files(dir.path()).len(), 6);
    std::fs::write(&manifest, "file,id\nx.ogg,seven\n").unwrap();
    let error = gather(&server, dir.path()).unwrap_err().to_string();
    assert!(error.contains("freesound.csv:2"), "{error}");
}
