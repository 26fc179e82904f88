"""Hume's own Python client (PyPI: hume-expression-measurement) against a started `earnest serve`, unchanged but for its address.

    python hume.py http://127.0.0.1:8765 speech.wav expected.json [token]

`speech.wav` is 16 kHz, mono, 16 bits; `expected.json` a list of {start, end, emotion}: the segments of speech that `earnest predict --segments`
finds in it. Prints a transcript; ends with 1 and a sentence if something differs.
"""

import asyncio
import json
import sys
import wave

from hume_expression_measurement import AsyncExpressionMeasurementClient, ExpressionMeasurementClient
from hume_expression_measurement.environment import ExpressionMeasurementClientEnvironment
from hume_expression_measurement.types import AudioConfigUpdate, AudioFileConfig, AudioSessionUpdate, SessionClose

base, path, expected = sys.argv[1:4]
token = sys.argv[4] if len(sys.argv) > 4 else "no token is wanted here"
expected = json.load(open(expected))
environment = ExpressionMeasurementClientEnvironment(base=base, production=base.replace("http", "ws", 1))
FRAME = 3200


def check(holds, sentence):
    if not holds:
        sys.exit(f"FAILED: {sentence}")


def same(utterances, answers, how):
    check(len(utterances) == len(expected), f"{how}: {len(utterances)} utterances, not {len(expected)}")
    for (start, end), answer, segment in zip(utterances, answers, expected):
        check(abs(start - 1000 * segment["start"]) <= 1 and abs(end - 1000 * segment["end"]) <= 1, f"{how}: {start} to {end} ms, not {segment}")
        check(answer == segment["emotion"], f"{how}: {answer} at {start} ms, not {segment}")


with wave.open(path) as w:
    check((w.getframerate(), w.getnchannels(), w.getsampwidth()) == (16000, 1, 2), f"{path} is not 16 kHz, mono, 16 bits")
    pcm = w.readframes(w.getnframes())

# A file.
client = ExpressionMeasurementClient(api_key=token, environment=environment)
answer = client.audio.measure(file=("speech.wav", open(path, "rb")), config=AudioFileConfig(measurement_timer_ms=1000))
last = [m for m in answer.measurements if m.trigger == "speech_ended"]
print(f"file: {answer.received.audio_duration_ms} ms, {len(answer.utterances)} utterances, {len(answer.measurements)} measurements")
same([(u.audio_start_ms, u.audio_end_ms) for u in answer.utterances], [m.expressions[0].name for m in last], "file")

# A session, by both of their clients.
def session(messages):
    utterances = [(m.audio_start_ms, m.audio_end_ms) for m in messages if m.type == "utterance.end"]
    answers = [m.expressions[0].name for m in messages if m.type == "measurement.result" and m.trigger == "speech_ended"]
    return utterances, answers


with client.audio.connect() as socket:
    messages = [socket.recv()]
    check(messages[0].type == "session.created", f"the first message is {messages[0]}")
    socket.send_audio_session_update(AudioSessionUpdate(type="session.update", audio=AudioConfigUpdate(sample_rate=16000), measurement_timer_ms=500))
    messages.append(socket.recv())
    check(messages[1].measurement_timer_ms == 500, f"the second message is {messages[1]}")
    socket.send_audio_frame(pcm[:1601])
    wrong = socket.recv()
    check(wrong.type == "error" and wrong.code == "invalid_audio_frame" and wrong.retryable, f"half a sample: {wrong}")
    for i in range(0, len(pcm), FRAME):
        socket.send_audio_frame(pcm[i : i + FRAME])
    socket.send_audio_session_close(SessionClose(type="session.close"))
    for message in socket:
        messages.append(message)
        if message.type in ("measurement.result", "utterance.start", "utterance.end", "session.closed"):
            words = message.expressions[0] if message.type == "measurement.result" else message.dict()
            print(f"session: {message.type} {getattr(message, 'audio_end_ms', '')} {words}")
        if message.type == "session.closed":
            break
closed = messages[-1]
check(closed.type == "session.closed" and closed.reason == "client_request", f"the last message is {closed}")
check(closed.received.audio_duration_ms == round(len(pcm) / 32), f"received {closed.received}")
same(*session(messages), "session")


async def listen():
    client = AsyncExpressionMeasurementClient(api_key=token, environment=environment)
    async with client.audio.connect() as socket:
        messages = [await socket.recv()]

        async def send():
            for i in range(0, len(pcm), FRAME):
                await socket.send_audio_frame(pcm[i : i + FRAME])
            await socket.send_audio_session_close(SessionClose(type="session.close"))

        sending = asyncio.create_task(send())
        async for message in socket:
            messages.append(message)
            if message.type == "session.closed":
                break
        await sending
        return messages


same(*session(asyncio.run(listen())), "session, asynchronous")
print("Hume's client heard what predict --segments finds, three times.")
