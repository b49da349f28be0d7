"""What of the triggers takes part where."""

from pathlib import Path

import pytest

from bot.demo import demo


async def test_the_demo_leaves_a_companys_own_triggers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "triggers.yaml").write_text("schedules:\n  a: {agent: triage, cron: '* * * * *', input: x}")
    monkeypatch.setenv("SIGNOFF_TRIGGERS", str(tmp_path / "triggers.yaml"))
    async with demo(tmp_path / "demo") as made:
        assert made.replica.looks == {}
