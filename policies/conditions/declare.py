"""What a condition may name, declared to CEL: the arguments of an action become a message type.

So CEL's own checker knows every name and type. It is told a little more than the language's standard library says: whole
numbers and others may be compared with each other, as they may be when the condition runs, so that `args.amount > 500` is
right for an amount with decimals. And `has` is left out: what was not given is null here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cel_expr_python import cel
from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from pydantic import BaseModel

from policies.conditions.names import NAMES
from policies.conditions.shapes import Fields, ListOf, MapOf, Plain, Shape, shape_of

PACKAGE = "signoff"
NUMBERS = ("int", "uint", "double")

_ORDERED = ("string", "bool", "bytes", "timestamp", "duration")


@dataclass(frozen=True)
class Declared:
    """A checker. `messages` says of each message type that is declared to it where it is, such as `args.address`, and
    which fields it has."""

    env: cel.Env
    messages: Mapping[str, tuple[str, Fields]]


@lru_cache(maxsize=1024)
def declared(model: type[BaseModel] | None) -> Declared:
    """The checker of conditions about actions with these arguments. Made once for each model: a millisecond or so."""
    messages = _Messages()
    types = {name: _type(messages, name, shape) for name, shape in {**NAMES, "args": shape_of(model)}.items()}
    return Declared(cel.NewEnv(messages.pool(), config=_config(), variables=types), messages.declared)


@lru_cache(maxsize=1)
def asking() -> cel.Env:
    """Where conditions are asked. Arguments are plain values here, so whatever the checker let pass is looked at again as
    it is. Only `time` has its type: the library takes a `datetime` nowhere else."""
    names = dict.fromkeys(("args", *NAMES), cel.Type.DYN) | {"time": cel.Type.TIMESTAMP}
    return cel.NewEnv(config=_config(), variables=names)


class _Messages:
    """Message types made of shapes, in one file of declarations."""

    def __init__(self) -> None:
        self._file = descriptor_pb2.FileDescriptorProto(name="signoff.proto", package=PACKAGE, syntax="proto2")
        self.declared: dict[str, tuple[str, Fields]] = {}

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
        """The name of the message type that is at the path, such as `args.address`."""
        name = f"M{len(self.declared)}"
        self.declared[f"{PACKAGE}.{name}"] = path, fields
        message = descriptor_pb2.DescriptorProto(name=name)
        for number, (each, shape) in enumerate(fields.fields.items(), start=1):
            self._field(message.field.add(name=each, number=number), f"{path}.{each}", shape)
        self._file.message_type.append(message)
        return f"{PACKAGE}.{name}"

    def _field(self, field: descriptor_pb2.FieldDescriptorProto, path: str, shape: Shape) -> None:
        field.label = _FIELD.LABEL_OPTIONAL
        if isinstance(shape, ListOf) and not isinstance(shape.item, ListOf | MapOf):
            field.label, shape = _FIELD.LABEL_REPEATED, shape.item
        match shape:
            case Plain(kind, nullable=False) if kind in _FIELD_TYPES:
                field.type = _FIELD_TYPES[kind]
            case Fields():
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{self.declare(path, shape)}"
            case Plain(kind):
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".google.protobuf.{_WRAPPERS[kind]}"
            case _:
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, ".google.protobuf.Value"


_FIELD = descriptor_pb2.FieldDescriptorProto
_FIELD_TYPES = {
    "bool": _FIELD.TYPE_BOOL, "int": _FIELD.TYPE_INT64, "double": _FIELD.TYPE_DOUBLE, "string": _FIELD.TYPE_STRING,
}  # fmt: skip
_WRAPPERS = {
    "bool": "BoolValue", "int": "Int64Value", "double": "DoubleValue", "string": "StringValue", "timestamp": "Timestamp",
    "duration": "Duration",
}  # fmt: skip
_TYPES = {
    "bool": cel.Type.BOOL, "int": cel.Type.INT, "double": cel.Type.DOUBLE, "string": cel.Type.STRING,
    "timestamp": cel.Type.TIMESTAMP, "duration": cel.Type.DURATION,
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
