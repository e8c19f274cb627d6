"""What both stand-ins' pages share: templates with autoescape, and headers that allow no inline script."""

from pathlib import Path

import jinja2
from aiohttp import web

HERE = Path(__file__).parent
STATIC = HERE / "static"

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def templates(folder: Path) -> jinja2.Environment:
    """Templates of one stand-in, which may extend `base.html` of the sandbox."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, HERE / "templates"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    environment: jinja2.Environment, name: str, /, *, status: int = 200, **values: object
) -> web.Response:
    """A rendered template as an HTML answer."""
    return web.Response(
        text=environment.get_template(name).render(**values),
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={
            "Content-Security-Policy": CONTENT_SECURITY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        },
    )
