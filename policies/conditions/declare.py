"""What a condition may name, declared to CEL: the arguments of an action become a message type.

So CEL's own checker knows every name and type. It is told a little more than the language's standard library says: whole
numbers and others may be compared with each other, as they may be when the condition runs, so that `args.amount > 500` is
right for an amount with decimals. And `has` is left out: what was not given is null here.
"""

from functools import lru_cache

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from pydantic import BaseModel

from policies.conditions.names import NAMES
from policies.conditions.shapes import Anything, Fields, ListOf, MapOf, Plain, Shape, shape_of

PACKAGE = "signoff"
NUMBERS = ("int", "uint", "double")

_ORDERED = ("string", "bool", "bytes", "timestamp", "duration")


@lru_cache(maxsize=1024)
def environment(model: type[BaseModel] | None) -> cel.Env:
    """Made once for each model: a millisecond or so."""
    messages = _Messages()
    shapes = {**NAMES, "args": shape_of(model) if model else Anything()}
    types = {name: _type(messages, name, shape) for name, shape in shapes.items()}
    return cel.NewEnv(messages.pool(), config=_config(), variables=types)


class _Messages:
    """Message types made of shapes, in one file of declarations."""

    def __init__(self) -> None:
        self._file = descriptor_pb2.FileDescriptorProto(name="signoff.proto", package=PACKAGE, syntax="proto2")

    def pool(self) -> descriptor_pool.DescriptorPool:
        pool = descriptor_pool.DescriptorPool()
        for module in (wrappers_pb2, struct_pb2, timestamp_pb2, duration_pb2):
            known = descriptor_pb2.FileDescriptorProto()
            module.DESCRIPTOR.CopyToProto(known)
            pool.Add(known)
            self._file.dependency.append(known.name)
        pool.Add(self._file)
        return pool

    def declare(self, path: str, fields: Fields) -> str:
        """The name of the message type that is at the path, such as `args_address`."""
        message = descriptor_pb2.DescriptorProto(name=path)
        for number, (name, shape) in enumerate(fields.fields.items(), start=1):
            self._field(message, path, number, name, shape)
        self._file.message_type.append(message)
        return f"{PACKAGE}.{path}"

    def _field(self, message: descriptor_pb2.DescriptorProto, path: str, number: int, name: str, shape: Shape) -> None:
        field = message.field.add(name=name, number=number, label=_LABEL.LABEL_OPTIONAL)
        if isinstance(shape, ListOf) and not isinstance(shape.item, ListOf | MapOf):
            field.label, shape = _LABEL.LABEL_REPEATED, shape.item
        match shape:
            case Fields():
                field.type, field.type_name = _LABEL.TYPE_MESSAGE, "." + self.declare(f"{path}_{name}", shape)
            case Plain(kind, nullable=False) if kind in _FIELD_TYPES:
                field.type = _FIELD_TYPES[kind]
            case Plain(kind):
                field.type, field.type_name = _LABEL.TYPE_MESSAGE, f".google.protobuf.{_WRAPPERS[kind]}"
            case _:
                field.type, field.type_name = _LABEL.TYPE_MESSAGE, ".google.protobuf.Value"


_LABEL = descriptor_pb2.FieldDescriptorProto
_FIELD_TYPES = {
    "bool": _LABEL.TYPE_BOOL, "int": _LABEL.TYPE_INT64, "double": _LABEL.TYPE_DOUBLE, "string": _LABEL.TYPE_STRING,
}  # fmt: skip
_WRAPPERS = {
    "bool": "BoolValue", "int": "Int64Value", "double": "DoubleValue", "string": "StringValue", "timestamp": "Timestamp",
}  # fmt: skip
_TYPES = {
    "bool": cel.Type.BOOL, "int": cel.Type.INT, "double": cel.Type.DOUBLE, "string": cel.Type.STRING,
    "timestamp": cel.Type.TIMESTAMP,
}  # fmt: skip


def _type(messages: _Messages, path: str, shape: Shape) -> cel.Type:
    match shape:
        case Fields():
            return cel.Type(messages.declare(path, shape))
        case ListOf(item):
            return cel.Type.List(_type(messages, path, item))
        case Plain(kind):
            return _TYPES[kind]
        case _:
            return cel.Type.DYN


@lru_cache(maxsize=1)
def _config() -> cel.EnvConfig:
    """The standard library, where numbers of any kind can be compared, and without `has`: what is left out is null here."""
    return cel.NewEnvConfigFromYaml(
        "stdlib:\n  exclude_macros: [has]\n  exclude_functions:\n"
        + "".join(f'  - name: "{sign}"\n' for sign in _SIGNS)
        + "functions:\n"
        + "".join(_declared(sign) for sign in _SIGNS)
    )


_SIGNS = {"_==_": "equal", "_!=_": "unequal", "_<_": "less", "_<=_": "at_most", "_>_": "more", "_>=_": "at_least"}


def _declared(sign: str) -> str:
    """A comparison with every pair that it is for, in the language of CEL environments."""
    pairs = [(one, other) for one in NUMBERS for other in NUMBERS]
    if sign in ("_==_", "_!=_"):
        pairs = [(one, other) for one, other in pairs if one != other]
        overloads = [
            _overload(f"{_SIGNS[sign]}_any", "{type_name: A, is_type_param: true}", "{type_name: A, is_type_param: true}")
        ]
    else:
        pairs += [(kind, kind) for kind in _ORDERED]
        overloads = []
    overloads += [
        _overload(f"{_SIGNS[sign]}_{one}_{other}", f"{{type_name: {one}}}", f"{{type_name: {other}}}")
        for one, other in pairs
    ]
    return f'- name: "{sign}"\n  overloads:\n' + "".join(overloads)


def _overload(id: str, one: str, other: str) -> str:
    return f"  - id: {id}\n    args: [{one}, {other}]\n    return: {{type_name: bool}}\n"
