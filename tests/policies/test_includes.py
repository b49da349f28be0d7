"""Files that include others: one policy whatever the layout, every problem in its own file, and no way out of the folder."""

from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.current import CurrentPolicy, Kept, Reloaded
from policies.file import load, parse
from policies.judge import Fallback
from policies.problems import PolicyError
from policies.rules import Policy, mentionable
from policies.sources import MOST_FILES
from storage.records import Proposal
from tests.policies.judging import judge

MAIL = "rules:\n  - {name: mail, actions: [send_external_email], verdict: approve}\n"
MONEY = "rules:\n  - {name: money, actions: [execute_financial_action], verdict: block}\n"
KNOWN = mentionable({})


def put(folder: Path, **files: str) -> Path:
    """Write files, whose names are given with _ for / and without .yaml; the first is the policy."""
    for name, text in files.items():
        path = folder / f"{name.replace('_', '/')}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / f"{next(iter(files))}.yaml"


def problems(path: Path) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load(path, KNOWN)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


def test_included_files_are_part_of_the_policy(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        policy="include: [finance.yaml, teams/*.yaml]\ndefaults: {quorum: 2}\n",
        finance=MONEY,
        teams_web="include: [more.yaml]\nother_actions: [deploy]\nrules:\n  - {name: d, actions: [deploy], verdict: log}\n",
        teams_more="tests:\n  - {name: t, action: deploy, expect: log}\n",
    )
    policy = load(path, KNOWN)
    assert [rule.name for rule in policy.rules] == ["d", "money"]
    assert (policy.defaults.quorum, policy.other_actions, policy.tests[0].name) == (2, ("deploy",), "t")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("/etc/passwd", "names no file below this one's folder"),
        ("../other.yaml", "leaves this file's folder"),
        ("teams/../../x.yaml", "leaves this file's folder"),
        ("./finance.yaml", "names no file below"),
        ("~/x.yaml", "names no file below"),
        ("'C:\\x.yaml'", "names no file below"),
        ("'**/*.yaml'", "would take whatever lies anywhere below"),
        ("a/b/c/d/e/f.yaml", "names no file below"),
        (".hidden.yaml", "names no file below"),
        ("finanse.yaml", "there is no file 'finanse.yaml' in"),
        ("'none*.yaml'", "'none*.yaml' finds no file"),
        ("policy.yaml", "this file is itself a part of 'policy.yaml'"),
        ("out.yaml", "'out.yaml' is a link that leads out of the policy's folder"),
        ("folder", "there is no file 'folder'"),
        ("3", "write text"),
    ],
)
def test_what_cannot_be_included_is_told_where_it_stands(tmp_path: Path, entry: str, says: str) -> None:
    folder = tmp_path / "policies"
    (folder / "folder").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text(MAIL)
    (folder / "out.yaml").symlink_to(tmp_path / "outside.yaml")
    path = put(folder, policy=f"rules: []\ninclude:\n  - {entry}\n", finance=MONEY)
    [told] = problems(path)
    assert told.startswith("policy.yaml:3:5: include[0]: ")
    assert says in told
    assert (entry == "finanse.yaml") == ("did you mean 'finance.yaml'?" in told)


def test_a_circle_is_told_in_the_file_that_closes_it(tmp_path: Path) -> None:
    path = put(tmp_path, policy="include: [a.yaml]\n", a="include: [b.yaml]\n", b="include: [a.yaml]\n")
    assert problems(path) == ["b.yaml:1:11: include[0]: this file is itself a part of 'a.yaml': remove one of the two"]


def test_a_glob_passes_over_the_files_that_lead_to_it_and_a_file_counts_once(tmp_path: Path) -> None:
    path = put(tmp_path, policy="include: ['*.yaml', mail.yaml]\n", mail=MAIL, again="include: ['*.yaml']\n")
    (tmp_path / ".#mail.yaml").symlink_to("nowhere")  # what an editor leaves
    assert [rule.name for rule in load(path, KNOWN).rules] == ["mail"]


def test_every_problem_names_its_file_and_place(tmp_path: Path) -> None:
    path = put(
        tmp_path,
        policy="include: [a.yaml, b.yaml]\nrules:\n  - {name: mail, actions: [search_web], verdict: maybe}\n",
        a="defaults: {quorum: 2}\n" + MAIL,
        b="rules:\n  - {name: x, actions: [fly], verdit: log}\ntests: 3\n",
    )
    assert [line.rsplit(": ", 1)[0].split(": ")[:2] for line in problems(path)] == [
        ["policy.yaml:3:50", "rules[0].verdict"],
        ["a.yaml:1:1", "defaults"],
        ["a.yaml:3:12", "rules[0].name"],
        ["b.yaml:2:25", "rules[0].actions[0]"],
        ["b.yaml:2:31", "rules[0].verdit"],
        ["b.yaml:3:8", "tests"],
    ]
    assert "'mail' is the name of rules[0] in" in str(problems(path))


