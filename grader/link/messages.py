"""What may come from a worker while one method's call runs: a schema for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypedDict

from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema
from vmlab.link import declared
from vmlab.link.blame import MESSAGE_MOST, TEXT_MOST
from vmlab.link.calls import Answer, load_blocks
from vmlab.link.interface import Method
from vmlab.link.serve import HEAD
from vmlab.ranges import Length

from . import schema

REASONS = ["raised", "bad", "missing", "memory", "wall", "aborted"]
COUNTER = core_schema.int_schema(ge=0, le=2**53, strict=True)
SLACK = 500
"""Characters that a message has around what the student's exception said."""


class Malformed(Exception):
    """A message that no honest end of the link sends; the text says what is wrong with it."""


class Failed(TypedDict):
    """The part did not answer the call."""

    kind: Literal["failed"]
    reason: str
    message: str
    traceback: str


@dataclass(frozen=True)
class NestedCall:
    """A call of one of the objects that the running call was given."""

    parameter: str
    method: Method
    number: int
    values: dict[str, Any]


class Messages:
    """The messages that may come while `method` runs."""

    @classmethod
    @cache
    def of(cls, method: Method) -> Messages:
        """Return the messages of a method; made once, since that takes a while."""
        return cls(method)

    def __init__(self, method: Method) -> None:
        self._method = method
        self._documents = {
            f"{name}.{nested.name}": (name, nested)
            for name, nested in method.nested
            if nested.compact is None
        }
        self._validator = SchemaValidator(
            core_schema.tagged_union_schema(self._kinds(), discriminator="kind", strict=True)
        )
        self._silent = self._validator.isinstance_python(method.silence)

    def read(self, body: bytes, question: int) -> Answer | Failed | NestedCall:
        """Return what a message says, checked. Raise Malformed."""
        if len(body) < HEAD.size:
            raise Malformed(f"{len(body)} bytes, not even a head")
        number, code, size = HEAD.unpack_from(body)
        if number != question:
            raise Malformed(f"it answers question {number}, which was not asked")
        end = HEAD.size + size
        blocks, text = body[HEAD.size : end], body[end:]
        if len(blocks) < size:
            raise Malformed("the blocks end in their middle")
        if code and text:
            raise Malformed("something stands behind the call")
        if code:
            return self._compact(code, blocks)
        if not text and self._silent:
            return Answer(None, {}, self._blocks(blocks))
        message = self._document(text)
        verb, _, name = message["kind"].partition(" ")
        if verb == "return":
            return Answer(message["result"], message["inout"], self._blocks(blocks))
        if verb == "raise":
            error = declared.DECLARED[name](**message["fields"])
            return Answer(None, message["inout"], self._blocks(blocks), error)
        if blocks:
            raise Malformed("only an answer has blocks")
        if verb == "failed":
            return message  # type: ignore[return-value]
        parameter, nested = self._documents[name]
        return NestedCall(parameter, nested, message["call"], message["arguments"])

    def _compact(self, code: int, data: bytes) -> NestedCall:
        if code > len(self._method.nested):
            raise Malformed(f"there is no call {code}")
        parameter, nested = self._method.nested[code - 1]
        if nested.compact is None:
            raise Malformed(f"{parameter}.{nested.name} has no compact form")
        try:
            count, values = nested.compact.unpack(data)
        except ValueError as problem:
            raise Malformed(f"{parameter}.{nested.name}: {problem}") from None
        return NestedCall(parameter, nested, count, values)

    def _document(self, text: bytes) -> dict[str, Any]:
        try:
            return self._validator.validate_json(text)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise Malformed(_shortly(error)) from None

    def _blocks(self, data: bytes) -> list[tuple[bytes, Sequence[Any]]]:
        try:
            return load_blocks(self._method, data)
        except ValueError as problem:
            raise Malformed(str(problem)) from None

    def _kinds(self) -> dict[str, CoreSchema]:
        plain = {name for name, _ in self._method.inout}
        inout = schema.record(
            {p.name: schema.changes(p.type) for p in self._method.parameters if p.name in plain}
        )
        kinds = {
            "return": {"result": schema.schema(self._method.result), "inout": inout},
            "failed": {
                "reason": core_schema.literal_schema(REASONS),
                "message": schema.schema(_text(MESSAGE_MOST + SLACK)),
                "traceback": schema.schema(_text(TEXT_MOST + SLACK)),
            },
        }
        for name in declared.DECLARED:
            fields = {f: schema.schema(a) for f, a in declared.fields_of(name).items()}
            kinds[f"raise {name}"] = {"fields": schema.record(fields), "inout": inout}
        for name, (_, nested) in self._documents.items():
            arguments = {p.name: schema.schema(p.type) for p in nested.parameters}
            kinds[f"call {name}"] = {"call": COUNTER, "arguments": schema.record(arguments)}
        return {
            kind: schema.record({"kind": core_schema.literal_schema([kind]), **fields})
            for kind, fields in kinds.items()
        }


def _text(most: int) -> Any:
    return Annotated[str, Length(most)]


def _shortly(error: ValidationError) -> str:
    """Say what is wrong in one line, without the value itself, which may be of any size."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    said = str(first["msg"])[:200]
    return f"{place[:200]}: {said}" if place else said
