"""What a model is: circuit, front end, head, file format, index and the command line.

>>> import zoo
>>> detect = zoo.load("bela/onset-gates")
>>> detect("loop.wav").times
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo.audio import AudioNote as AudioNote
    from zoo.circuit import Circuit as Circuit
    from zoo.config import Config as Config
    from zoo.errors import AudioError as AudioError
    from zoo.errors import CircuitError as CircuitError
    from zoo.errors import HubError as HubError
    from zoo.errors import HubNote as HubNote
    from zoo.errors import MissingExtraError as MissingExtraError
    from zoo.errors import ModelError as ModelError
    from zoo.errors import SignatureError as SignatureError
    from zoo.errors import UnknownModelError as UnknownModelError
    from zoo.errors import ZooError as ZooError
    from zoo.folder import save as save
    from zoo.hub.push import push as push
    from zoo.index import list_models as list_models
    from zoo.index import load as load
    from zoo.lanes import Lanes as Lanes
    from zoo.model import Model as Model
    from zoo.results import Classes as Classes
    from zoo.results import Controls as Controls
    from zoo.results import Onsets as Onsets
    from zoo.results import Samples as Samples
    from zoo.results import Trace as Trace
    from zoo.results import predictions_digest as predictions_digest

# Public name -> (module, name there). A module loads when its name is first used: `import zoo` stays light.
_PUBLIC = {
    "AudioError": ("errors", "AudioError"),
    "AudioNote": ("audio", "AudioNote"),
    "Circuit": ("circuit", "Circuit"),
    "CircuitError": ("errors", "CircuitError"),
    "Classes": ("results", "Classes"),
    "Config": ("config", "Config"),
    "Controls": ("results", "Controls"),
    "HubError": ("errors", "HubError"),
    "HubNote": ("errors", "HubNote"),
    "Lanes": ("lanes", "Lanes"),
    "MissingExtraError": ("errors", "MissingExtraError"),
    "Model": ("model", "Model"),
    "ModelError": ("errors", "ModelError"),
    "Onsets": ("results", "Onsets"),
    "Samples": ("results", "Samples"),
    "Trace": ("results", "Trace"),
    "SignatureError": ("errors", "SignatureError"),
    "UnknownModelError": ("errors", "UnknownModelError"),
    "ZooError": ("errors", "ZooError"),
    "list_models": ("index", "list_models"),
    "load": ("index", "load"),
    "predictions_digest": ("results", "predictions_digest"),
    "push": ("hub.push", "push"),
    "save": ("folder", "save"),
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    value = getattr(import_module(f"zoo.{module}"), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
