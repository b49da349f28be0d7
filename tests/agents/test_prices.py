"""What a call costs: known prices, one's own before them, and a file that is refused in words."""

from pathlib import Path

import pytest

from agents.prices import BadPrices, Price, Prices, Tokens

TOKENS = Tokens(input=1_000_000, output=100_000, cache_read=2_000_000, cache_write=10_000)


def test_without_a_file_the_known_prices_count() -> None:
    assert Prices().cost("claude-haiku-5-5", Tokens(1_000, 0)) == pytest.approx(0.0001)
    assert Prices().cost("house-model", TOKENS) is None


def test_what_the_file_names_goes_first_and_an_exact_name_before_a_pattern(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text('"claude-*": {input: 9, output: 9}\nclaude-haiku-5-5: {input: 2, output: 10, cache_read: 0.2}\n')
    prices = Prices.read(file)

    assert prices.cost("claude-haiku-5-5", TOKENS) == pytest.approx(
        2 + 1 + 0.4 + 0.02
    )  # what it says nothing of costs as input
    assert prices.cost("claude-opus-9", Tokens(1_000_000, 0)) == pytest.approx(9)
    assert prices.cost("house-model", TOKENS) is None


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("# none yet\n")
    assert Prices.read(file) == Prices()


def test_own_prices_may_be_zero() -> None:
    assert Prices({"local/*": Price(input=0, output=0)}).cost("local/llama", TOKENS) == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("claude: {input: -1, output: 2}", "claude.input: Input should be greater than or equal to 0"),
        ("claude: {input: 1}", "claude.output: Field required"),
        ("claude: {input: 1, output: 2, discount: 3}", "claude.discount: Extra inputs are not permitted"),
        ("claude: {input: .nan, output: 2}", "claude.input: Input should be a finite number"),
        ("- claude", "the file: Input should be a valid dictionary"),
        ("claude: {input: 1", "it is no YAML"),
        (b"\xff\xfe", "it is no YAML"),
        (None, "it cannot be read: No such file or directory. Mend SIGNOFF_PRICES"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(tmp_path: Path, content: object, says: str) -> None:
    file = tmp_path / "prices.yaml"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else str(content).encode())
    with pytest.raises(BadPrices) as refused:
        Prices.read(file)
    assert str(refused.value).startswith(f"{file}: {says}")
