//! Files to begin with: small ones of the repository's tests, what the documentation shows, and
//! what once did harm.

use std::path::{Path, PathBuf};

use earnest_model::Recipe;
use parquet::basic::Compression;

use crate::Target;
use crate::descriptions::log;
use crate::feature_tables::parquet;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files of a folder of the repository with one of some endings, the small ones.
fn files(folder: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    const SMALL: usize = 60_000;
    let mut paths: Vec<PathBuf> = std::fs::read_dir(repository().join(folder))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|p| {
            let end = p.extension().and_then(|e| e.to_str()).unwrap_or_default();
            endings.contains(&end)
        })
        .collect();
    paths.sort();
    let read = |p: &PathBuf| std::fs::read(p).ok().filter(|b| b.len() < SMALL);
    paths.iter().filter_map(read).collect()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|t| t.as_bytes().to_vec()).collect()
}

/// A whole file with an edit in one of some places, for targets that break one file of several.
fn edits(files: u8) -> Vec<Vec<u8>> {
    let places: [[u8; 2]; 4] = [[0, 32], [0, 128], [1, 64], [4, 0]];
    (0..files)
        .flat_map(|file| places.map(|[high, low]| vec![file, 1, high, low, 2, b'9']))
        .collect()
}

/// Every file that once did harm to a target, with its name: `crashers/TARGET/`.
#[must_use]
pub fn crashers(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("crashers")
        .join(target.name);
    let mut all: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let bytes = std::fs::read(&path).ok()?;
            Some((path, bytes))
        })
        .collect();
    all.sort();
    all
}

