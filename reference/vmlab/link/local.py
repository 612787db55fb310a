"""The link of a student's folder: a call of the part is a function call, and a debugger steps in.

Arguments are copied and answers checked as on the link to a worker, so that a part that passes
here does not fail there for the form of an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, TypeVar

from .calls import Answer, Proxy, load_answer, perform, settle
from .errors import BadAnswer, MissingFunction
from .interface import Interface, Method, Parameter
from .packed import dump_arguments, load_arguments
from .wire import NotPlain

T = TypeVar("T")


class LocalLink(Generic[T]):
    """A part in this process; its attributes are the functions of the interface.

    A call raises MissingFunction if the module lacks the function, BadAnswer if it answers with
    something the interface does not allow, and whatever else the function itself raises.
    """

    def __init__(self, module: ModuleType, interface: Interface[T]) -> None:
        self.module = module
        for method in interface.methods.values():
            setattr(self, method.name, self._call(method))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the interface has no function {name}")

    def _call(self, method: Method) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            function = function_of(self.module, method.name)
            values = method.bind(args, kwargs)
            fresh = load_arguments(method.sent, dump_arguments(method.sent, values))
            escape = _Escape()
            for parameter in method.parameters:
                if not parameter.sent:
                    value = values[parameter.name]
                    fresh[parameter.name] = (
                        _proxy(parameter, value, escape) if parameter.callback else value
                    )
            try:
                answer = perform(method, function, fresh, method.answer.dump)
            except NotPlain as problem:
                raise BadAnswer(f"{method.name}: {problem}") from None
            finally:
                escape.pass_on()
            return settle(method, load_answer(method, answer, method.answer.load), values)

        return call


class _Escape:
    """What the caller's own object raised within a part; the part cannot swallow it."""

    error: BaseException | None = None

    def pass_on(self) -> None:
        if self.error is not None:
            raise self.error


def _proxy(parameter: Parameter, target: Any, escape: _Escape) -> Proxy:
    def exchange(method: Method, data: dict[str, Any]) -> Answer:
        try:
            fresh = load_arguments(method.packed, data)
            answer = perform(method, getattr(target, method.name), fresh, method.reply.dump)
            return load_answer(method, answer, method.reply.load)
        except BaseException as error:
            escape.error = error
            raise

    return Proxy(Interface.of(parameter.type), _pack, exchange)


def _pack(method: Method, values: dict[str, Any]) -> dict[str, Any]:
    return dump_arguments(method.packed, values)


def function_of(module: ModuleType, name: str) -> Callable[..., Any]:
    """Return a part's function. Raise MissingFunction."""
    function = getattr(module, name, None)
    if not callable(function):
        raise MissingFunction(f"{module.__name__}.py does not define {name}")
    return function  # type: ignore[no-any-return]
