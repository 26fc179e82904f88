//! A sound server of one's own: PulseAudio with a null sink and its monitor, started here by hand. Needs the programs `pulseaudio` and
//! ALSA's plug-in for it (Debian: pulseaudio, libasound2-plugins).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A sound server of our own in a folder, and the devices of an imagined robot on it.
pub struct Server {
    home: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// `None`, and a word about it, if it cannot be had here. `list` are the arguments with which Earnest lists devices.
    pub fn start(home: &Path, list: &[&str]) -> Option<Self> {
        let asoundrc = "pcm.robot_speaker { type pulse; device robot; hint { show on; description \"speaker\" } }\n\
            pcm.robot_ears { type pulse; device robot.monitor; hint { show on; description \"ears\" } }\n";
        fs::write(home.join(".asoundrc"), asoundrc).unwrap();
        fs::create_dir_all(home.join("run")).unwrap();
        let mut server = Self {
            home: home.to_owned(),
            child: None,
        };
        if !server.restart() {
            eprintln!(
                "SKIPPED: PulseAudio cannot be started here (apt-get install pulseaudio libasound2-plugins)"
            );
            return None;
        }
        let list = server.earnest(list);
        if !String::from_utf8_lossy(&list.stdout).contains("robot_ears") {
            eprintln!(
                "SKIPPED: ALSA does not see PulseAudio's devices (apt-get install libasound2-plugins)"
            );
            return None;
        }
        Some(server)
    }

    /// Starts it, or starts it again.
    pub fn restart(&mut self) -> bool {
        let child = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args([
                "-L",
                "module-null-sink sink_name=robot rate=48000 channels=2",
            ])
            .args(["-L", "module-native-protocol-unix"])
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", self.home.join("run"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else { return false };
        self.child = Some(child);
        let socket = self.home.join("run/pulse/native");
        let start = Instant::now();
        while !socket.exists() && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(300));
        socket.exists()
    }

    /// Ends it at once.
    #[allow(dead_code)]
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_file(self.home.join("run/pulse/native"));
    }

    /// Earnest, with these devices.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_earnest"));
        command
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("XDG_RUNTIME_DIR", self.home.join("run"))
            .args(arguments);
        command
    }

    /// Runs it.
    pub fn earnest(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
