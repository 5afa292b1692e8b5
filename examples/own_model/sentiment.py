"""How does a model of your own become a web service? A tiny logistic regression over words.

`mockserver.yaml` beside this file names `sentiment:score` and declares what goes in and out.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

WEIGHTS = {"good": 1.9, "great": 2.4, "love": 2.2, "bad": -2.1, "boring": -1.8, "waste": -2.6}
BIAS = 0.1


def score(
    rows: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> list[dict[str, str | float]]:
    """Return label and probability for the `Text` of each row."""
    scored: list[dict[str, str | float]] = []
    for row in rows:
        if row["Text"] is None:
            raise ValueError("a review without text cannot be scored")
        words = row["Text"].lower().split()
        margin = BIAS + sum(WEIGHTS.get(word.strip(".,!?"), 0.0) for word in words)
        probability = 1 / (1 + math.exp(-margin))
        label = "positive" if probability >= parameters["threshold"] else "negative"
        scored.append({"Scored Labels": label, "Scored Probabilities": probability})
    return scored
