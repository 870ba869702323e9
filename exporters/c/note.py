"""The note tracker in C: crossings timed to a sixteenth of a sample, one division a frame by subtractions."""

from __future__ import annotations

from exporters.c.filterbank import LOG2
from exporters.c.part import Part, indented
from exporters.c.thermometer import thermometer_code
from zoo.frontends import NoteTracker
from zoo.frontends.filterbank import INPUT_SHIFT
from zoo.frontends.note import CHANGE, LEVEL_SHIFT, LONGEST, MAX_AGE, NEAR, PERIODS, PITCH_BITS, TIME_BITS

PROTOTYPE = """
/*
 * The features of a frame from controls instead of samples: a phase increment in 2^-17 cycles a sample, below
 * 2^15, and a loudness as features[1] has it. $name_features does it with what it measures; $name_encode
 * comes next.
 */
void $name_note($name_state *s, int32_t increment, int32_t loudness, int32_t *features);
"""


def note_part(fe: NoteTracker) -> Part:
    """`$name_features`, `$name_note` and `$name_encode`, and their state."""
    stages, depth = len(fe.low) + 3, max(fe.lags)
    fields = [
        f"int32_t low[{stages}]; /* low passes, the slow one, followers of band and input */",
        "int32_t before, armed; /* the band's last sample; whether it was low since the last crossing */",
        "uint32_t since, periods, lasted; /* since the last crossing; periods measured, and their time */",
        f"uint32_t period[{PERIODS + 1}]; /* the latest ones, newest first, in sixteenths of a sample */",
        "int32_t increment; /* the pitch found last */",
        f"int32_t loud[{depth}]; /* of the frames before, latest first */",
        "int32_t rose, fell, note; /* frames ago; the increment of the note */",
    ]
    init = [
        f"for (i = 0; i < {stages}; i++)",
        "    s->low[i] = 0;",
        "s->before = s->armed = s->increment = 0;",
        f"s->since = {LONGEST};",
        "s->periods = s->lasted = 0;",
        f"for (i = 0; i < {PERIODS + 1}; i++)",
        "    s->period[i] = 0;",
        f"for (i = 0; i < {depth}; i++)",
        f"    s->loud[i] = {fe.silence};",
        f"s->rose = s->fell = {MAX_AGE};",
        "s->note = 0;",
    ]
    code = (
        f"{LOG2}{_crossing(fe)}{_measure()}"
        "void $name_note($name_state *s, int32_t increment, int32_t loudness, int32_t *features)\n"
        f"{{\n{indented(_note(fe))}}}\n\n"
        "void $name_features($name_state *s, const int16_t *samples, int32_t *features)\n"
        f"{{\n{indented(_features(fe))}}}\n\n{thermometer_code(fe)}"
    )
    return Part(fields, init, code, prototypes=PROTOTYPE)


def _crossing(fe: NoteTracker) -> str:
    """An upward crossing between two samples: when it was, and what it does to the measurement."""
    body = [
        "int32_t whole = band - s->before, left = -s->before;",
        "uint32_t part = 0, rest, period, apart, k;",
        f"for (k = 0; k < {TIME_BITS}; k++) {{",
        "    left += left;",
        "    part += part;",
        "    if (left >= whole) {",
        "        left -= whole;",
        "        part++;",
        "    }",
        "}",
        f"rest = {1 << TIME_BITS}u - part;",
        "period = s->since - rest;",
        "s->since = rest;",
        "apart = period > s->period[0] ? period - s->period[0] : s->period[0] - period;",
        f"if (!s->periods || apart > s->period[0] >> {NEAR})",
        "    s->periods = s->lasted = 0;",
        f"for (k = {PERIODS}; k; k--)",
        "    s->period[k] = s->period[k - 1];",
        "s->period[0] = period;",
        "s->periods++;",
        "s->lasted += period;",
        f"while (s->periods > 2 && (s->periods > {PERIODS} || s->lasted > {fe.window << TIME_BITS}u))",
        "    s->lasted -= s->period[--s->periods];",
    ]
    says = "/* An upward crossing between the last sample and this one. */\n"
    return f"{says}static void $name_crossing($name_state *s, int32_t band)\n{{\n{indented(body)}}}\n\n"


