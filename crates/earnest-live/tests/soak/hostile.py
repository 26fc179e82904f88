"""Clients that misbehave, against `earnest serve`: each beside an honest session, which must hear what it always hears, while memory stays flat.

    python hostile.py --earnest target/release/earnest [--wav SPEECH.wav] [--silence 7200] [--only NAME,NAME] [--no-slow]

Starts its own servers on free ports. `--wav` is 16 kHz, mono, 16 bits, of at least 6 s, the first 9 of which are used; without it the honest session has noise, and
what needs an utterance says SKIPPED. Prints a sentence for each claim, `holds` or `FAILS`; the exit code is 1 if any fails. Needs Python 3.10,
websockets and /proc.
"""

import argparse
import array
import asyncio
import contextlib
import http.client
import json
import math
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import wave

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

RATE = 16000
FRAME = 3200
TICK = os.sysconf("SC_CLK_TCK")
# What a server that is warm may gain while it is misused, and keep afterwards.
PEAK_MIB, KEPT_MIB = 192, 24
REALTIME = "/v1/expression/audio/realtime"

parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
parser.add_argument("--earnest", required=True)
parser.add_argument("--wav")
parser.add_argument("--silence", type=float, default=7200, help="seconds of the silence that is sent fast")
parser.add_argument("--only", help="names of tests, separated by commas")
parser.add_argument("--no-slow", action="store_true", help="leave out the body that comes so slowly that it takes a minute")
args = parser.parse_args()

failures = []


def claim(holds, words):
    print(f"{'holds' if holds else 'FAILS'}: {words}", flush=True)
    if not holds:
        failures.append(words)
    return holds


def note(words):
    print(f"       {words}", flush=True)


# Sound.


def noise(seconds, level, seed=1):
    rng = random.Random(seed)
    return array.array("h", (max(-32768, min(32767, int(rng.gauss(0, level)))) for _ in range(int(RATE * seconds)))).tobytes()


if args.wav:
    with wave.open(args.wav) as w:
        if (w.getframerate(), w.getnchannels(), w.getsampwidth()) != (RATE, 1, 2):
            sys.exit(f"{args.wav} is not 16 kHz, mono, 16 bits")
        HONEST = w.readframes(9 * RATE)
else:
    HONEST = noise(3, 2) + noise(4, 1500, 2) + noise(2, 2, 3)


def wav(data, channels=1, rate=RATE, bits=16, says=None):
    says = len(data) if says is None else says
    block = channels * bits // 8
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", (36 + says) & 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, channels & 0xFFFF, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, bits, b"data", says & 0xFFFFFFFF)
    return head + data


def crc(data, width, polynomial):
    value, top, mask = 0, 1 << (width - 1), (1 << width) - 1
    for byte in data:
        value ^= byte << (width - 8)
        for _ in range(8):
            value = ((value << 1) ^ polynomial if value & top else value << 1) & mask
    return value


def flac_of_silence(seconds, rate=48000, channels=1, bits=16):
    """A FLAC of nothing but constant frames: a minute takes some 600 bytes."""
    block = 65535 if rate > 48000 else 4608
    frames = math.ceil(seconds * rate / block)
    total = frames * block
    info = struct.pack(">HH", block, block) + bytes(6)
    info += (((rate & 0xFFFFF) << 44) | ((channels - 1) << 41) | ((bits - 1) << 36) | total & 0xFFFFFFFFF).to_bytes(8, "big") + bytes(16)
    out = [b"fLaC", bytes([0x80]) + len(info).to_bytes(3, "big") + info]
    for number in range(frames):
        if number < 0x80:
            coded = bytes([number])
        elif number < 0x800:
            coded = bytes([0xC0 | number >> 6, 0x80 | number & 63])
        elif number < 0x10000:
            coded = bytes([0xE0 | number >> 12, 0x80 | number >> 6 & 63, 0x80 | number & 63])
        else:
            coded = bytes([0xF0 | number >> 18, 0x80 | number >> 12 & 63, 0x80 | number >> 6 & 63, 0x80 | number & 63])
        # A block size of 16 bits, the rate as STREAMINFO says, independent channels, 16 bits a sample.
        head = bytes([0xFF, 0xF8, 0x70, (channels - 1) << 4 | 0x08]) + coded + struct.pack(">H", block - 1)
        frame = head + bytes([crc(head, 8, 0x07)]) + bytes([0x00, 0x00, 0x00]) * channels
        out.append(frame + struct.pack(">H", crc(frame, 16, 0x8005)))
    return b"".join(out)


# The server.


class Server:
    def __init__(self, *flags, threads=2, port=0):
        self.flags, self.threads, self.port = flags, threads, port
        self.start()

    def start(self):
        command = [args.earnest, "--threads", str(self.threads), "serve", "--listen", f"127.0.0.1:{self.port}", *self.flags]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            found = re.search(r"listening at http://([^\s;]+)", line)
            if found:
                break
        else:
            raise RuntimeError("".join(said))
        self.authority = found.group(1)
        self.host, port = self.authority.rsplit(":", 1)
        self.bound = int(port)
        self.url = f"ws://{self.authority}{REALTIME}"

    def lives(self):
        return self.process.poll() is None

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def status(self, field):
        found = re.search(rf"{field}:\s+(\d+) kB", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())
        return int(found.group(1)) / 1024

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    async def metrics(self):
        _, _, body = await request(self, "GET", "/metrics")
        return {name: float(value) for name, value in re.findall(r"^(earnest_\S+) (\S+)$", body.decode(), re.M)}

    def stop(self, wait=15):
        self.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        try:
            code = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None, time.monotonic() - began
        finally:
            self.process.stderr.close()
        return code, time.monotonic() - began


