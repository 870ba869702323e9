"""The thermometer of a front end in C: a bit is 1 where its feature reaches its threshold."""

from __future__ import annotations

from exporters.c.part import indented, words
from zoo.frontends import ThermometerFrontEnd

# Features are sums of at most 24 differences of logs below 464, or counts up to 4,096: a threshold beyond
# this decides nothing more.
MAX_FEATURE = 1 << 15


def thermometer_code(fe: ThermometerFrontEnd) -> str:
    """`$name_encode`, one statement a bit."""
    lines = ["uint32_t w;"]
    for word in range(words(fe.n_bits)):
        lines.append("w = 0;")
        for i in range(32 * word, min(32 * word + 32, fe.n_bits)):
            test = f"features[{fe.feature[i]}] >= {clipped_threshold(fe, i)}"
            lines.append(f"w |= (uint32_t)({test}) << {i % 32};")
        lines.append(f"bits[{word}] = w;")
    return f"void $name_encode(const int32_t *features, uint32_t *bits)\n{{\n{indented(lines)}}}\n"


def clipped_threshold(fe: ThermometerFrontEnd, i: int) -> int:
    """The threshold of bit i, or one that decides the same and is a short literal."""
    return max(-MAX_FEATURE, min(MAX_FEATURE, int(fe.threshold[i])))
