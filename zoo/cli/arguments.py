"""Arguments that many commands have."""

from typing import Annotated

import typer

MODEL_HELP = "Id of a model, owner/name or owner/name@revision, or path of a model folder."
ModelArgument = Annotated[str, typer.Argument(help=MODEL_HELP)]