async def request(server, method, path, body=b"", headers=(), wait=60):
    """Status, headers, body; the answer is read while the body is still being sent."""
    reader, writer = await asyncio.open_connection(server.host, server.bound)
    named = {name.lower() for name, _ in headers}
    lines = [f"{method} {path} HTTP/1.1"]
    if "host" not in named:
        lines.append(f"Host: {server.authority}")
    if "content-length" not in named and "transfer-encoding" not in named:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers] + ["Connection: close", "", ""]

    async def send():
        try:
            writer.write("\r\n".join(lines).encode())
            for at in range(0, len(body), 1 << 16):
                writer.write(body[at : at + (1 << 16)])
                await writer.drain()
        except OSError:
            pass

    sending = asyncio.create_task(send())
    answer = b""
    try:
        async with asyncio.timeout(wait):
            while part := await reader.read(1 << 16):
                answer += part
    except (OSError, TimeoutError):
        pass
    sending.cancel()
    writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin1").split("\r\n")
    status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else None
    return status, dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line), rest


def form(data, name="x.wav"):
    body = f'--e\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + data + b"\r\n--e--\r\n"
    return body, [("Content-Type", "multipart/form-data; boundary=e")]


def open_socket(server, **how):
    return connect(server.url, compression=None, max_size=None, ping_interval=None, open_timeout=40, close_timeout=3, **how)


def plain(server, path=REALTIME, buffer=None):
    """A plain socket with an upgrade to a WebSocket on it: what is written there is up to whoever has it."""
    s = socket.socket()
    if buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.settimeout(10)
    s.connect((server.host, server.bound))
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        part = s.recv(1)
        if not part:
            raise RuntimeError(f"no upgrade: {head!r}")
        head += part
    return s


def ws_frame(data, opcode=2):
    length = len(data)
    size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + struct.pack(">H", length) if length < 65536 else bytes([0xFF]) + struct.pack(">Q", length)
    return bytes([0x80 | opcode]) + size + bytes(4) + data  # a mask of zeros


async def session(server, pcm, update=None, close=True, wait=120, before=(), between=()):
    """What a session is told; `before` is sent before the audio, `between` in its middle."""
    told = []
    async with open_socket(server) as ws:
        told.append(json.loads(await ws.recv()))
        await ws.send(json.dumps({"type": "session.update", "voice_activity_ms": 96, "measurement_timer_ms": 500} | (update or {})))

        async def speak():
            for message in before:
                await ws.send(message)
            middle = len(pcm) // 2 // FRAME * FRAME
            for at in range(0, len(pcm), FRAME):
                if at == middle:
                    for message in between:
                        await ws.send(message)
                await ws.send(pcm[at : at + FRAME])
            if close:
                await ws.send('{"type": "session.close"}')

        speaking = asyncio.create_task(speak())
        try:
            async with asyncio.timeout(wait):
                async for text in ws:
                    told.append(json.loads(text))
        except ConnectionClosed:
            pass  # an error was told before
        finally:
            speaking.cancel()
            try:
                await speaking
            except (asyncio.CancelledError, ConnectionClosed):
                pass
    return told


def answers(told):
    """All of what was heard; names and counts of sessions left out, errors too."""
    kinds = ("voice.activity", "utterance.start", "measurement.result", "utterance.end")
    return [m for m in told if m["type"] in kinds]


def codes(told):
    return [m["code"] for m in told if m["type"] == "error"]


