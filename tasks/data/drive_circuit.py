r"""The drive circuit whose sound is learned: an overdrive pedal's clipping stage and tone control.

                 Rf, Cf, two diodes
              +---/\/\/--||--|<|>|---+
              |                      |
    v --+     +----|-\               |
        |          |  >--------------+---/\/\/ Rt ---+--- y
        +----------|+/                               |
              |                                     === Ct
              +---/\/\/ Rg --- || Cg --- ground      |

An ideal amplifier keeps both its inputs at `v`, so Rg and Cg draw `i = (v - v_g) / Rg`, all of which flows
through the feedback. With v_g the voltage over Cg, v_d over the diodes and v_t over Ct:

    Cg dv_g/dt = i
    Cf dv_d/dt = i - v_d / Rf - 2 Is sinh(v_d / (n VT))
    Ct dv_t/dt = (v + v_d - v_t) / Rt

The clipping stage is the textbook one of overdrive pedals (D. T. Yeh, J. S. Abel, J. O. Smith, "Simplified,
physically-informed models of distortion and overdrive guitar effects pedals", 2007); the values are this
project's choice. Solved by the trapezoidal rule at eight times the audio rate, v_d by Newton's method, in
float64 throughout, rounded once at the end.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from tasks.data.shots import resample
from zoo.compiled import compiled

Float64 = npt.NDArray[np.float64]

OVERSAMPLING = 8


@dataclass(frozen=True)
class DriveCircuit:
    """Parts of the circuit, in ohms, farads, amperes and volts.

    Args:
        rg: With `cg` a high pass at 720 Hz in what is amplified.
        cg: See above.
        rf: Gain 33 where no diode conducts.
        cf: Rounds the corners.
        saturation: Is of a 1N4148.
        thermal: n VT of a 1N4148 at 27 degrees Celsius.
        rt: With `ct` a low pass at 723 Hz.
        ct: See above.
        volts: At the input for a full-scale sample.
        level: Full scale at the output for a volt.
    """

    rg: float = 4_700.0
    cg: float = 47e-9
    rf: float = 151e3
    cf: float = 51e-12
    saturation: float = 2.52e-9
    thermal: float = 1.752 * 0.02585
    rt: float = 1_000.0
    ct: float = 220e-9
    volts: float = 0.5
    level: float = 1.2

    def play(self, samples: npt.NDArray[np.int16], rate: int) -> npt.NDArray[np.int16]:
        """int16 (n,) at a rate in Hz -> int16 (n,): what comes out; no delay."""
        high = rate * OVERSAMPLING
        volts = resample(samples / 32_768, rate, high) * self.volts
        sound = resample(solve(volts, 1 / high, *astuple(self)[:8]), high, rate)[: len(samples)]
        return np.clip(np.rint(sound * (32_768 * self.level)), -32_768, 32_767).astype(np.int16)


@compiled()
def solve(
    v: Float64,
    step: float,
    rg: float,
    cg: float,
    rf: float,
    cf: float,
    saturation: float,
    thermal: float,
    rt: float,
    ct: float,
) -> Float64:
    """float64 (n,) volts in, `step` seconds apart -> float64 (n,) volts out."""
    out = np.empty_like(v)
    before = v_g = v_d = slope = v_t = mixed = 0.0
    g, f, t = step / (2 * rg * cg), step / (2 * cf), step / (2 * rt * ct)
    for k in range(len(v)):
        v_g = (v_g * (1 - g) + g * (v[k] + before)) / (1 + g)
        before = v[k]
        current = (v[k] - v_g) / rg
        known = v_d + f * (slope + current)
        for _ in range(60):
            up = saturation * math.exp(v_d / thermal)
            down = saturation * math.exp(-v_d / thermal)
            change = (v_d + f * (v_d / rf + up - down) - known) / (1 + f * (1 / rf + (up + down) / thermal))
            change = min(thermal, max(-thermal, change))
            v_d -= change
            if abs(change) < 1e-12:
                break
        up, down = saturation * math.exp(v_d / thermal), saturation * math.exp(-v_d / thermal)
        slope = current - v_d / rf - up + down
        v_t = (v_t * (1 - t) + t * (v[k] + v_d + mixed)) / (1 + t)
        mixed = v[k] + v_d
        out[k] = v_t
    return out