def test_included_yaml_that_cannot_be_read_is_told_by_itself(tmp_path: Path) -> None:
    path = put(
        tmp_path, policy="include: [a.yaml]\nrules:\n  - {name: d, actions: [deploy], verdict: log}\n", a="rules: [\n"
    )
    [told] = problems(path)  # `deploy` may stand in the part that could not be read
    assert told.startswith("a.yaml:2:1: not readable as YAML")


def test_files_are_bounded_in_number_and_size(tmp_path: Path) -> None:
    path = put(tmp_path, policy="include: [many/*.yaml]\n")
    (tmp_path / "many").mkdir()
    for number in range(MOST_FILES + 5):
        (tmp_path / "many" / f"{number}.yaml").write_text("rules: []\n")
    assert f"at most {MOST_FILES} files" in problems(path)[0]
    for number in range(6):
        (tmp_path / "many" / f"{number}.yaml").write_text("rules: []\n#" + " " * 900_000)
    assert "larger than 4 MiB" in str(problems(path))


def test_text_without_a_file_includes_nothing() -> None:
    with pytest.raises(PolicyError, match="only a policy that is read from a file can include others"):
        parse(b"include: [a.yaml]\nrules: []\n", KNOWN)


def test_changes_of_included_files_and_new_ones_are_noticed(tmp_path: Path) -> None:
    path = put(tmp_path, policy="include: [finance.yaml, teams/*.yaml]\n", finance=MONEY, teams_mail=MAIL)
    current = CurrentPolicy(path, KNOWN)
    assert current.refresh() is None
    put(tmp_path, finance=MONEY.replace("block", "approve"))
    assert isinstance(current.refresh(), Reloaded)
    put(tmp_path, teams_new="rules:\n  - {name: new, actions: [search_web], verdict: block}\n")
    assert isinstance(current.refresh(), Reloaded)
    assert [rule.name for rule in current.policy.rules] == ["mail", "money", "new"]
    (tmp_path / "finance.yaml").unlink()
    news = current.refresh()
    assert isinstance(news, Kept)
    assert "policy.yaml:1:11: include[0]: there is no file 'finance.yaml'" in str(news.error)
    put(tmp_path, finance=MONEY)
    assert isinstance(current.refresh(), Reloaded)
    assert current.refresh() is None


RULES = [
    '{name: a, actions: ["*"], verdict: log, channel: A, log_channel: L}',
    '{name: b, actions: ["*"], verdict: log, channel: B, log_channel: M, when: "args.nothing == 1"}',
    "{name: c, actions: [search_web], verdict: approve, when: args.x > 1, reviewers: [a@b.io, c@d.io], channel: C}",
    "{name: d, actions: [search_web], verdict: approve, unless: args.x < 9, reviewers: [c@d.io], channel: D, quorum: 1}",
    "{name: e, actions: [delete_any_data], verdict: block, when: args.y == 1, reason: no}",
    "{name: f, actions: [delete_any_data], verdict: auto, budget: 3, risk: high}",
]
PROPOSALS = [
    Proposal(action=action, arguments=arguments, target="", summary="")
    for action in ("search_web", "delete_any_data", "send_external_email")
    for arguments in ({}, {"x": 5}, {"x": 10, "y": 1}, {"x": "many"})
]


def verdicts(policy: Policy) -> list[object]:
    known = Fallback(("c@d.io",), "#x")
    return [judge(policy, each, agent="a", registered=KNOWN, fallback=known) for each in PROPOSALS]


folders = count()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rules=st.permutations(RULES), cuts=st.lists(st.integers(0, len(RULES)), max_size=3), order=st.randoms())
def test_the_order_of_rules_and_files_changes_neither_version_nor_verdicts(
    tmp_path: Path, rules: list[str], cuts: list[int], order: object
) -> None:
    ends = [0, *sorted(cuts), len(RULES)]
    parts = [rules[begin:end] for begin, end in pairwise(ends)]
    files = {f"part{number}": "rules:" + "".join(f"\n  - {rule}" for rule in part) for number, part in enumerate(parts)}
    files = {name: text if "-" in text else "rules: []" for name, text in files.items()}
    names = sorted(files, key=lambda _: order.random())  # type: ignore[attr-defined]
    folder = tmp_path / str(next(folders))
    folder.mkdir()
    split = load(put(folder, policy=f"include: [{', '.join(f'{name}.yaml' for name in names)}]", **files), KNOWN)
    whole = parse(("rules:" + "".join(f"\n  - {rule}" for rule in RULES)).encode(), KNOWN)
    shuffled = Policy(rules=tuple({rule.name: rule for rule in whole.rules}[text[7]] for text in rules))
    assert split.version == whole.version == shuffled.version
    assert verdicts(split) == verdicts(whole)
    for one, other in zip(verdicts(shuffled), verdicts(whole), strict=True):  # doubts are told in the order of rules
        assert one.model_copy(update={"reasons": ()}) == other.model_copy(update={"reasons": ()})  # type: ignore[attr-defined]
