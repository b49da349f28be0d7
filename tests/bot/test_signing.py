"""Where the signing key comes from."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.signing import BadSigningKey, new_key, seals_from

FACTS = {"request": "req_1"}


def test_a_key_is_made_on_the_first_start_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "var" / "signing-key"
    seal = seals_from(None, file).seal("approve", {**FACTS})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["signing-key"]
    assert seals_from(None, file).holds(seal, "approve", {**FACTS})


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    file = tmp_path / "signing-key"
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: seals_from(None, file).public_keys(), range(32)))
    assert all(keys == made[0] for keys in made)


def test_a_setting_wins_over_the_file_and_may_hold_older_keys(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    seal = seals_from(old, tmp_path / "none").seal("approve", {**FACTS})
    assert seals_from(f"{new}, {old}", tmp_path / "none").holds(seal, "approve", {**FACTS})
    assert not seals_from(new, tmp_path / "none").holds(seal, "approve", {**FACTS})
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("setting", ["", " , ", "hello!", base64.b64encode(b"short").decode(), "a"])
def test_a_setting_that_is_no_key_is_told_how_to_make_one(setting: str, tmp_path: Path) -> None:
    with pytest.raises(BadSigningKey, match="openssl rand -base64 32"):
        seals_from(setting, tmp_path / "none")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "signing-key").mkdir()
    with pytest.raises(BadSigningKey, match="cannot be read"):
        seals_from(None, tmp_path / "signing-key")


def test_a_file_of_other_content_is_told(tmp_path: Path) -> None:
    (tmp_path / "signing-key").write_text("kein Schlüssel")
    with pytest.raises(BadSigningKey, match="signing-key"):
        seals_from(None, tmp_path / "signing-key")
