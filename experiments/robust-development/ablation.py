"""ablation.py EXPERIMENT.toml OUT.toml: the experiment that leaves each lever of `robust` out, on the corpus, sources and conditions of
EXPERIMENT (a file as experiments/robust.toml, of which the recipes are replaced). `ablation.py --table RUN...` prints what came out: macro F
of clean speech and over all other conditions, the mean over the runs, and what each lever is worth."""
import copy, json, pathlib, sys, tomllib

here = pathlib.Path(__file__).parent
CHAIN = tomllib.load(open(here / "../../crates/earnest-augment/chains/robust.toml", "rb"))
RECIPE = tomllib.load(open(here / "../../crates/earnest-model/recipes/robust.toml", "rb"))
TRAINING = ["refit", "max_epochs", "weight_decay", "schedule", "warmup_epochs", "average", "label_smoothing", "class_weights", "learning_rate"]


def of_class(recipe):
    """Without the member that stands in for the SVM where there are values."""
    recipe["members"] = recipe["members"][:3]
    recipe["architecture"]["weights"] = recipe["architecture"]["weights"][:3]
    return recipe


def each(change):
    def of(recipe):
        for member in recipe["members"]:
            change(member)

    return of


def only(keep):
    def of(recipe):
        recipe["members"] = [recipe["members"][i] for i in keep]
        recipe["architecture"]["weights"] = [recipe["architecture"]["weights"][i] for i in keep]

    return of


def without(*keys):
    return each(lambda member: [member.pop(key, None) for key in keys])


def unlevelled(member):
    member["features"] = member["features"]["of"]


def unpooled(member):
    if member["architecture"]["kind"] == "crnn":
        member["architecture"].pop("pooling")


def chain(*left_out, unchanged=True):
    steps = [step for step in CHAIN["steps"] if step["transform"] not in left_out]
    return {**({"unchanged": CHAIN["unchanged"]} if unchanged else {}), "steps": steps}


VARIANTS = {
    "whole": None,
    "no-level": each(unlevelled),
    "no-clip": without("clip"),
    "no-segment-mean": without("normalise"),
    "no-refit": without("refit"),
    "no-statistics": each(unpooled),
    "paper-training": without(*TRAINING),
    "no-noisy-validation": lambda recipe: recipe.pop("validation_copies"),
    "no-svm": only([1, 2]),
    "no-logmel": only([0, 2]),
    "no-descriptors": only([0, 1]),
    "paper-chain": lambda recipe: recipe.update(chain="paper"),
}
CHAINS = {
    "no-clean-speech": chain(unchanged=False),
    "no-simulated-room": chain("simulated_room"),
    "no-measured-room": chain("room"),
    "no-machines": chain("fan", "motor", "coloured_noise"),
    "no-recorded-noise": chain("noise"),
    "no-microphone": chain("tilt", "microphone", "clipping", "packet_drop"),
    "no-loudness": chain("loudness"),
    "no-tempo": chain("tempo"),
}
for name in CHAINS:
    VARIANTS[name] = lambda recipe, name=name: recipe.update(chain=name)


def value(x):
    if isinstance(x, bool):
        return str(x).lower()
    if isinstance(x, (int, float)):
        return repr(x)
    if isinstance(x, dict):
        return "{ " + ", ".join(f"{k} = {value(v)}" for k, v in x.items()) + " }"
    if isinstance(x, list):
        return "[" + ", ".join(map(value, x)) + "]"
    return json.dumps(x)


def table(name, content, lines):
    """A table, its inner tables inline and its lists of tables after it."""
    lines.append(f"\n[[{name}]]")
    inner = {k: v for k, v in content.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    lines += [f"{k} = {value(v)}" for k, v in content.items() if k not in inner]
    for key, tables in inner.items():
        for one in tables:
            table(f"{name}.{key}", one, lines)


def write(source, out):
    experiment = tomllib.load(open(source, "rb"))
    recipes = []
    for name, change in VARIANTS.items():
        recipe = of_class(copy.deepcopy(RECIPE))
        recipe["name"] = name
        if change:
            change(recipe)
        recipes.append(recipe)
    experiment["tasks"], experiment["recipes"] = ["categorical"], recipes
    experiment["name"] += "-ablation"
    lines = [f"# Made by {pathlib.Path(__file__).name}."]
    tables = {k: v for k, v in experiment.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    lines += [f"{k} = {value(v)}" for k, v in experiment.items() if k not in tables]
    for name, content in CHAINS.items():
        lines.append(f"\n[chains.{name}]")
        lines += [f"{k} = {value(v)}" for k, v in content.items() if k != "steps"]
        for step in content["steps"]:
            lines.append(f"[[chains.{name}.steps]]")
            lines += [f"{k} = {value(v)}" for k, v in step.items()]
    for name, contents in tables.items():
        for content in contents:
            table(name, content, lines)
    pathlib.Path(out).write_text("\n".join(lines) + "\n")


def show(runs):
    sys.argv = ["goals.py"]
    from goals import macro_f, read

    rows = {}
    for run in runs:
        for (_, name), conditions in read(run).items():
            f = {c: macro_f([(t, a) for _, _, t, a in rows_]) for c, rows_ in conditions.items()}
            robot = [x for c, x in f.items() if c != "clean"]
            rows.setdefault(name, []).append((f["clean"], sum(robot) / len(robot)))
    mean = {n: [sum(x[i] for x in r) / len(r) for i in (0, 1)] for n, r in rows.items() if len(r) == len(runs)}
    full = mean["whole"]
    print("| left out | clean | robot | clean, worth | robot, worth |\n|---|---:|---:|---:|---:|")
    for name, (clean, robot) in mean.items():
        worth = [f"{full[i] - x:+.3f}" if name != "whole" else "" for i, x in enumerate((clean, robot))]
        print(f"| {name} | {clean:.3f} | {robot:.3f} | {worth[0]} | {worth[1]} |".replace("0.", "."))


if sys.argv[1:2] == ["--table"]:
    show(sys.argv[2:])
else:
    write(*sys.argv[1:3])