/// Files that a target reads, or nearly.
#[must_use]
pub fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut seeds = match target.name {
        "audio" | "stream" | "body" => {
            let mut seeds = files(
                "crates/earnest-audio/tests/audio",
                &["wav", "aiff", "flac", "ogg", "mp3"],
            );
            seeds.extend(files("crates/earnest-features/tests/reference", &["flac"]));
            seeds.retain(|s| s.len() < 30_000);
            seeds
        }
        "mat" => files("crates/earnest-corpus/tests/rooms", &["mat"]),
        "sofa" => files("crates/earnest-corpus/tests/sofa", &["sofa"]),
        "manifest" => texts(&[
            "\0path,speaker,emotion\na.wav,s1,angry\n",
            "\x01file\tspeaker\tsession\temotion\tarousal\tvalence\tstart\tend\na.wav\ts1\t1\thappy\t3.5\t2\t0.0\t0.05\n",
            "\x02{\"path\": \"a.wav\", \"speaker\": \"s1\", \"emotion\": \"sad\", \"arousal\": 3.5}\n",
            "\0file,start,end,speaker,emotion\na.wav,0 days 00:00:00,0 days 00:00:00.050000,s1,sad\na.wav,0 days,NaT,s1,sad\n",
        ]),
        "iemocap" => texts(&[
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n[0.0000 - 0.1000]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\nC-E2:\tNeutral;\t()\nC-E4:\tNeutral;\t()\nC-F1:\tNeutral;\t(curious)\nA-E3:\tval 3; act 2; dom  2;\t()\nA-E4:\tval 2; act 3; dom  3;\t(mildly aggravated)\n",
        ]),
        "nemo" => texts(&[
            "file_id\taudio\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage\nEB0_anger_1\tEB0_anger_1.wav\tanger\tA.\ta\tEB0\tfemale\t20\n",
        ]),
        "file_names" => texts(&[
            "emodb\nwav/03a01Fa.wav\nwav/08b02Wb.wav\n",
            "RAVDESS\nActor_01/03-01-06-01-02-01-01.wav\nActor_02/03-01-03-01-01-01-02.wav\n",
            "CREMA-D\nAudioWAV/1001_DFA_ANG_XX.wav\n",
            "TESS\nOAF_angry/OAF_back_angry.wav\nYAF_sad/YAF_bar_sad.wav\n",
            "SAVEE\nAudioData/DC/a01.wav\nDC_sa01.wav\n",
            "URDU\nAngry/SM1_F10_A010.wav\n",
            "nEMO\nsamples/EB0_anger_1.wav\n",
            "EmoTale\nDK_001_A_1.wav\nEN_001_S_2.wav\n",
            "ESD\n0001/Angry/0001_000351.wav\n0011/Sad/train/0011_001051.wav\n",
            "EMOVO\nf1/dis-f1-b1.wav\nm3/gio-m3-n5.wav\n",
            "MELD\ntrain_splits/dia0_utt0.wav\ntrain_sent_emo.csv\n",
        ]),
        "emotale" => texts(&[
            "file,a1_A,a1_V,a1_D,a1_cat,a2_A,a2_V,a2_D,a2_cat,gt_emotion\nDK_001_A_1.wav,4.0,1.5,4.5,A,4.0,2.5,5.0,A,A\nDK_001_B_1.wav,2.0,2.5,2.0,B,1.5,2.0,1.0,N,B\n",
        ]),
        "meld" => texts(&[
            "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n1,\"a, b\",Ross,joy,positive,0,0,8,21,\"00:16:16,059\",\"00:16:21,731\"\n2,c,Ross,anger,negative,0,1,8,21,x,y\n",
        ]),
        "msp_podcast" => texts(&[
            "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\nMSP-PODCAST_0001_0001.wav,A,5.4,2.8,5.2,2865,Male,Train\nMSP-PODCAST_0001_0002.wav,X,4,4,4,Unknown,Unknown,Test1\n",
        ]),
        "audformat" => texts(&[
            "name: x\nraters:\n  gold: {type: vote}\nschemes:\n  emotion: {dtype: str, labels: &id001 [anger, joy]}\n  other: {labels: *id001}\n  speaker: {dtype: str, labels: speaker}\ntables:\n  emotion:\n    type: filewise\n    columns:\n      emotion: {scheme_id: emotion, rater_id: gold}\n      arousal: {}\n  segments:\n    type: segmented\n    columns:\n      emotion: {scheme_id: emotion, rater_id: gold}\n  files:\n    type: filewise\n    columns:\n      speaker: {scheme_id: speaker}\nmisc_tables:\n  speaker:\n    levels: {speaker: str}\n    columns:\n      gender: {}\n\nfile,emotion,arousal\na.wav,anger,3.5\n\nfile,start,end,emotion\na.wav,0 days 00:00:00,0 days 00:00:00.050000,joy\na.wav,0 days,NaT,joy\n\nfile,speaker\na.wav,s1\n\nspeaker,gender\ns1,female\n",
            "schemes:\n  speaker:\n    dtype: str\n    labels:\n      s1: {gender: female, age: 31}\ntables:\n  emotion:\n    type: filewise\n    columns:\n      emotion: {}\n      speaker: {}\n\nfile,emotion,speaker\na.wav,anger,s1\n",
            "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: {e: [{f: 'g'}, \"h\", |\n  i\n]}\n",
        ]),
        "kaldi" => texts(&[
            "r1 a.wav\nr2 sph2pipe -f wav -p b.sph |\nr3 x.ark:24\n\nu1 s1\nu2 s2\n\nu1 neu\nu2 ang\n\nu1 r1 0.0 0.05\nu2 r1 0.05 0.1\n\ns1 f\ns2 m\n",
            "u1 a.wav\n\nu1 u1\n\nu1 sad\n",
        ]),
        "emobox" => texts(&[
            "{\"key\": \"iemocap-Ses01F_impro01_F000\", \"dataset\": \"iemocap\", \"wav\": \"downloads/iemocap/a.wav\"}\n\n{\"key\": \"Ses02F_impro01_F000\"}\n",
        ]),
        "esc50" => texts(&[
            "filename,fold,target,category,esc10,src_file,take\na.wav,1,0,dog,False,100032,A\n",
        ]),
        "urbansound8k" => texts(&[
            "slice_file_name,fsID,start,end,salience,fold,classID,class\na.wav,100032,0.0,0.3,1,1,3,dog_bark\n",
        ]),
        "freesound" => texts(&[
            "file,id,name,author,licence,tags,duration_s,url,found_by\na.wav,1,n,m,http://x/by/4.0/,a b,0.1,https://freesound.org/s/1/,a\n",
        ]),
        "freesound_answer" => texts(&[
            "{\"count\":1,\"next\":\"https://freesound.org/apiv2/search/text/?page=2\",\"results\":[{\"id\":1,\"name\":\"n\",\"username\":\"m\",\"license\":\"http://creativecommons.org/licenses/by/4.0/\",\"tags\":[\"a\"],\"duration\":1.5,\"url\":\"https://freesound.org/s/1/\",\"previews\":{\"preview-hq-ogg\":\"https://freesound.org/p.ogg\"}}]}",
        ]),
        "chain" => {
            let mut seeds = files("chains", &["toml"]);
            seeds.extend(files("crates/earnest-augment/examples", &["toml"]));
            seeds
        }
        "replay" => {
            let mut seeds = vec![[&[0], log()].concat()];
            seeds.extend(edits(2));
            seeds
        }
        "lab" => files("crates/earnest-scene/src/lab", &["toml"]),
        "experiment" => files("experiments", &["toml"]),
        "recipe" => {
            let mut seeds: Vec<Vec<u8>> = Recipe::BUILT_IN
                .iter()
                .filter_map(|name| toml::to_string(&Recipe::built_in(name)?).ok())
                .map(String::into_bytes)
                .collect();
            seeds.extend(texts(&[
                "name = \"mine\"\narchitecture = { kind = \"crnn\" }\nfeatures = { name = \"logmel\", bands = 40, pcen = { gain = 0.9 } }\n",
                "architecture = { kind = \"cnn\", pooling = \"statistics\" }\nnormalise = \"segment\"\nclip = 4.0\nweight_decay = 0.01\nschedule = \"cosine\"\nwarmup_epochs = 2\naverage = 0.98\nlabel_smoothing = 0.1\nclass_weights = \"balanced\"\nmask_frames = { count = 2, widest = 20 }\nmixup = 0.4\n",
            ]));
            seeds
        }
        "feature_table" => {
            let mut seeds = texts(&["\0id,a,b\nu1,1,2.5\nu1,2,-3e-1\nu2,4,5\n"]);
            seeds.extend([Compression::UNCOMPRESSED, Compression::SNAPPY].map(|how| {
                let mut seed = vec![1];
                seed.extend(parquet(how));
                seed
            }));
            seeds
        }
        "scene" => texts(&[
            "format = 1\nrobot = \"icub\"\nseed = 3\n",
            "{\"id\":\"a\",\"path\":\"a.wav\",\"drawn\":{}}\n",
        ]),
        "playlist" => {
            texts(&["id,path,start,length\n,,0,9600\na,b/a.wav,9600,700\n,,12000,9600\n"])
        }
        "model" => edits(2),
        "finished_run" => edits(5),
        _ => Vec::new(),
    };
    seeds.extend(crashers(target).into_iter().map(|(_, bytes)| bytes));
    seeds
}
