"""Real loops of the third test set and of validation: their sources, and what their licence lets us ship."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tasks.data.clip import Clip
from tasks.data.shots import read_mono

LABELS = Path(__file__).parent / "labels" / "real_loops" / "labels.json"
VALIDATION_LABELS = LABELS.parents[1] / "validation_loops" / "labels.json"

_SONIC_PI, _LMMS = "sonic-pi-samples", "lmms-common"
_FOLDERS = {_SONIC_PI: "usr/share/sonic-pi/samples", _LMMS: "usr/share/lmms/samples/beats"}


@dataclass(frozen=True)
class Loop:
    """One loop.

    Args:
        file: File name in its package.
        package: Debian package.
        authors: Who published it.
        licence: SPDX expression.
        ships: Whether the audio comes with this repository; the labels always do.
        labels: The file with its labels.
    """

    file: str
    package: str
    authors: str
    licence: str
    ships: bool = True
    labels: Path = LABELS

    @property
    def name(self) -> str:
        """File name without its ending."""
        return Path(self.file).stem

    def path(self, packages: Path) -> Path:
        """Where it lies below the folder of unpacked packages."""
        return packages / self.package / _FOLDERS[self.package] / self.file

    def read(self, packages: Path) -> npt.NDArray[np.int16]:
        """int16 (n,) mono at 44,100 Hz, at its own level.

        Raises:
            AudioError: The file is missing or cannot be read.
        """
        return np.clip(np.rint(read_mono(self.path(packages)) * 32_767), -32_768, 32_767).astype(np.int16)

    def clip(self, packages: Path) -> Clip:
        """The loop with its labels.

        Raises:
            AudioError: As `read`.
        """
        milliseconds = json.loads(self.labels.read_text(encoding="utf-8"))[self.name]
        onsets = np.array(milliseconds, np.float64) / 1000
        return Clip(self.name, self.read(packages), onsets, self.package, self.licence)


_CC0, _GPL = "CC0-1.0", "GPL-2.0-or-later"

# Uploaders dedicated the Amen loops to the public domain, but the recording they sample is commercially
# owned.
LOOPS = (
    Loop("loop_amen.flac", _SONIC_PI, "Dolfeus", _CC0, ships=False),
    Loop("loop_amen_full.flac", _SONIC_PI, "gowers", _CC0, ships=False),
    Loop("loop_tabla.flac", _SONIC_PI, "lezaarth", _CC0),
    Loop("loop_compus.flac", _SONIC_PI, "godspine", _CC0),
    Loop("loop_safari.flac", _SONIC_PI, "nemaavla", _CC0),
    Loop("loop_mika.flac", _SONIC_PI, "mika55", _CC0),
    Loop("loop_garzul.flac", _SONIC_PI, "Garzul", _CC0),
    Loop("break01.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("break02.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("break03.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("909beat01.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("electro_beat01.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("electro_beat02.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("house_loop01.ogg", _LMMS, "the LMMS developers", _GPL),
    Loop("jungle01.ogg", _LMMS, "the LMMS developers", _GPL),
)

# For validation: none shares a recording with a test loop. labels/validation_loops/README.md says what was
# left out.
VAL_LOOPS = (
    Loop("loop_breakbeat.flac", _SONIC_PI, "Snapper4298", _CC0, ships=False, labels=VALIDATION_LABELS),
    Loop("loop_industrial.flac", _SONIC_PI, "godspine", _CC0, ships=False, labels=VALIDATION_LABELS),
    Loop("rave_hihat01.ogg", _LMMS, "the LMMS developers", _GPL, ships=False, labels=VALIDATION_LABELS),
    Loop("rave_hihat02.ogg", _LMMS, "the LMMS developers", _GPL, ships=False, labels=VALIDATION_LABELS),
    Loop("rave_kick01.ogg", _LMMS, "the LMMS developers", _GPL, ships=False, labels=VALIDATION_LABELS),
    Loop("rave_kick02.ogg", _LMMS, "the LMMS developers", _GPL, ships=False, labels=VALIDATION_LABELS),
    Loop("rave_snare01.ogg", _LMMS, "the LMMS developers", _GPL, ships=False, labels=VALIDATION_LABELS),
)
