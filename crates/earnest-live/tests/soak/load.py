"""Many who speak at once, against `earnest serve`: how late answers come, and what they cost.

    python load.py [SPEECH-FOLDER] --earnest target/release/earnest [--threads 1] [--sessions 64] [--seconds 120] [--speech 0.5]
    python load.py [SPEECH-FOLDER] --url http://127.0.0.1:8765 [--pid PID]

Each session streams its own mixture of speech files (WAV, 16 kHz, mono, 16 bits) and pauses of faint noise, in frames of 100 ms, in real time
(`--pace 1`) or faster. Without a folder the recordings of voices in this repository are spoken. Prints a table, or one object with `--json`.

Latency is from sending the frame with the last sample that an answer covers to receiving it. `speech_ended` is known only after the hang-over, so
it has another figure: the latency beyond the frame with which the hang-over is over. Segments that are cut because they are too long have no
hang-over, and are counted apart. Needs Python 3.10 and websockets; CPU and memory are read from /proc.
"""

import argparse
import array
import asyncio
import json
import math
import os
import pathlib
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

from websockets.asyncio.client import connect

RATE = 16000
FRAME = 1600
FRAME_MS = 100
HANG_OVER_MS, POST_ROLL_MS = 512, 96
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
WANTED_MS = 300
REFERENCE = pathlib.Path(__file__).resolve().parents[3] / "earnest-features/tests/reference"


# What is spoken.


def read_wav(path):
    with wave.open(str(path)) as w:
        if (w.getframerate(), w.getnchannels(), w.getsampwidth()) != (RATE, 1, 2):
            return None
        return w.readframes(w.getnframes())


def from_repository(earnest, folder):
    """Voices of the repository's own tests, decoded by soundfile, or by SoX, or by `earnest augment` (which also changes them a little)."""
    names = ["male_16000", "female_8000", "male_22050", "female_44100", "male_48000", "silence_voice_silence"]
    for name in names:
        source, target = REFERENCE / f"{name}.flac", folder / f"{name}.wav"
        try:
            import soundfile

            samples, rate = soundfile.read(source, dtype="int16")
            if rate != RATE or samples.ndim > 1:
                continue
            soundfile.write(target, samples, rate, subtype="PCM_16")
            continue
        except ImportError:
            pass
        if shutil.which("sox"):
            subprocess.run(["sox", source, "-r", str(RATE), "-c", "1", "-b", "16", target], check=True, capture_output=True)
        elif earnest:
            subprocess.run([earnest, "augment", source, target], check=True, capture_output=True)
        else:
            sys.exit("No folder of speech is given, and nothing here decodes FLAC: give a folder, or --earnest, or install SoX.")
    return folder


def speech_files(folder):
    files, left = [], 0
    for path in sorted(pathlib.Path(folder).rglob("*.wav")):
        pcm = read_wav(path)
        if pcm:
            files.append(pcm)
        else:
            left += 1
    if left:
        print(f"note: {left} files are not 16 kHz, mono, 16 bits, and are not spoken", file=sys.stderr)
    if not files:
        sys.exit(f"{folder} has no WAV of 16 kHz, mono, 16 bits.")
    return files


def noise(samples, rng):
    """Faint noise: some -80 dB below full scale."""
    return array.array("h", (int(rng.gauss(0, 3)) for _ in range(samples))).tobytes()