class Bench:
    """A server, and what an honest session hears there."""

    def __init__(self, server):
        self.server = server

    async def warm(self):
        told = await session(self.server, HONEST)
        self.expected = answers(told)
        self.frames = math.ceil(len(HONEST) / FRAME)
        self.spoken = any(m["type"] == "utterance.end" for m in told)
        # What a warm server has: some sessions at a time, and files.
        await asyncio.gather(*(session(self.server, HONEST) for _ in range(4)))
        for _ in range(2):
            await request(self.server, "POST", "/predict", wav(HONEST))
            body, headers = form(wav(HONEST))
            await request(self.server, "POST", "/v1/expression/audio/file", body, headers)
        self.rss = self.server.status("VmRSS")

    async def honest(self):
        began = time.monotonic()
        try:
            told = await session(self.server, HONEST)
        except Exception as error:
            return f"{type(error).__name__}: {error}", time.monotonic() - began
        same = answers(told) == self.expected and told[-1].get("reason") == "client_request"
        return (None if same else f"it was told {[m['type'] for m in told if m['type'] != 'voice.activity']} {codes(told)}"), time.monotonic() - began

    async def beside(self, what, attack, after=None):
        """Runs an attack, which is given an event that is set once an honest session beside it has ended."""
        self.server.forget_peak()
        before = self.server.cpu()
        done = asyncio.Event()
        attacking = asyncio.create_task(attack(done))
        await asyncio.sleep(0.5)
        wrong, seconds = await self.honest()
        done.set()
        error = None
        try:
            async with asyncio.timeout(400):
                await attacking
        except Exception as e:
            error = f"{type(e).__name__}: {e}"
        if error:
            claim(False, f"{what}: the test went to its end ({error}).")
        again, _ = await self.honest()
        wrong = wrong or again
        await self.quiet()
        lives = self.server.lives()
        peak, kept = (self.server.status("VmHWM"), self.server.status("VmRSS")) if lives else (math.inf, math.inf)
        claim(
            lives and wrong is None and peak <= self.rss + PEAK_MIB and kept <= self.rss + KEPT_MIB,
            f"{what}: an honest session beside it and one after it hear what they always hear, and memory stays flat"
            f" ({self.rss:.0f} MiB before, {peak:.0f} at most, {kept:.0f} after; {seconds:.1f} s for the honest one; {self.server.cpu() - before if lives else 0:.1f} s of CPU){'' if wrong is None else ': ' + wrong}.",
        )
        if not lives:
            raise RuntimeError("the server has ended")

    async def quiet(self, seconds=20, sessions=0):
        """Waits until no session is open."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if (await self.server.metrics())["earnest_sessions_open"] <= sessions:
                return True
            await asyncio.sleep(0.1)
        return False


# Who misbehaves. Each has a name, and what a sentence calls it.

TESTS = []


def test(name):
    def keep(function):
        TESTS.append((name, function))
        return function

    return keep


@test("garbage")
async def garbage(bench):
    server = bench.server

    async def bytes_that_are_no_http(done):
        reader, writer = await asyncio.open_connection(server.host, server.bound)
        writer.write(random.Random(1).randbytes(200_000))
        try:
            answer = await asyncio.wait_for(reader.read(), 20)
        except OSError:
            answer = b""
        writer.close()
        claim(answer == b"" or answer.startswith(b"HTTP/1.1 400"), f"Garbage instead of HTTP is refused ({answer[:24]!r}).")

    async def frames_that_are_none(done):
        closed = 0
        for seed in range(20):
            s = plain(server)
            try:
                s.sendall(random.Random(seed).randbytes(5000))
                while s.recv(65536):
                    pass
                closed += 1
            except ConnectionError:
                closed += 1
            except TimeoutError:
                # A head that says there is more to come is waited for: --idle ends that.
                pass
            s.close()
            await asyncio.sleep(0)
        claim(closed >= 10, f"Garbage instead of frames ends a connection ({closed} of 20; the others said that more would come).")

    async def garbage_as_samples(done):
        told = await session(server, random.Random(3).randbytes(20 * FRAME))
        claim(told[-1]["type"] == "session.closed" and told[-1]["received"]["frames"] == 20 and not codes(told), "Garbage as samples is heard as a noise.")

    await bench.beside("Garbage instead of HTTP", bytes_that_are_no_http)
    await bench.beside("Garbage instead of frames", frames_that_are_none)
    await bench.beside("Garbage as samples", garbage_as_samples)


@test("wrong-messages")
async def wrong_messages(bench):
    server = bench.server
    deep = "[" * 100_000
    kinds = [
        ("half a sample", HONEST[: FRAME + 1], "invalid_audio_frame"),
        ("an empty frame", b"", "invalid_audio_frame"),
        ("a frame of 11 s", bytes(11 * 2 * RATE), "invalid_audio_frame"),
        ("text that is no JSON", "speech", "message_invalid"),
        ("an empty text", "", "message_invalid"),
        ("a hundred thousand brackets", deep, "message_invalid"),
        ("JSON nested a hundred thousand times in an unknown key", '{"type":"session.close","x":' + '{"x":' * 100_000 + "1" + "}" * 100_001, "message_invalid"),
        ("an unknown type", '{"type":"session.reboot"}', "message_invalid"),
        ("a number for a type", '{"type":7}', "message_invalid"),
        ("a list of a million numbers", json.dumps({"type": list(range(100_000))}), "message_invalid"),
        ("a rate of 1e400", '{"type":"session.update","audio":{"sample_rate":1e400}}', "message_invalid"),
    ]
    for what, message, code in kinds:

        async def attack(done):
            told = await session(server, HONEST, between=[message])
            good = codes(told) == [code] and all(m["retryable"] for m in told if m["type"] == "error")
            claim(good and told[-1]["type"] == "session.closed", f"{what[0].upper()}{what[1:]} is {code}, and the session goes on (told {codes(told)}, {told[-1]['type']}).")
            claim(answers(told) == bench.expected, f"After {what} the session hears what it always hears.")

        await bench.beside(what[0].upper() + what[1:], attack)

    async def no_utf8(done):
        s = plain(server)
        s.sendall(ws_frame(b"\xff\xfe\xfd", opcode=1))
        ended = False
        try:
            while s.recv(65536):
                pass
            ended = True
        except TimeoutError:
            pass
        except ConnectionError:
            ended = True
        s.close()
        claim(ended, "Text that is no UTF-8 ends its session.")

    async def half_a_frame(done):
        s = plain(server)
        s.sendall(ws_frame(HONEST[:FRAME])[:1000])
        began = time.monotonic()
        s.settimeout(0)
        while time.monotonic() - began < 40:
            try:
                if not s.recv(65536):
                    break
            except BlockingIOError:
                await asyncio.sleep(0.1)
            except ConnectionError:
                break
        seconds = time.monotonic() - began
        s.close()
        claim(seconds < 25, f"Half a frame, then nothing, ends its session after --idle 20 s ({seconds:.0f} s).")

    await bench.beside("Text that is no UTF-8", no_utf8)
    await bench.beside("Half a frame", half_a_frame)


@test("huge-messages")
async def huge_messages(bench):
    for what, message in (("A binary message of 2 MiB", bytes(2 << 20)), ("A text of 2 MiB", '"' + "x" * (2 << 20) + '"')):

        async def attack(done):
            told, end = [], None
            async with open_socket(bench.server) as ws:
                try:
                    told.append(json.loads(await ws.recv()))
                    await ws.send(message)
                except ConnectionClosed as error:
                    end = error
                try:
                    while True:
                        told.append(json.loads(await asyncio.wait_for(ws.recv(), 10)))
                except (ConnectionClosed, TimeoutError) as error:
                    end = error
            claim(codes(told) == ["message_too_large"], f"{what} is message_too_large, and its client is told so (told {[m['type'] for m in told]}, {type(end).__name__}: {end}).")

        await bench.beside(what, attack)

    async def parts(done):
        """Sixteen fragments of 128 KiB, none of which is too large."""
        s, said = plain(bench.server), b""
        with contextlib.suppress(OSError):  # the server may close before all is sent
            for i in range(16):
                data = bytes(128 << 10)
                s.sendall(bytes([2 if i == 0 else 0, 0xFF]) + struct.pack(">Q", len(data)) + bytes(4) + data)
        with contextlib.suppress(OSError):
            while part := s.recv(65536):
                said += part
        s.close()
        claim(b"message_too_large" in said, "A message of 2 MiB in small fragments is message_too_large, and its client is told so.")

    await bench.beside("A message of 2 MiB in fragments", parts)


@test("foreign")
async def foreign(bench):
    async def attack(done):
        upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
        own = bench.server.authority
        for what, host, origin in (
            ("a foreign Origin", own, "http://evil.example"),
            ("the Origin null", own, "null"),
            ("the Origin of another port", own, "http://127.0.0.1:1"),
            ("a foreign Host", "evil.example", None),
            ("a foreign Host and Origin", "evil.example", "http://evil.example"),
            ("a Host that begins as ours", f"127.0.0.1.evil.example:{bench.server.bound}", None),
        ):
            for path in (REALTIME, "/health", "/"):
                headers = [("Host", host), *upgrade] + ([("Origin", origin)] if origin else [])
                status, _, _ = await request(bench.server, "GET", path, headers=headers, wait=10)
                claim(status == 403, f"An upgrade at {path} under {what} is forbidden ({status}).")
        status, _, _ = await request(bench.server, "POST", "/predict", wav(HONEST), [("Origin", "http://evil.example"), ("Content-Type", "text/plain")])
        claim(status == 403, f"A clip from a foreign page is forbidden ({status}).")

    await bench.beside("Requests of foreign pages", attack)


@test("wrong-audio")
async def wrong_audio(bench):
    server = bench.server

    async def rates(done):
        for rate in (0, 1, 1999, 768_001, 1_000_000_000, 4_294_967_295, -1, "fast"):
            told = await session(server, b"", {"audio": {"sample_rate": rate}}, close=False, wait=10)
            claim(codes(told) == ["config_invalid"] and told[-1].get("reason") == "error", f"A rate of {rate} is config_invalid, and the session is closed.")
        for channels in (0, 9, 65535, 2**63):
            told = await session(server, b"", {"audio": {"channels": channels}}, close=False, wait=10)
            claim(codes(told) == ["config_invalid"], f"{channels} channels are config_invalid.")
        late = await session(server, HONEST, between=['{"type": "session.update"}'])
        claim(codes(late) == ["config_invalid"], "session.update after audio is config_invalid.")

    floats = array.array("f", (x / 32768 for x in array.array("h", HONEST))).tobytes()

    async def no_numbers(done):
        for what, value in (("NaN", math.nan), ("infinite", math.inf), ("minus infinite", -math.inf)):
            bad = struct.pack("<1600f", *([0.0] * 1599 + [value]))
            told = await session_f32(server, floats, bad)
            claim(codes(told) == ["invalid_audio_frame"] and answers(told) == bench.expected, f"A sample that is {what} is invalid_audio_frame; nothing of its frame is heard, and the session goes on.")

    async def huge_numbers(done):
        bad = struct.pack("<1600f", *([3e38, -3e38] * 800))
        told = await session_f32(server, floats, bad)
        claim(told[-1]["type"] == "session.closed", f"Samples of 3e38 end or are heard, but do not hang (told {codes(told)}, {told[-1].get('reason')}).")
        good = [m for m in told if m["type"] == "voice.activity"]
        claim(all(m["level_db"] is not None and m["probability"] is not None for m in good), "Samples of 3e38 give no numbers that are none.")

    await bench.beside("Wrong rates and channels", rates)
    await bench.beside("Samples that are no numbers", no_numbers)
    await bench.beside("Samples of 3e38", huge_numbers)


async def session_f32(server, floats, between):
    """As `session`, in floats: its frames hold as many samples."""
    told = []
    async with open_socket(server) as ws:
        told.append(json.loads(await ws.recv()))
        await ws.send(json.dumps({"type": "session.update", "voice_activity_ms": 96, "measurement_timer_ms": 500, "audio": {"encoding": "f32le"}}))

        async def speak():
            middle = len(floats) // 2 // (2 * FRAME) * 2 * FRAME
            for at in range(0, len(floats), 2 * FRAME):
                if at == middle:
                    await ws.send(between)
                await ws.send(floats[at : at + 2 * FRAME])
            await ws.send('{"type": "session.close"}')

        speaking = asyncio.create_task(speak())
        try:
            async with asyncio.timeout(60):
                async for text in ws:
                    told.append(json.loads(text))
        except ConnectionClosed:
            pass  # an error was told before
        finally:
            speaking.cancel()
    return told


@test("vanish")
async def vanish(bench):
    async def attack(done):
        for i in range(30):
            s = plain(bench.server)
            for at in range(0, (i + 1) * FRAME, FRAME):
                s.sendall(ws_frame(HONEST[at : at + FRAME]))
            # Killed: the system says so with a reset, and nothing is said before.
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1 if i % 2 else 0, 0))
            s.close()
            await asyncio.sleep(0.01)
        await done.wait()
        began = time.monotonic()
        gone = await bench.quiet(10)
        claim(gone, f"Thirty clients that vanish in the middle of an utterance leave no session open ({time.monotonic() - began:.1f} s).")

    await bench.beside("Clients that vanish", attack)


@test("silence")
async def silence(bench):
    async def attack(done):
        began, cpu = time.monotonic(), bench.server.cpu()
        told = []
        async with open_socket(bench.server) as ws:
            await ws.recv()

            async def speak():
                second = bytes(2 * RATE)
                for _ in range(int(args.silence)):
                    await ws.send(second)
                await ws.send('{"type": "session.close"}')

            speaking = asyncio.create_task(speak())
            try:
                async for text in ws:
                    told.append(json.loads(text))
            finally:
                speaking.cancel()
        seconds, cpu = time.monotonic() - began, bench.server.cpu() - cpu
        last = told[-1] if told else {}
        claim(
            last.get("type") == "session.closed" and last["received"]["audio_duration_ms"] == 1000 * int(args.silence) and last["produced"] == {"utterances": 0, "measurements": 0},
            f"{args.silence / 3600:g} hours of silence give nothing, and are all heard ({seconds:.0f} s; {1000 * cpu / args.silence:.2f} ms of CPU for a second, the honest session's with it).",
        )

    await bench.beside("Hours of silence", attack)


@test("flood")
async def flood(bench):
    ten_minutes = (HONEST * math.ceil(600 * 2 * RATE / len(HONEST)))[: 600 * 2 * RATE]

    async def attack(done):
        began = time.monotonic()
        told = await session(bench.server, ten_minutes, wait=300)
        last = told[-1]
        claim(last["type"] == "session.closed" and last["received"]["audio_duration_ms"] == 600_000, f"Ten minutes of audio as fast as they can be sent are all heard ({time.monotonic() - began:.1f} s, {last.get('produced')}).")

    await bench.beside("A flood to a server that takes all speeds", attack)

    # At the speed that is usual.
    usual = Bench(Server())
    try:
        await usual.warm()

        async def held(done):
            before = (await usual.server.metrics())["earnest_audio_seconds_total"]
            s = plain(usual.server)
            s.settimeout(0)
            frames = b"".join(ws_frame(ten_minutes[at : at + FRAME]) for at in range(0, len(ten_minutes), FRAME))
            began, at = time.monotonic(), 0
            while time.monotonic() - began < 20:
                try:
                    at += s.send(frames[at : at + (1 << 16)])
                    s.recv(1 << 20)
                except BlockingIOError:
                    await asyncio.sleep(0.02)
            seconds = time.monotonic() - began
            heard = (await usual.server.metrics())["earnest_audio_seconds_total"] - before
            s.close()
            honest = len(HONEST) / 2 / RATE
            claim(heard <= 10 + 2 * seconds + 1.5 * honest, f"Of a flood to a server with --speed 2 no more is heard than 10 s and 2 s a second ({heard:.0f} s in {seconds:.0f} s, {honest:.0f} of them the honest session's; {at / 32000:.0f} s were taken in, by the system's buffers too).")

        await usual.beside("A flood to a server with --speed 2", held)
    finally:
        usual.server.stop()


@test("unread")
async def unread(bench):
    async def attack(done):
        before = (await bench.server.metrics()).get('earnest_refused_total{reason="unread"}', 0)
        s = plain(bench.server, buffer=4096)
        s.sendall(ws_frame(b'{"type": "session.update", "voice_activity_ms": 32, "measurement_timer_ms": 100}', opcode=1))
        s.settimeout(0)
        frames = ws_frame(bytes(FRAME)) * 100
        began, at, sent, gone = time.monotonic(), 0, 0, False
        while time.monotonic() - began < 120 and not gone:
            try:
                n = s.send(frames[at : at + (1 << 16)])
                sent += n
                at = (at + n) % len(frames)
            except BlockingIOError:
                await asyncio.sleep(0.05)
            except ConnectionError:
                gone = True
        seconds = time.monotonic() - began
        s.close()
        after = (await bench.server.metrics()).get('earnest_refused_total{reason="unread"}', 0)
        claim(gone and after == before + 1, f"Who stops reading is left ({seconds:.0f} s after the first audio, {sent / 32000:.0f} s of it sent; counted {after - before:.0f} times as unread).")

    await bench.beside("A client that stops reading", attack)


@test("idle-connections")
async def idle_connections(bench):
    async def attack(done):
        open_ones = []
        began = time.monotonic()
        for _ in range(300):
            open_ones.append(await asyncio.open_connection(bench.server.host, bench.server.bound))
        await done.wait()
        note(f"An honest session had to wait until {time.monotonic() - began:.0f} s after 300 connections were opened.")
        closed = 0
        for reader, writer in open_ones:
            try:
                async with asyncio.timeout(max(0.05, 35 - (time.monotonic() - began))):
                    while await reader.read(65536):
                        pass
                    closed += 1
            except TimeoutError:
                pass
            except OSError:
                closed += 1
            writer.close()
        claim(closed == 300, f"300 connections on which nothing is asked are closed ({closed} of them, within {time.monotonic() - began:.0f} s).")

    await bench.beside("300 idle connections", attack)

    async def slow_header(done):
        reader, writer = await asyncio.open_connection(bench.server.host, bench.server.bound)
        began = time.monotonic()
        text = f"GET /health HTTP/1.1\r\nHost: {bench.server.authority}\r\nX-Slow: {'x' * 100}\r\n\r\n".encode()

        async def drip():
            for byte in text:
                writer.write(bytes([byte]))
                await asyncio.sleep(1)

        dripping = asyncio.create_task(drip())
        try:
            said = await asyncio.wait_for(reader.read(), 60)
        except (OSError, TimeoutError):
            said = b""
        dripping.cancel()
        writer.close()
        seconds = time.monotonic() - began
        claim(10 <= seconds <= 25 and b" 200 " not in said, f"A header of one byte a second is not waited for ({seconds:.0f} s).")

    await bench.beside("A slow header", slow_header)

    async def huge_header(done):
        status, _, _ = await request(bench.server, "GET", "/health", headers=[("X-Huge", "x" * (1 << 20))], wait=20)
        claim(status in (400, 431, None), f"A header of 1 MiB is refused ({status}).")
        many = [(f"X-{i}", "x") for i in range(5000)]
        status, _, _ = await request(bench.server, "GET", "/health", headers=many, wait=20)
        claim(status in (400, 431, None), f"5000 headers are refused ({status}).")

    await bench.beside("Huge headers", huge_header)


async def slow_body(server):
    """One byte a second, for more than the minute that a body may take. Beside everything else."""
    reader, writer = await asyncio.open_connection(server.host, server.bound)
    writer.write(f"POST /predict HTTP/1.1\r\nHost: {server.authority}\r\nContent-Length: 100000\r\n\r\n".encode())
    began = time.monotonic()

    async def drip():
        for byte in wav(HONEST):
            writer.write(bytes([byte]))
            await asyncio.sleep(1)

    dripping = asyncio.create_task(drip())
    said = b""
    try:
        async with asyncio.timeout(180):
            said = await reader.read(4096)
    except (OSError, TimeoutError):
        pass
    dripping.cancel()
    writer.close()
    return time.monotonic() - began, said


@test("bodies")
async def bodies(bench):
    server = bench.server

    async def large(done):
        data = bytes(26 << 20)
        for path, body, headers in (
            ("/predict", data, []),
            ("/predict", b'{"inputs": "' + b"A" * (26 << 20) + b'"}', [("Content-Type", "application/json")]),
            ("/v1/expression/audio/file", *form(data)),
        ):
            status, _, said = await request(server, "POST", path, body, headers)
            claim(status == 413, f"A body of 26 MiB at {path} is 413, and its client is told so ({status} {said[:60]!r}).")
        # Without a length, in chunks.
        reader, writer = await asyncio.open_connection(server.host, server.bound)
        writer.write(f"POST /predict HTTP/1.1\r\nHost: {server.authority}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + bytes(1 << 16) + b"\r\n"

        async def send():
            try:
                for _ in range(16 * 64):
                    writer.write(chunk)
                    await writer.drain()
            except OSError:
                pass

        sending = asyncio.create_task(send())
        try:
            said = await asyncio.wait_for(reader.read(4096), 60)
        except (OSError, TimeoutError):
            said = b""
        sending.cancel()
        writer.close()
        # Who does not say how much comes is cut off, and may see no more than that.
        claim(said == b"" or b" 413 " in said[:20], f"64 MiB in chunks without a length are 413 or cut off ({said[:20]!r}).")
        status, _, _ = await request(server, "POST", "/predict", b"x", [("Content-Length", "99999999999999999999")], wait=20)
        claim(status in (400, 413), f"A length of 20 digits is refused ({status}).")

    async def files(done):
        good = wav(HONEST)
        flac = flac_of_silence(5)
        kinds = [
            ("a WAV cut in its middle", good[: len(good) // 2], (200, 400)),
            ("a WAV cut in its header", good[:30], (400, 415)),
            ("a WAV of no samples", wav(b""), (200, 400)),
            ("a WAV that ends behind its header", good[:44], (400,)),
            ("a WAV that says 4 GB", wav(HONEST[:FRAME], says=0xFFFFFFFF), (200, 400, 415)),
            ("a WAV that says 65535 channels", wav(HONEST[:FRAME], channels=65535), (400, 415)),
            ("a WAV that says no channels", wav(HONEST[:FRAME], channels=0), (400, 415)),
            ("a WAV that says a rate of 0", wav(HONEST[:FRAME], rate=0), (400,)),
            ("a WAV that says a rate of 4 GHz", wav(HONEST[:FRAME], rate=0xFFFFFFFF), (400,)),
            ("a WAV that says 255 bits", wav(HONEST[:FRAME], bits=255), (400, 415)),
            ("a FLAC cut in its middle", flac[: len(flac) // 2], (200, 400)),
            ("a FLAC cut in its header", flac[:20], (400, 415)),
            ("nothing", b"", (400, 415)),
            ("garbage", random.Random(1).randbytes(100_000), (400, 415)),
            ("garbage that begins as MP3", b"ID3\x04\x00\x00\x00\x00\x00\x00" + random.Random(2).randbytes(100_000), (400, 415)),
            ("garbage that begins as Ogg", b"OggS" + random.Random(3).randbytes(100_000), (400, 415)),
        ]
        for what, data, allowed in kinds:
            status, _, said = await request(server, "POST", "/predict", data)
            body, headers = form(data)
            again, _, _ = await request(server, "POST", "/v1/expression/audio/file", body, headers)
            claim(status in allowed and again in allowed, f"{what[0].upper()}{what[1:]} is answered {' or '.join(map(str, allowed))} ({status}, {again}; {said[:110].decode(errors='replace')}).")

    async def bombs(done):
        hour = flac_of_silence(3600)
        for what, data in ((f"A FLAC of an hour of silence, {len(hour)} bytes,", hour),):
            cpu = server.cpu()
            status, _, said = await request(server, "POST", "/predict", data, wait=120)
            claim(status == 413 and b"audio_too_long" in said, f"{what} is audio_too_long ({status}, {server.cpu() - cpu:.1f} s of CPU).")
        allowed = flac_of_silence(1190)
        cpu, began = server.cpu(), time.monotonic()
        status, _, said = await request(server, "POST", "/predict", allowed, wait=120)
        claim(status == 200 and b"silence" in said, f"A FLAC of 1190 s, {len(allowed)} bytes, is answered ({status}, {server.cpu() - cpu:.1f} s of CPU, {time.monotonic() - began:.1f} s).")
        wide = flac_of_silence(20, rate=655_350, channels=8)
        cpu, began = server.cpu(), time.monotonic()
        status, _, said = await request(server, "POST", "/predict", wide, wait=120)
        cost = server.cpu() - cpu
        claim(status in (200, 400), f"A FLAC of 20 s, 8 channels at 655350 Hz, {len(wide)} bytes, is answered ({status}, {said[:80]!r}).")
        note(f"It costs {cost:.1f} s of CPU ({time.monotonic() - began:.1f} s): 1200 s of it, some {len(wide) * 60 // 1000} kB, would take {cost * 60:.0f} s.")

    # What the largest bodies that are allowed leave in the allocator is no leak, if it comes to an end: what comes after that is.
    largest = [wav(bytes(24 << 20)), flac_of_silence(1190), b'{"inputs": "' + b"A" * (24 << 20) + b'"}', flac_of_silence(20, rate=655_350, channels=8)]
    kept = [bench.rss]
    while len(kept) < 3 or (kept[-1] > max(kept[:-1]) + KEPT_MIB and len(kept) < 8):
        for data in largest:
            json_headers = [("Content-Type", "application/json")] if data.startswith(b"{") else []
            await asyncio.gather(*(request(server, "POST", "/predict", data, json_headers, wait=200) for _ in range(2)))
            await request(server, "POST", "/v1/expression/audio/file", *form(data), wait=200)
        kept.append(server.status("VmRSS"))
    claim(kept[-1] <= max(kept[:-1]) + KEPT_MIB, f"The largest bodies that are allowed, again and again, leave no more each time ({', '.join(f'{k:.0f}' for k in kept)} MiB).")
    bench.rss = kept[-1]
    await bench.beside("Bodies that are too large", large)
    await bench.beside("Files that are broken", files)
    await bench.beside("Small files of much audio", bombs)

    async def nested(done):
        for what, body in (("brackets", b"[" * 1_000_000), ("objects", b'{"inputs":' * 500_000)):
            status, _, _ = await request(server, "POST", "/predict", body, [("Content-Type", "application/json")])
            claim(status == 400, f"A body of a million {what} is 400 ({status}).")

    await bench.beside("Bodies of nested JSON", nested)


async def limits():
    """Small limits are kept. A server of its own."""
    server = Server("--sessions", "4", "--requests", "2", "--body-bytes", "1000000", "--body-seconds", "20", "--session-seconds", "30", "--idle", "3", "--speed", "1000")
    try:
        async with open_socket(server) as a, open_socket(server) as b, open_socket(server) as c, open_socket(server) as d:
            for ws in (a, b, c, d):
                await ws.recv()
            told, code = [], None
            async with open_socket(server) as fifth:
                try:
                    while True:
                        told.append(json.loads(await asyncio.wait_for(fifth.recv(), 5)))
                except ConnectionClosed as error:
                    code = error.rcvd.code if error.rcvd else None
            claim(codes(told) == ["server_busy"] and code == 1013, f"A fifth session where four are allowed is server_busy and closed ({codes(told)}, {code}).")
            await a.send('{"type": "session.close"}')
            closed = json.loads(await a.recv())
            claim(closed["type"] == "session.closed", "A session ends when it asks.")
            # The four messages that make place.
            again = []
            for _ in range(20):
                async with open_socket(server) as ws:
                    again.append(json.loads(await ws.recv())["type"])
                if again[-1] == "session.created":
                    break
                await asyncio.sleep(0.05)
            claim(again[-1] == "session.created", f"When one has ended another may begin (after {len(again)} tries).")
            # Nothing said for 3 s.
            began = time.monotonic()
            last = json.loads(await asyncio.wait_for(b.recv(), 10))
            claim(last["type"] == "session.closed" and last["reason"] == "idle_timeout", f"Without a message for --idle 3 a session is closed, idle_timeout ({time.monotonic() - began:.1f} s).")
        told = await session(server, bytes(31 * 2 * RATE), close=False, wait=30)
        claim(codes(told) == ["session_too_long"] and told[-1]["type"] == "session.closed", f"More than --session-seconds is session_too_long ({codes(told)}, {told[-1]['type']}).")
        status, _, said = await request(server, "POST", "/predict", wav(bytes(25 * 2 * RATE)))
        claim(status == 413 and b"audio_too_long" in said, f"A clip longer than --body-seconds is 413, audio_too_long ({status}).")
        status, _, _ = await request(server, "POST", "/predict", wav(bytes(1_000_001)))
        claim(status == 413, f"A body larger than --body-bytes is 413 ({status}).")
        pings = 0
        async with open_socket(server) as ws:
            await ws.recv()
            for _ in range(10):
                await asyncio.wait_for(await ws.ping(), 5)
                pings += 1
        claim(pings == 10, "Pings are answered.")
        # More requests than allowed: two whose bodies do not come, then a third.
        held = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection(server.host, server.bound)
            writer.write(f"POST /predict HTTP/1.1\r\nHost: {server.authority}\r\nContent-Length: 1000\r\n\r\nRIFF".encode())
            held.append(writer)
        await asyncio.sleep(0.3)
        status, headers, said = await request(server, "POST", "/predict", wav(HONEST[:FRAME]))
        claim(status == 503 and "retry-after" in headers and b"server_busy" in said, f"A third request where two are allowed is 503 with Retry-After ({status}).")
        for writer in held:
            writer.close()
        await asyncio.sleep(0.3)
        status, _, _ = await request(server, "POST", "/predict", wav(HONEST))
        claim(status == 200, f"When they have gone a request is answered ({status}).")
    finally:
        server.stop()
    # A server that was killed leaves its port at once.
    server = Server("--speed", "1000")
    port = server.bound
    async with open_socket(server) as ws:
        await ws.recv()
        await ws.send(HONEST[:FRAME])
        server.process.kill()
        server.process.wait()
        try:
            server.port = port
            began = time.monotonic()
            server.start()
            claim(True, f"After kill -9 with a session open the port is free again at once ({time.monotonic() - began:.2f} s to start).")
        except RuntimeError as error:
            claim(False, f"After kill -9 with a session open the port is free again at once: {error}")
            return
    told = await session(server, HONEST)
    claim(told[-1]["type"] == "session.closed", "The server that was started again answers.")
    server.stop()


async def shutdown(expected, spoken):
    """SIGTERM while a session is in the middle of an utterance."""
    for how, sent in (("SIGTERM", signal.SIGTERM), ("Ctrl-C", signal.SIGINT)):
        server = Server()
        told, got, code = [], asyncio.Event(), None
        if spoken:
            start, end = next((m["audio_start_ms"], m["audio_end_ms"]) for m in expected if m["type"] == "utterance.end")
            until = 32 * ((start + end) // 2) // FRAME * FRAME
        else:
            until = len(HONEST) // 2 // FRAME * FRAME
        async with open_socket(server) as ws:
            await ws.recv()
            for at in range(0, until, FRAME):
                await ws.send(HONEST[at : at + FRAME])
            await asyncio.sleep(1.5)
            server.process.send_signal(sent)
            try:
                async with asyncio.timeout(15):
                    async for text in ws:
                        told.append(json.loads(text))
            except TimeoutError:
                pass
            except ConnectionClosed:
                pass
            code = ws.close_code
        kinds = [m["type"] for m in told]
        last = told[-1] if told else {}
        claim(last.get("type") == "session.closed" and last["reason"] == "server_shutdown" and code == 1001, f"On {how} a session is told session.closed, server_shutdown ({kinds[-4:]}, {code}).")
        if spoken:
            ended = [m for m in told if m.get("trigger") == "speech_ended"]
            claim(len(ended) == 1 and kinds[-3:] == ["measurement.result", "utterance.end", "session.closed"], f"On {how} the utterance that is open is finished first ({len(ended)} last measurement, of {ended[0]['audio_start_ms'] if ended else None} to {ended[0]['audio_end_ms'] if ended else None} ms).")
        else:
            print("SKIPPED: an utterance that is open when the server is stopped: give --wav")
        exited, seconds = server.stop()
        claim(exited is not None and exited >= 0, f"After {how} the server ends by itself (exit code {exited}).")

    # Many sessions that bring more than is read, a client that reads nothing, and half a header.
    server = Server("--speed", "2")
    flooded = plain(server, buffer=4096)
    flooded.settimeout(0)
    half, writer = await asyncio.open_connection(server.host, server.bound)
    writer.write(b"GET / HT")
    results = []

    async def streaming():
        told, code = [], None
        try:
            async with open_socket(server) as ws:
                async def speak():
                    while True:
                        await ws.send(HONEST[: 2 * FRAME])

                speaking = asyncio.create_task(speak())
                try:
                    async for text in ws:
                        told.append(json.loads(text))
                except ConnectionClosed:
                    pass
                speaking.cancel()
                try:
                    await speaking
                except (ConnectionClosed, asyncio.CancelledError):
                    pass
                code = ws.close_code
        except OSError:
            pass
        results.append((told[-1]["type"] if told else None, told[-1].get("reason") if told else None, code))

    streams = [asyncio.create_task(streaming()) for _ in range(20)]
    try:
        while True:
            flooded.send(ws_frame(HONEST[:FRAME]))
    except OSError:
        pass
    await asyncio.sleep(6)
    server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    while server.lives() and time.monotonic() - began < 20:
        await asyncio.sleep(0.05)
    seconds = time.monotonic() - began
    exited, _ = server.stop()
    await asyncio.wait(streams, timeout=10)
    for stream in streams:
        stream.cancel()
    told = sum(r[:2] == ("session.closed", "server_shutdown") for r in results)
    claim(told == 20, f"On SIGTERM each of 20 sessions that bring more than is read is told session.closed, server_shutdown ({told} of 20; others {sorted({str(r) for r in results if r[:2] != ('session.closed', 'server_shutdown')})[:3]}).")
    claim(exited is not None and seconds <= 12, f"With them, one that reads nothing and half a header the server ends within 12 s ({seconds:.1f} s, exit code {exited}).")
    flooded.close()
    writer.close()


async def files_beside_sessions():
    """Files beside sessions, on servers with one thread and with two: how long a session waits."""
    minutes = wav((HONEST * 100)[: 300 * 2 * RATE])
    for threads, files in ((1, 1), (2, 4)):
        server = Server("--speed", "100000", threads=threads)
        try:
            bench = Bench(server)
            await bench.warm()
            _, alone = await bench.honest()
            began = time.monotonic()
            asking = asyncio.gather(*(request(server, "POST", "/predict", minutes, wait=300) for _ in range(files)))
            await asyncio.sleep(0.5)
            waited, wrongs = [], []
            while not waited or not asking.done():
                wrong, seconds = await bench.honest()
                waited.append(seconds)
                wrongs += [wrong] if wrong else []
            statuses = [status for status, _, _ in await asking]
            took = time.monotonic() - began
            what = f"{files} {'file' if files == 1 else 'files'} of 5 minutes at a time on {threads} {'thread' if threads == 1 else 'threads'}"
            claim(not wrongs and set(statuses) == {200}, f"Sessions beside {what} hear what they always hear, and the files are answered ({statuses}, {wrongs[:1]}).")
            claim(max(waited) <= 5 * alone + 2, f"A session of 9 s does not wait for {what} (alone {alone:.1f} s; beside them {max(waited):.1f} s at most of {len(waited)} sessions; the files took {took:.1f} s).")
        finally:
            server.stop()


async def refusals_before_bodies():
    """A refusal that is known before the body has come reaches clients of several kinds."""
    server = Server("--requests", "1")
    held = []
    try:
        reader, writer = await asyncio.open_connection(server.host, server.bound)
        writer.write(f"POST /predict HTTP/1.1\r\nHost: {server.authority}\r\nContent-Length: 1000\r\n\r\nRIFF".encode())
        held.append(writer)
        await asyncio.sleep(0.3)
        body = bytes(1 << 20)

        def plainly(path, host):
            """Python's own client: all of the body is sent before the answer is read."""
            client = http.client.HTTPConnection(server.host, server.bound, timeout=10)
            try:
                client.request("POST", path, body, {"Host": host})
                return client.getresponse().status
            except OSError as error:
                return type(error).__name__
            finally:
                client.close()

        for what, path, host, wanted in (
            ("busy", "/predict", server.authority, 503),
            ("forbidden", "/predict", "evil.example", 403),
            ("not found", "/nothing", server.authority, 404),
            ("too large", "/predict", server.authority, 413),
        ):
            if wanted == 413:
                held.pop().close()
                await asyncio.sleep(0.3)
                body = bytes(26 << 20)
            got = [await asyncio.to_thread(plainly, path, host) for _ in range(10)]
            claim(got == [wanted] * 10, f"That a request is {what} reaches a client that sends all of its body, {len(body) >> 20} MiB, first ({sum(g == wanted for g in got)} of 10 times; {sorted(set(map(str, got)))}).")
    finally:
        for writer in held:
            writer.close()
        server.stop()


