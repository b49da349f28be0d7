"""What a call costs: genai-prices, and a file of one's own prices that goes before it.

The file is YAML or JSON, in US dollars for a million tokens; names may end in `*`:

claude-haiku-5-5: {input: 0.09, output: 0.45}
our-gateway/*: {input: 3, output: 15, cache_read: 0.3, cache_write: 3.75}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from agents.actions import AgentError


class BadPrices(AgentError):
    """The file of prices cannot be used; the message says why."""


class Price(BaseModel):
    """US dollars for a million tokens. Tokens read from or written to the cache cost as much as input unless said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    cache_read: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    cache_write: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    def of(self, tokens: "Tokens") -> float:
        """Dollars for these tokens."""
        read = self.input if self.cache_read is None else self.cache_read
        write = self.input if self.cache_write is None else self.cache_write
        dollars = tokens.input * self.input + tokens.output * self.output
        return (dollars + tokens.cache_read * read + tokens.cache_write * write) / 1_000_000


@dataclass(frozen=True)
class Tokens:
    """The tokens of one call; `input` are those that were neither read from the cache nor written to it."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0

    @property
    def prompt(self) -> int:
        """All that went in."""
        return self.input + self.cache_read + self.cache_write


_FILE: TypeAdapter[dict[str, Price]] = TypeAdapter(dict[str, Price])


@dataclass(frozen=True)
class Prices:
    """Prices by model. `own` goes before what genai-prices knows, an exact name before one that ends in *."""

    own: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Prices":
        """Prices with those of a YAML or JSON file. Raises BadPrices."""
        try:
            content = YAML(typ="safe", pure=True).load(StringIO(path.read_text(encoding="utf-8")))
            return cls(_FILE.validate_python(content or {}))
        except OSError as error:
            raise BadPrices(f"{path}: it cannot be read: {error.strerror}. Mend SIGNOFF_PRICES, which names it.") from error
        except (YAMLError, UnicodeDecodeError) as error:
            raise BadPrices(f"{path}: it is no YAML: {' '.join(str(error).split())[:300]}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise BadPrices(f"{path}: {where}: {first['msg']}. Write `model: {{input: 3, output: 15}}`.") from error

    def cost(self, model: str, tokens: Tokens) -> float | None:
        """US dollars; None where the price is not known."""
        price = self.own.get(model) or next((self.own[name] for name in self.own if fnmatchcase(model, name)), None)
        if price is not None:
            return price.of(tokens)
        usage = PricedUsage(
            input_tokens=tokens.prompt,  # genai-prices counts cached tokens within
            output_tokens=tokens.output,
            cache_read_tokens=tokens.cache_read,
            cache_write_tokens=tokens.cache_write,
        )
        try:
            return float(calc_price(usage, model, provider_id="anthropic").total_price)
        except LookupError:
            return None
