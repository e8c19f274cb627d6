"""What the talk page, tests and the walk may ask of the talk, as checked bodies and numbers."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.lineworks.faults import Answer, At, Switch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Wrong(Exception):
    """A request that makes no sense; answered as JSON {"error": sentence}."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Say(_Body):
    """A typed message, or a location or sticker sent with the plus button."""

    text: str = Field(default="", max_length=10_000)
    postback: str | None = None
    kind: str = Field(default="text", pattern="^(text|location|sticker)$")

    def words(self) -> str:
        """The typed text; raises Wrong when there is none."""
        if not self.text.strip():
            raise Wrong(400, "text is empty")
        return self.text


class Tapped(_Body):
    """A tapped action: in a message, or in the persistent menu where `message` is absent."""

    message: int | None = None
    path: str | None = None
    label: str | None = None


class Read(_Body):
    """Everything up to this message id has been seen."""

    up_to: int


class FaultOrder(_Body):
    """The next `times` answers at a place, or a switch, or an end to all of them."""

    answer: Answer | None = None
    times: int = Field(default=1, ge=1, le=1000)
    seconds: float = Field(default=3.0, ge=0, le=600)
    at: At = "send"
    switch: Switch | None = None
    on: bool = True
    clear: bool = False


_Model = TypeVar("_Model", bound=_Body)


async def body(request: web.Request, model: type[_Model]) -> _Model:
    """The JSON body as this model; raises Wrong (400) with what is wrong about it."""
    try:
        return model.model_validate_json(await request.read() or b"{}")
    except ValidationError as error:
        raise Wrong(400, "; ".join(fault["msg"] for fault in error.errors(include_input=False))) from error


def number(request: web.Request, name: str) -> int:
    """A number of the query string, 0 if it is not there."""
    value = request.query.get(name, "0")
    if not (value.isascii() and value.isdecimal()):
        raise Wrong(400, f"{name} must be a number")
    return int(value)


def plain_errors(handler: Handler) -> Handler:
    """The handler, with Wrong turned into an answer."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Wrong as wrong:
            return web.json_response({"error": str(wrong)}, status=wrong.status)

    return answered
