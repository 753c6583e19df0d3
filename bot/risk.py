"""How much may be claimed: thresholds with an exact bound on wrong answers, and lists that contain the true intent.

The bound is Clopper and Pearson's (1934, "The use of confidence or fiducial limits"): exact for any number of questions.
Thresholds are walked from strict to lenient and the walk ends at the first that fails (fixed-sequence testing, as in
Angelopoulos et al. 2021, "Learn then Test"), so that choosing one does not weaken the level. Arithmetic only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class Judged(msgspec.Struct, frozen=True):
    """One held-out question: how sure the bot is of its likeliest intent (0 to 1), and whether that is the true one.

    `ours` is False for a question that none of the intents should answer; it is never right to answer it.
    """

    sure: float
    right: bool
    ours: bool = True


class Claim(msgspec.Struct, frozen=True):
    """What a compiled bot claims, and on what: `bound` is the most answers that are wrong, at confidence `level`.

    It was counted on `questions` held-out questions, `foreign` of them not ours: `answered` of them answered, `wrong`
    of these wrongly. `bound` is 1 where the questions support no claim. `refused` counts foreign questions not answered.
    """

    risk: float
    level: float
    questions: int = 0
    foreign: int = 0
    answered: int = 0
    wrong: int = 0
    refused: int = 0
    bound: float = 1.0
    listed: float = 0.0
    asked: int = 0
    source: str = ""

    def words(self) -> str:
        """Return the claim in words; it says so where nothing is claimed."""
        told = f"{self.questions} held-out questions ({self.source}), {self.foreign} of them not of its subject"
        if self.bound > self.risk:
            needed = fewest(self.risk, self.level)
            return (
                f"Claims no bound on wrong answers: {told}, do not support one of {100 * self.risk:g} % "
                f"at {100 * self.level:g} % confidence (with no error at all that takes {needed} answered questions; here "
                f"{self.wrong} of {self.answered} answers were wrong, which supports {100 * self.bound:.1f} %)."
            )
        text = (
            f"Claims, at {100 * self.level:g} % confidence, that at most {100 * self.bound:.1f} % of its answers are wrong "
            f"on questions like these: {told}; it answered {self.answered}, {self.wrong} of them wrongly."
        )
        if self.foreign:
            text += f" It left {self.refused} of the {self.foreign} unanswered."
        if self.asked:
            text += (
                f" Where it asks back, its list holds the true intent for {100 * self.listed:g} % of such questions on average"
                f" (conformal, from {self.asked})."
            )
        return text


def upper_bound(wrong: int, of: int, level: float) -> float:
    """Return the greatest rate that `wrong` errors in `of` trials leave possible at confidence `level` (one-sided, exact).

    >>> round(upper_bound(0, 149, 0.95), 4), round(upper_bound(1, 236, 0.95), 4)
    (0.0199, 0.0199)
    """
    if of == 0 or wrong >= of:
        return 1.0
    low, high = wrong / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(wrong, of, middle) > 1 - level else (low, middle)
    return high


def _at_most(wrong: int, of: int, rate: float) -> float:
    """Return the probability of at most `wrong` errors in `of` trials at the rate (binomial)."""
    if rate <= 0.0:
        return 1.0
    if rate >= 1.0:
        return 0.0
    logs = [
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * math.log(rate) + (of - k) * math.log1p(-rate)
        for k in range(wrong + 1)
    ]
    return min(1.0, sum(math.exp(v) for v in logs))


def fewest(risk: float, level: float) -> int:
    """Return how many answers without an error support the bound `risk`.

    >>> fewest(0.02, 0.95)
    149
    """
    return math.ceil(math.log(1 - level) / math.log(1 - risk))


STEPS = 200


def threshold(judged: Sequence[Judged], risk: float, level: float) -> float | None:
    """Return the lowest threshold whose wrong answers are bounded by `risk`; None where no threshold's are."""
    found = None
    for step in range(STEPS, -1, -1):
        at = step / STEPS
        answered = [j for j in judged if j.sure >= at]
        if len(answered) < fewest(risk, level):
            continue  # too few to tell: not a test that failed, one that was not made
        if upper_bound(sum(not j.right for j in answered), len(answered), level) > risk:
            break
        found = at
    return found


def claim(judged: Sequence[Judged], at: float, risk: float, level: float, source: str) -> Claim:
    """Return what the questions support for a bot that answers from the threshold `at`."""
    answered = [j for j in judged if j.sure >= at]
    wrong = sum(not j.right for j in answered)
    foreign = [j for j in judged if not j.ours]
    return Claim(
        risk,
        level,
        questions=len(judged),
        foreign=len(foreign),
        answered=len(answered),
        wrong=wrong,
        refused=sum(j.sure < at for j in foreign),
        bound=upper_bound(wrong, len(answered), level),
        source=source,
    )


def conformal(scores: Sequence[float], cover: float) -> float:
    """Return the score that a new true intent reaches with probability `cover` at least (split conformal prediction).

    `scores` are what the true intents of held-out questions scored; too few of them give 0: list everything.
    """
    rank = math.floor((len(scores) + 1) * (1 - cover))
    return sorted(scores)[rank - 1] if rank >= 1 else 0.0


def calibration_error(sure: Sequence[float], right: Sequence[bool], bins: int = 15) -> float:
    """Return the expected calibration error (Guo et al. 2017): mean gap between confidence and accuracy over equal bins."""
    return sum(n * abs(mean - share) for _, n, mean, share in reliability(sure, right, bins)) / max(1, len(sure))


def reliability(sure: Sequence[float], right: Sequence[bool], bins: int = 15) -> list[tuple[float, int, float, float]]:
    """Return (lower edge, questions, mean confidence, share right) of every bin that is not empty."""
    rows = []
    for b in range(bins):
        inside = [(s, r) for s, r in zip(sure, right, strict=True) if min(int(s * bins), bins - 1) == b]
        if inside:
            n = len(inside)
            rows.append((b / bins, n, sum(s for s, _ in inside) / n, sum(r for _, r in inside) / n))
    return rows


def roc_area(ours: Sequence[float], foreign: Sequence[float]) -> float:
    """Return the area under the ROC curve: how often a question of ours scores above a foreign one (ties count half)."""
    ranked = sorted([(s, 1) for s in ours] + [(s, 0) for s in foreign])
    total, i = 0.0, 0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        total += sum(mine for _, mine in ranked[i:j]) * (i + j + 1) / 2
        i = j
    n, m = len(ours), len(foreign)
    return (total - n * (n + 1) / 2) / (n * m) if n and m else float("nan")


def false_positives(ours: Sequence[float], foreign: Sequence[float], kept: float = 0.95) -> float:
    """Return the share of foreign questions above the score that `kept` of ours reach (FPR at 95 % TPR)."""
    if not ours or not foreign:
        return float("nan")
    at = sorted(ours)[math.floor((1 - kept) * len(ours))]
    return sum(s >= at for s in foreign) / len(foreign)