def _measure() -> str:
    """Periods by their time, by shifts and subtractions."""
    body = [
        f"uint32_t number = s->periods << {PITCH_BITS + 2 + TIME_BITS}, found = 0;",
        "int32_t bit;",
        f"if (s->periods < 2 || number >= s->lasted << {PITCH_BITS})",
        "    return;",
        f"for (bit = {PITCH_BITS - 1}; bit >= 0; bit--)",
        "    if (number >= s->lasted << bit) {",
        "        number -= s->lasted << bit;",
        "        found += 1u << bit;",
        "    }",
        "s->increment = (int32_t)found;",
    ]
    return f"static void $name_measure($name_state *s)\n{{\n{indented(body)}}}\n\n"


def _features(fe: NoteTracker) -> list[str]:
    """The filters over a hop, then what they found."""
    slow = len(fe.low)
    names = [*(f"low{k}" for k in range(slow)), "slow", "height", "input"]
    return [
        "int32_t n, x, band;",
        *(f"int32_t {name} = s->low[{k}];" for k, name in enumerate(names)),
        "for (n = 0; n < $NAME_HOP; n++) {",
        f"    x = (int32_t)((uint32_t)(int32_t)samples[n] << {INPUT_SHIFT});",
        f"    input += ((x < 0 ? -x : x) - input) >> {LEVEL_SHIFT};",
        *(
            line
            for k, shift in enumerate(fe.low)
            for line in (f"    low{k} += (x - low{k}) >> {shift};", f"    x = low{k};")
        ),
        f"    slow += (x - slow) >> {fe.high};",
        "    band = x - slow;",
        f"    height += ((band < 0 ? -band : band) - height) >> {LEVEL_SHIFT};",
        f"    s->since += {1 << TIME_BITS}u;",
        f"    if (s->since > {LONGEST}u)",
        f"        s->since = {LONGEST};",
        "    if (band < -(height >> 1))",
        "        s->armed = 1;",
        "    if (s->armed && s->before <= 0 && band > 0) {",
        "        s->armed = 0;",
        "        $name_crossing(s, band);",
        "    }",
        "    s->before = band;",
        "}",
        *(f"s->low[{k}] = {name};" for k, name in enumerate(names)),
        "$name_measure(s);",
        f"x = $name_log2((uint32_t)(input >> {INPUT_SHIFT}) + {fe.floor}u);",
        "$name_note(s, s->increment, x, features);",
    ]


def _note(fe: NoteTracker) -> list[str]:
    """Differences, ages, bits."""
    depth, ages = max(fe.lags), 2 + len(fe.lags)
    return [
        "int32_t i, apart = increment - s->note;",
        "features[0] = increment;",
        "features[1] = loudness;",
        *(f"features[{2 + i}] = loudness - s->loud[{lag - 1}];" for i, lag in enumerate(fe.lags)),
        f"for (i = {depth - 1}; i; i--)",
        "    s->loud[i] = s->loud[i - 1];",
        "s->loud[0] = loudness;",
        f"s->rose += s->rose < {MAX_AGE};",
        f"s->fell += s->fell < {MAX_AGE};",
        f"if (features[2] >= {fe.rise} || (apart < 0 ? -apart : apart) > increment >> {CHANGE}) {{",
        "    s->rose = 0;",
        "    s->note = increment;",
        "}",
        f"if (features[2] <= -{fe.rise})",
        "    s->fell = 0;",
        f"features[{ages}] = s->rose;",
        f"features[{ages + 1}] = s->fell;",
        f"for (i = 0; i < {PITCH_BITS}; i++)",
        f"    features[{ages + 2} + i] = (increment >> ({PITCH_BITS - 1} - i)) & 1;",
    ]
