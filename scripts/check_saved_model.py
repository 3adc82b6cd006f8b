"""Does transformers compute with a folder saved by Foothold what Foothold computes?

    python scripts/check_saved_model.py FOLDER LOGITS.json

FOLDER holds config.json and the safetensors that Foothold wrote. LOGITS.json is {"tokens": [ids], "logits": [T · V
numbers]}, one row written by Foothold, for example with

    const policy = await Policy.load({ config, format: 'safetensors', files, device: 'cpu', dtype: 'float32' });
    const logits = await policy.logits(Int32Array.from(tokens));
    writeFileSync('logits.json', JSON.stringify({ tokens, logits: [...logits] }));

Exit status 0 when the largest difference is below 1e-4 of the largest logit. Needs torch and transformers
(scripts/fixtures/requirements.txt). Run by hand; the tests do not need it.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

TOLERANCE = 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare a saved model's logits in transformers with Foothold's.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("logits", type=Path)
    arguments = parser.parse_args()

    dump = json.loads(arguments.logits.read_text())
    model, report = AutoModelForCausalLM.from_pretrained(
        arguments.folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        if report[kind]:
            sys.exit(f"{arguments.folder}: {kind.replace('_', ' ')}: {sorted(map(str, report[kind]))}")
    with torch.no_grad():
        expected = model.eval()(torch.tensor([dump["tokens"]])).logits[0]
    actual = torch.tensor(dump["logits"])
    if actual.numel() != expected.numel():
        sys.exit(f"{arguments.logits}: {actual.numel()} logits where {expected.numel()} are expected.")
    error = ((actual.reshape(expected.shape) - expected).abs().max() / expected.abs().max()).item()
    print(f"largest difference {error:.2e} of the largest logit over {len(dump['tokens'])} tokens")
    if not error < TOLERANCE:
        sys.exit(f"This is more than {TOLERANCE}: the saved model is not the one that made {arguments.logits}.")


if __name__ == "__main__":
    main()