def mixture(files, share, seconds, rng, faint):
    """One who speaks the given share of the time: files and pauses, a pause as long as its file wants it."""
    out, length = [], 0
    wanted = 2 * RATE * int(seconds + 1)

    def pause(samples):
        nonlocal length
        while samples > 0:
            part = min(samples, len(faint) // 2)
            at = rng.randrange(len(faint) // 2 - part + 1)
            out.append(faint[2 * at : 2 * (at + part)])
            length += 2 * part
            samples -= part

    if share <= 0:
        pause(wanted // 2)
    while length < wanted:
        speech = rng.choice(files)
        out.append(speech)
        length += len(speech)
        if share < 1:
            pause(int(len(speech) / 2 * (1 - share) / share * rng.uniform(0.6, 1.4)))
    pcm = b"".join(out)[:wanted]
    # Another place: somewhere in a file or in a pause.
    at = 2 * rng.randrange(len(pcm) // 2)
    return pcm[at:] + pcm[:at]


# The clients: one process of them.


class Stream:
    def __init__(self, url, token, pcm, frames, pace, begin, timer_ms):
        self.url, self.token, self.pcm, self.frames, self.pace, self.begin = url, token, pcm, frames, pace, begin
        self.timer_ms = timer_ms
        self.sent, self.late, self.got, self.errors = [], [], [], []
        self.closed = None

    async def run(self):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else None
        try:
            async with connect(
                self.url, additional_headers=headers, compression=None, max_size=None, ping_interval=None, open_timeout=60, close_timeout=5
            ) as socket:
                first = json.loads(await socket.recv())
                if first["type"] != "session.created":
                    raise RuntimeError(f"{first.get('code')}: {first.get('message')}")
                await socket.send(json.dumps({"type": "session.update", "measurement_timer_ms": self.timer_ms}))
                await socket.recv()
                hearing = asyncio.create_task(self.hear(socket))
                try:
                    await self.speak(socket)
                    self.finished = time.monotonic()
                    await socket.send('{"type": "session.close"}')
                    await asyncio.wait_for(hearing, 120)
                finally:
                    hearing.cancel()
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    async def speak(self, socket):
        for i in range(self.frames):
            due = self.begin + (i + 1) * FRAME_MS / 1000 / self.pace
            wait = due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            at = (2 * FRAME * i) % len(self.pcm)
            frame = self.pcm[at : at + 2 * FRAME]
            if len(frame) < 2 * FRAME:
                frame += self.pcm[: 2 * FRAME - len(frame)]
            now = time.monotonic()
            self.sent.append(now)
            self.late.append(now - due)
            await socket.send(frame)

    async def hear(self, socket):
        async for text in socket:
            now = time.monotonic()
            message = json.loads(text)
            kind = message["type"]
            if kind == "measurement.result":
                self.got.append((now, message["trigger"], message["audio_start_ms"], message["audio_end_ms"]))
            elif kind == "utterance.start":
                self.got.append((now, "start", message["audio_start_ms"], 0))
            elif kind == "error":
                self.errors.append(message["code"])
            elif kind == "session.closed":
                self.closed = message
                return

    def frame_of(self, ms):
        """The frame that brings the audio up to here."""
        return math.ceil(ms / FRAME_MS) - 1

    def results(self, since, until):
        """Latencies, seconds, of what came in the window."""
        interval, ended, beyond, cut, spoken_ms, utterances, unknown = [], [], [], 0, 0, 0, 0
        starts = {start for _, kind, start, _ in self.got if kind == "start"}
        for now, trigger, start, end in self.got:
            if trigger == "start" or not since <= now <= until:
                continue
            last = self.frame_of(end)
            if trigger == "interval":
                if last < len(self.sent):
                    interval.append(now - self.sent[last])
                continue
            utterances += 1
            spoken_ms += end - start
            if end in starts:
                cut += 1
                continue
            known = self.frame_of(end - POST_ROLL_MS + HANG_OVER_MS)
            if known >= len(self.sent) or now < self.sent[known]:
                unknown += 1
                continue
            ended.append(now - self.sent[last])
            beyond.append(now - self.sent[known])
        frames = sum(since <= t <= until for t in self.sent)
        late = [late for t, late in zip(self.sent, self.late) if since <= t <= until]
        return {
            "interval": interval, "ended": ended, "beyond": beyond, "cut": cut, "unknown": unknown, "spoken_ms": spoken_ms, "utterances": utterances,
            "audio_s": frames * FRAME_MS / 1000, "late": late, "errors": self.errors, "closed": self.closed is not None,
        }


def worker():
    """A process of clients: its task comes as JSON on standard input, its results go to standard output."""
    task = json.loads(sys.stdin.readline())
    files = speech_files(task["folder"]) if task["share"] > 0 else []
    faint = noise(RATE * 20, random.Random(1))
    streams = []
    for k in task["numbers"]:
        rng = random.Random(1000 + k)
        pcm = mixture(files, task["share"], min(task["length_s"], 600), rng, faint)
        streams.append((k, pcm))
    print("ready", flush=True)
    start = float(sys.stdin.readline())

    async def all_of_them():
        frames = round(task["length_s"] * 1000 / FRAME_MS)
        made = [
            Stream(task["url"], task["token"], pcm, frames, task["pace"], start + task["ramp"] * k / task["of"], task["timer_ms"])
            for k, pcm in streams
        ]

        async def one(stream):
            await asyncio.sleep(max(0, stream.begin - 1.0 - time.monotonic()))
            await stream.run()

        await asyncio.gather(*(one(stream) for stream in made))
        return made

    made = asyncio.run(all_of_them())
    own = resource.getrusage(resource.RUSAGE_SELF)
    ends = [stream.finished for stream in made if hasattr(stream, "finished")]
    until = min([task["until"] + start, *ends]) if task["pace"] == 1 else math.inf
    since = task["since"] + start if task["pace"] == 1 else 0.0
    print(
        json.dumps({"streams": [s.results(since, until) for s in made], "cpu_s": own.ru_utime + own.ru_stime}),
        flush=True,
    )


# The server, seen from outside.


def cpu_of(pid):
    """CPU seconds of a process, its threads together."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_of(pid):
    """VmRSS, bytes."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def busy():
    """CPU seconds of everybody on this machine."""
    fields = [int(x) for x in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def processor():
    found = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{found.group(1) if found else 'unknown'}, {os.cpu_count()} cores"


def start_server(earnest, threads, flags):
    command = [earnest, *(["--threads", str(threads)] if threads else []), "serve", "--listen", "127.0.0.1:0", *flags]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        found = re.search(r"listening at (http://[^\s;]+)", line)
        if found:
            return server, found.group(1)
    sys.exit(f"{' '.join(command)} did not start.")


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, math.ceil(q * len(values)) - 1)] if values else None


def spread(values):
    ms = lambda x: None if x is None else round(1000 * x, 1)
    return {"n": len(values), "p50_ms": ms(quantile(values, 0.5)), "p99_ms": ms(quantile(values, 0.99)), "most_ms": ms(max(values, default=None))}


def measure(args, url, pid):
    folder, temporary = args.folder, None
    if folder is None and args.speech > 0:
        temporary = tempfile.TemporaryDirectory()
        folder = from_repository(args.earnest, pathlib.Path(temporary.name))
    processes = args.processes or max(1, math.ceil(args.sessions / 64))
    token = os.environ.get(args.token_env) if args.token_env else None
    ramp = args.ramp / args.pace
    until = ramp + args.seconds
    workers = []
    for p in range(processes):
        task = {
            "folder": folder and str(folder), "share": args.speech, "url": url.replace("http", "ws", 1) + "/v1/expression/audio/realtime", "token": token,
            "numbers": list(range(p, args.sessions, processes)), "of": args.sessions, "length_s": args.seconds + (args.ramp if args.pace == 1 else 0),
            "pace": args.pace, "ramp": ramp, "since": ramp, "until": until, "timer_ms": args.timer,
        }
        child = subprocess.Popen([sys.executable, __file__, "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        child.stdin.write(json.dumps(task) + "\n")
        child.stdin.flush()
        workers.append(child)
    for child in workers:
        if child.stdout.readline().strip() != "ready":
            sys.exit("a process of clients did not begin")
    before = memory_of(pid) if pid else 0
    start = time.monotonic() + 1.5
    for child in workers:
        child.stdin.write(f"{start}\n")
        child.stdin.flush()

    # Every second: the server's CPU and memory. In real time from when all stream; faster, all of it.
    samples = []
    deadline = time.monotonic() + args.seconds / args.pace * 3 + 120
    since = start + ramp if args.pace == 1 else start
    first = last = None
    while any(child.poll() is None for child in workers) and time.monotonic() < deadline:
        now = time.monotonic()
        if pid:
            try:
                sample = (now, cpu_of(pid), memory_of(pid), busy())
            except (FileNotFoundError, ProcessLookupError):
                print("FAILED: the server has gone", file=sys.stderr)
                break
            samples.append(sample)
            if now >= since and first is None:
                first = sample
            if now <= start + until or args.pace != 1:
                last = sample
        # Whoever has written its results waits for them to be read.
        time.sleep(max(0, min(1.0, since - now) if now < since else 1.0) if args.pace == 1 else 0.1)
        if args.pace == 1 and time.monotonic() > start + until + 0.5 or args.pace != 1:
            if all_written(workers):
                break
    results = []
    for child in workers:
        line = child.stdout.readline()
        child.wait(timeout=10)
        if not line:
            sys.exit("a process of clients failed")
        results.append(json.loads(line))
    if pid and args.pace != 1:
        last = (time.monotonic(), cpu_of(pid), memory_of(pid), busy())
        samples.append(last)
    if temporary:
        temporary.cleanup()
    streams = [s for r in results for s in r["streams"]]
    gather = lambda key: [x for s in streams for x in s[key]]
    audio = sum(s["audio_s"] for s in streams)
    own = sum(r["cpu_s"] for r in results)
    utterances = [s["utterances"] for s in streams]
    errors = gather("errors")
    report = {
        "sessions": args.sessions, "threads": args.threads, "seconds": args.seconds, "pace": args.pace, "timer_ms": args.timer, "speech_asked": args.speech,
        "speech_found": round(sum(s["spoken_ms"] for s in streams) / 1000 / audio, 3) if audio else None, "audio_s": round(audio, 1),
        "interval": spread(gather("interval")), "speech_ended": spread(gather("ended")), "speech_ended_beyond_hang_over": spread(gather("beyond")),
        "segments_cut": sum(s["cut"] for s in streams), "not_dated": sum(s["unknown"] for s in streams),
        "utterances_per_stream": {"mean": round(sum(utterances) / len(utterances), 2), "least": min(utterances), "most": max(utterances)},
        "sender_late": spread(gather("late")), "client_cpu_s": round(own, 2), "client_processes": processes,
        "errors": {e: errors.count(e) for e in sorted(set(errors))}, "not_closed": sum(not s["closed"] for s in streams),
        "processor": processor(), "day": time.strftime("%Y-%m-%d"), "load_average": os.getloadavg()[0],
    }
    if pid and first and last and last[0] > first[0]:
        wall = last[0] - first[0]
        server = last[1] - first[1]
        # In real time audio of exactly this window was sent, one second a second and session.
        heard = args.sessions * wall if args.pace == 1 else audio
        memory = [m for t, _, m, _ in samples]
        others = max(0.0, last[3] - first[3] - server - own * (wall / (args.seconds + args.ramp) if args.pace == 1 else 1)) / wall
        report |= {
            "server_cpu_s": round(server, 2), "window_s": round(wall, 1), "server_cores": round(server / wall, 3),
            "server_cpu_ms_per_stream_s": round(1000 * server / heard, 3) if heard else None, "cores_of_others": round(others, 2),
            "memory_mib": {
                "before": round(before / 2**20, 1), "most": round(max(memory) / 2**20, 1), "last": round(memory[-1] / 2**20, 1),
                "each_session": round((max(memory) - before) / 2**20 / args.sessions, 3),
            },
            "each_second": [{"s": round(t - start, 1), "cpu_s": round(c, 2), "memory_mib": round(m / 2**20, 1)} for t, c, m, _ in samples],
        }
    return report


def all_written(workers):
    """True once every process has something to say, which is its results."""
    readable, _, _ = select.select([child.stdout for child in workers], [], [], 0)
    return len(readable) == len(workers)


def table(report):
    rows = [("sessions, seconds, answers", f"{report['sessions']}, {report['seconds']:g} s at pace {report['pace']:g}, one in {report['timer_ms']} ms")]
    rows.append(("speech asked, found", f"{report['speech_asked']:.0%}, {report['speech_found'] or 0:.0%}"))
    for name, words in (("interval", "interval"), ("speech_ended", "speech_ended"), ("speech_ended_beyond_hang_over", "speech_ended beyond the hang-over")):
        figures = report[name]
        if figures["n"]:
            rows.append((f"{words}: p50, p99, most, ms", f"{figures['p50_ms']}, {figures['p99_ms']}, {figures['most_ms']} (of {figures['n']})"))
    u = report["utterances_per_stream"]
    rows.append(("utterances per stream", f"{u['mean']} ({u['least']} to {u['most']}), {report['segments_cut']} cut"))
    if "server_cpu_s" in report:
        m = report["memory_mib"]
        rows.append(("server's CPU", f"{report['server_cpu_s']} s in {report['window_s']} s: {report['server_cores']} cores"))
        rows.append(("per stream and second of audio", f"{report['server_cpu_ms_per_stream_s']} ms"))
        rows.append(("server's memory, MiB", f"{m['before']} before, {m['most']} at most, {m['last']} at last; {m['each_session']} for each session"))
        rows.append(("others on this machine", f"{report['cores_of_others']} cores"))
    rows.append(("own CPU, sending late p99", f"{report['client_cpu_s']} s in {report['client_processes']} processes, {report['sender_late']['p99_ms']} ms"))
    rows.append(("processor, load, day", f"{report['processor']}; {report['load_average']:.2f}; {report['day']}"))
    if report["errors"] or report["not_closed"]:
        rows.append(("errors, sessions not closed", f"{report['errors']}, {report['not_closed']}"))
    width = max(len(name) for name, _ in rows)
    for name, figure in rows:
        print(f"{name:<{width}}  {figure}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="folder of WAVs of speech, 16 kHz, mono, 16 bits")
    parser.add_argument("--earnest", help="program to start as the server")
    parser.add_argument("--threads", type=int, help="threads of the server that is started")
    parser.add_argument("--flags", default="", help="more flags of that `earnest serve`, in one word")
    parser.add_argument("--nice", type=int, default=0, help="niceness of the server that is started")
    parser.add_argument("--url", help="a server that runs, instead")
    parser.add_argument("--pid", type=int, help="its process")
    parser.add_argument("--token-env", help="variable with its token")
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=120, help="how long all of them stream, seconds of audio")
    parser.add_argument("--speech", type=float, default=0.5, help="share of speech, 0 to 1")
    parser.add_argument("--timer", type=int, default=1000, help="measurement_timer_ms")
    parser.add_argument("--pace", type=float, default=1, help="seconds of audio a second; latencies are of use at 1 only")
    parser.add_argument("--ramp", type=float, default=5, help="seconds within which all begin, each at its own moment")
    parser.add_argument("--processes", type=int, help="processes of clients [default: one for 64 sessions]")
    parser.add_argument("--wanted", type=float, default=WANTED_MS, help="ms beyond the hang-over, p99, above which the exit code is 1")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker()
    if not args.earnest and not args.url:
        sys.exit("Give --earnest PROGRAM, or --url of a server that runs.")
    server, url, pid = None, args.url, args.pid
    if not url:
        flags = ["--sessions", str(max(64, args.sessions)), "--speed", str(max(2, 2 * args.pace)), *args.flags.split()]
        server, url = start_server(args.earnest, args.threads, flags)
        pid = server.pid
        if args.nice:
            os.setpriority(os.PRIO_PROCESS, pid, args.nice)
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.setpriority(os.PRIO_PROCESS, int(thread), args.nice)
    try:
        report = measure(args, url.rstrip("/"), pid)
    finally:
        if server:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)
    if args.json:
        print(json.dumps(report))
    else:
        table(report)
    late = report["speech_ended_beyond_hang_over"]["p99_ms"]
    if report["errors"] or report["not_closed"] or (args.pace == 1 and late is not None and late > args.wanted):
        sys.exit(1)


if __name__ == "__main__":
    main()
