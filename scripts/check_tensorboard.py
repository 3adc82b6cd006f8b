"""Read the event files of a run with the tensorboard package and compare every value with metrics.jsonl.

    pip install tensorboard==2.21.0
    python scripts/check_tensorboard.py runs/first

Ends with 1 and a list of differences where there are any.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator


def expected(run: Path) -> dict[str, list[tuple[int, float]]]:
    series = defaultdict(list)
    for line in (run / "metrics.jsonl").read_text().splitlines():
        metrics = json.loads(line)
        step = metrics.pop("step")
        for name, value in metrics.items():
            if isinstance(value, (int, float)):
                tag = f"eval/{name[5:]}" if name.startswith("eval_") else f"train/{name}"
                series[tag].append((step, float(np.float32(value))))
    return series


def found(run: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={SCALARS: 0})
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def main() -> int:
    run = Path(sys.argv[1])
    wanted, got = expected(run), found(run)
    wrong = [tag for tag in sorted({*wanted, *got}) if wanted.get(tag) != got.get(tag)]
    for tag in wrong:
        print(f"{tag}: metrics.jsonl {wanted.get(tag)}, event files {got.get(tag)}")
    print(f"{len(wanted)} tags, {sum(map(len, wanted.values()))} values, {len(wrong)} tags differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
