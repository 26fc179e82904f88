"""check.py EARNEST RECORDING: holds what the program writes to the schemas beside this file, and the server's description of itself to
OpenAPI's. Needs `pip install jsonschema`."""
import json
import pathlib
import subprocess
import sys

from jsonschema import Draft202012Validator

earnest, recording = sys.argv[1:3]
here = pathlib.Path(__file__).parent
for schema, arguments in [
    ("segment", ["predict", "--segments", "--json", recording]),
    ("event", ["listen", "--answers", "4", recording]),
]:
    rules = json.loads((here / f"{schema}.json").read_text())
    Draft202012Validator.check_schema(rules)
    check = Draft202012Validator(rules)
    lines = subprocess.run([earnest, *arguments], check=True, capture_output=True, text=True).stdout.splitlines()
    assert lines, arguments
    for line in lines:
        check.validate(json.loads(line))
    # What no program should write is refused.
    broken = {**json.loads(lines[-1]), "speech": "yes", "heard": "long", "end": "late"}
    assert not check.is_valid(broken), f"{schema}.json refuses nothing"
    print(f"{len(lines)} lines of `earnest {arguments[0]}` are as {schema}.json says")
api = json.loads((here / "../../crates/earnest-live/src/server/openapi.json").read_text())
for schema in api["components"]["schemas"].values():
    Draft202012Validator.check_schema(schema)
print("the schemas of openapi.json are schemas")
