"""One GRPO step of TRL on a random Qwen2-shaped model: the peer of foothold_step.ts.

Reads a job as JSON from standard input, {model, prompts, generations, promptLength, completionLength, repetitions}, and
writes one JSON line a repetition: {"seconds": …, "peakBytes": …}. The reward is difflib's ratio between the completion's
text and a fixed expert step, as a user of TRL would write it.
"""

import difflib
import json
import resource
import sys
import tempfile
import time

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


def word_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """A word per token id, so that every prompt has exactly the length asked for."""
    words = {f"w{i}": i for i in range(vocabulary)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # No token ends a completion: every one is sampled to its full length, as in the job.
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="w0", eos_token="w1", padding_side="left")


def build_model(shape: dict) -> Qwen2ForCausalLM:
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=shape["vocabSize"],
            hidden_size=shape["hiddenSize"],
            intermediate_size=shape["intermediateSize"],
            num_hidden_layers=shape["numLayers"],
            num_attention_heads=shape["numHeads"],
            num_key_value_heads=shape["numKvHeads"],
            tie_word_embeddings=True,
            max_position_embeddings=4096,
        )
    )
    model.generation_config.eos_token_id = None
    return model


def main() -> None:
    job = json.load(sys.stdin)
    torch.set_num_threads(job["threads"])
    vocabulary = job["model"]["vocabSize"]
    prompt = lambda g: " ".join(f"w{(g * 131 + t * 7919) % vocabulary}" for t in range(job["promptLength"]))
    dataset = Dataset.from_dict({"prompt": [prompt(g) for g in range(job["prompts"])] * (job["repetitions"] + 1)})
    expert = " ".join(f"w{i}" for i in range(job["completionLength"]))
    reward = lambda completions, **_: [difflib.SequenceMatcher(None, c, expert, autojunk=False).ratio() for c in completions]
    marks: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            self.begin = time.perf_counter()

        def on_step_end(self, *_, **__):
            marks.append(time.perf_counter() - self.begin)

    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=job["prompts"] * job["generations"],
            num_generations=job["generations"],
            max_completion_length=job["completionLength"],
            max_steps=job["repetitions"] + 1,
            learning_rate=1e-6,
            beta=0.0,
            temperature=1.0,
            loss_type="grpo",
            gradient_checkpointing=False,
            bf16=False,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            shuffle_dataset=False,
            use_cpu=True,
        )
        trainer = GRPOTrainer(
            model=build_model(job["model"]),
            reward_funcs=[reward],
            args=config,
            train_dataset=dataset,
            processing_class=word_tokenizer(vocabulary),
            callbacks=[Clock()],
        )
        trainer.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for seconds in marks[1:]:  # the first step warms up
        print(json.dumps({"seconds": seconds, "peakBytes": peak}), flush=True)


if __name__ == "__main__":
    main()
