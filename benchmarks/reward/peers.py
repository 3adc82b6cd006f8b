"""SequenceMatcher of CPython and its native peers, timed for run.ts in seconds of processor time. Reads one JSON request a line, answers one line.

    {"load": pairs file}                           remember the pairs
    {"run": contender, "autojunk": bool, "grouped": bool, "count": n}   time it on the first n pairs of the file
"""

import json
import sys
import time
from difflib import SequenceMatcher

import cdifflib
import cydifflib
import difflib_fast


def by_class(matcher_class):
    """One matcher a pair; one a group where pairs that share b lie together, as the documentation advises."""

    def run(pairs, autojunk, grouped):
        if not grouped:
            return [matcher_class(None, a, b, autojunk).ratio() for a, b in pairs]
        ratios = []
        last = None
        matcher = matcher_class(None, "", "", autojunk)
        for a, b in pairs:
            if b is not last:
                matcher.set_seq2(b)
                last = b
            matcher.set_seq1(a)
            ratios.append(matcher.ratio())
        return ratios

    return run


CONTENDERS = {
    "CPython difflib": by_class(SequenceMatcher),
    "cdifflib": by_class(cdifflib.CSequenceMatcher),
    "cydifflib": by_class(cydifflib.SequenceMatcher),
    "difflib-fast, batch": lambda pairs, autojunk, grouped: difflib_fast.ratio(pairs, threads=1),
    "difflib-fast, one by one": lambda pairs, autojunk, grouped: [difflib_fast.ratio(a, b) for a, b in pairs],
}

pairs = []
for line in sys.stdin:
    request = json.loads(line)
    if "load" in request:
        with open(request["load"], encoding="utf-8") as file:
            shared = {}
            pairs = [(a, shared.setdefault(b, b)) for a, b in json.load(file)]
        answer = {"python": sys.version.split()[0]}
    else:
        run = CONTENDERS[request["run"]]
        begin = time.process_time()
        ratios = run(pairs[: request["count"]], request["autojunk"], request["grouped"])
        answer = {"seconds": time.process_time() - begin, "ratios": ratios}
    print(json.dumps(answer), flush=True)