async def main():
    only = set(args.only.split(",")) if args.only else None
    wanted = lambda name: only is None or name in only
    bench = Bench(Server("--speed", "100000", "--idle", "20"))
    slow = None
    try:
        await bench.warm()
        if not any(m["type"] == "utterance.end" for m in bench.expected):
            print("SKIPPED: what needs an utterance: give --wav with speech")
        note(f"The honest session of {len(HONEST) / 2 / RATE:.0f} s is told {len(bench.expected)} things, {sum(m['type'] == 'utterance.end' for m in bench.expected)} utterances.")
        if wanted("slow-body") and not args.no_slow:
            slow = asyncio.create_task(slow_body(bench.server))
        for name, attack in TESTS:
            if wanted(name):
                print(f"-- {name} ({time.monotonic() - BEGAN:.0f} s)", flush=True)
                await attack(bench)
        if slow:
            print(f"-- slow-body ({time.monotonic() - BEGAN:.0f} s)", flush=True)
            seconds, said = await slow
            claim(50 <= seconds <= 70 and (said == b"" or b" 408 " in said[:20]), f"A body of one byte a second is refused after a minute ({seconds:.0f} s, {said[:32]!r}).")
    finally:
        code, seconds = bench.server.stop()
    claim(code is not None and code >= 0, f"After all of this the server ends by itself on SIGTERM ({seconds:.1f} s, exit code {code}).")
    for name, more in (("limits", limits), ("shutdown", lambda: shutdown(bench.expected, bench.spoken)), ("files", files_beside_sessions), ("refusals", refusals_before_bodies)):
        if wanted(name):
            print(f"-- {name} ({time.monotonic() - BEGAN:.0f} s)", flush=True)
            await more()


BEGAN = time.monotonic()
asyncio.run(main())
if failures:
    print(f"\n{len(failures)} {'claim does' if len(failures) == 1 else 'claims do'} not hold:", file=sys.stderr)
    for words in failures:
        print(f"  {words}", file=sys.stderr)
    sys.exit(1)
print(f"\nAll claims hold ({time.monotonic() - BEGAN:.0f} s).")
