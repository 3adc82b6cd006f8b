"""One GRPO step of TRL on a random Qwen2-shaped model: the peer of foothold_step.ts.

Reads a job as JSON from standard input, {model, safetensors, check, prompts, generations, promptLength, completionLength,
repetitions, threads, lengths}, and writes one JSON line a repetition, the first of which warms up: {"seconds": …, "peakBytes": …}. The reward is
difflib's ratio between the completion's text and a fixed expert step, as a user of TRL would write it.

`lengths`, where given, holds the length of every completion of every repetition: row i of a batch then samples its
end-of-sequence token as its lengths[repetition][i]-th one and not before, and TRL pads and masks as it always does.
"""

import difflib
import functools
import json
import resource
import sys
import tempfile
import time

import torch
from datasets import Dataset
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    TrainerCallback,
)
from trl import GRPOConfig, GRPOTrainer


END = 1


def word(token: int) -> str:
    """No word is part of another: tokenizers look for special tokens inside of words."""
    return ["<pad>", "<end>"][token] if token <= END else f"w{token}"


def word_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """A word per token id, so that every prompt has exactly the length asked for."""
    tokenizer = Tokenizer(models.WordLevel({word(i): i for i in range(vocabulary)}, unk_token=word(0)))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=word(0), eos_token=word(END))


def load_model(shape: dict, weights: str) -> Qwen2ForCausalLM:
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=shape["vocabSize"],
            hidden_size=shape["hiddenSize"],
            intermediate_size=shape["intermediateSize"],
            num_hidden_layers=shape["numLayers"],
            num_attention_heads=shape["numHeads"],
            num_key_value_heads=shape["numKvHeads"],
            tie_word_embeddings=True,
            max_position_embeddings=shape["maxPositions"],
            rms_norm_eps=shape["rmsNormEps"],
            rope_parameters={"rope_type": "default", "rope_theta": shape["ropeTheta"]},
        )
    )
    missing, unexpected = model.load_state_dict(load_file(weights), strict=False)
    assert missing == ["lm_head.weight"] and not unexpected, (missing, unexpected)  # tied to the embedding
    return model


def check_model(model: Qwen2ForCausalLM, prompt: list[int], completion: list[int]) -> None:
    """Refuses to time a model that is not the same."""
    ids = list(prompt)
    with torch.no_grad():
        for _ in completion:
            ids.append(model(torch.tensor([ids])).logits[0, -1].argmax().item())
    assert ids[len(prompt) :] == completion, f"greedy completion {ids[len(prompt):]} instead of {completion}"


class EndAt(LogitsProcessor):
    """Lets row i end as its lengths[i]-th token and nowhere else."""

    def __init__(self, lengths: list[int], prompt_length: int):
        self.lengths, self.prompt_length = torch.tensor(lengths), prompt_length

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores[:, END] = -torch.inf
        ending = self.lengths == input_ids.shape[1] - self.prompt_length + 1
        scores[ending] = -torch.inf
        scores[ending, END] = 0
        return scores


def control_generation(model: Qwen2ForCausalLM, prompt_length: int, lengths: list[list[int]] | None) -> None:
    """The n-th call of model.generate() samples completions of lengths[n]. Without them a completion ends by chance only,
    one in as many tokens as the vocabulary has, which saves TRL nothing: it pads."""
    generate, remaining = model.generate, iter(lengths or [])

    @functools.wraps(generate)
    def controlled(*args, input_ids: torch.Tensor, **kwargs):
        assert input_ids.shape[1] == prompt_length, f"prompts of {input_ids.shape[1]} tokens, not {prompt_length}"
        if lengths:
            kwargs["logits_processor"] = LogitsProcessorList([EndAt(next(remaining), prompt_length)])
        return generate(*args, input_ids=input_ids, **kwargs)

    model.generate = controlled


def trl_config(job: dict, folder: str) -> GRPOConfig:
    return GRPOConfig(
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


def main() -> None:
    job = json.load(sys.stdin)
    torch.set_num_threads(job["threads"])
    vocabulary = job["model"]["vocabSize"]
    prompt = lambda g: " ".join(word((g * 131 + t * 7919) % vocabulary) for t in range(job["promptLength"]))
    dataset = Dataset.from_dict({"prompt": [prompt(g) for g in range(job["prompts"])] * (job["repetitions"] + 1)})
    expert = " ".join(word(i) for i in range(job["completionLength"]))
    marks: list[float] = []
    seen: list[list[int]] = []

    def reward(completions: list[str], completion_ids: list[list[int]], **_) -> list[float]:
        seen.append([len(ids) for ids in completion_ids])
        return [difflib.SequenceMatcher(None, c, expert, autojunk=False).ratio() for c in completions]

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            self.begin = time.perf_counter()

        def on_step_end(self, *_, **__):
            marks.append(time.perf_counter() - self.begin)

    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = load_model(job["model"], job["safetensors"]), word_tokenizer(vocabulary)
        check_model(model, **job["check"])
        control_generation(model, job["promptLength"], job.get("lengths"))
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=[reward],
            args=trl_config(job, folder),
            train_dataset=dataset,
            processing_class=tokenizer,
            callbacks=[Clock()],
        )
        trainer.train()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    for seconds, lengths in zip(marks, seen, strict=True):
        print(json.dumps({"seconds": seconds, "peakBytes": peak, "lengths": lengths}), flush=True)


if __name__ == "__main__":
    main()
