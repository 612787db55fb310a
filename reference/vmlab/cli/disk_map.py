"""`vmlab disk-map`: what an image holds, cluster by cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .problem import Problem


def disk_map(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A raw or qcow2 image.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="PAGE", help="Write a page of HTML here, too.")
    ] = None,
) -> None:
    """Show an image's clusters, refcounts, holes and backing chain, and what is wrong with it.

    Exit status: 0 all is right, 1 the image is corrupt, 2 wrong use.
    """
    from vmlab.diskmap.layout import BadImage
    from vmlab.diskmap.show import as_html, as_text, look
    from vmlab.diskmap.survey import Weight

    try:
        image = look(file)
    except OSError as error:
        raise Problem(f"{file} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except BadImage as problem:
        typer.echo(f"{file}: {problem}", err=True)
        raise typer.Exit(1) from None
    typer.echo(as_text(image))
    if html is not None:
        try:
            html.write_text(as_html(image), encoding="utf-8")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Problem(f"{html} cannot be written: {reason}") from None
    if any(problem.weight is Weight.ERROR for problem in image.problems):
        raise typer.Exit(1)
