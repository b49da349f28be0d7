"""The file that names MCP servers: what it may say, and in which words it is told what it may not."""

from pathlib import Path

import pytest

from agents.mcp_servers.servers import BadServers, load

GOOD = """
servers:
  crm:
    command: python
    args: [crm_server.py]
    env: [CRM_TOKEN]
  tickets-2:
    url: https://tickets.example.com/mcp
    headers: {Authorization: TICKETS_AUTHORIZATION}
    seconds: 12
"""


def test_servers_are_commands_or_addresses(tmp_path: Path) -> None:
    (tmp_path / "mcp.yaml").write_text(GOOD)
    servers = load(tmp_path / "mcp.yaml")

    assert (servers["crm"].command, servers["crm"].args, servers["crm"].folder) == ("python", ("crm_server.py",), tmp_path)
    assert servers["tickets-2"].variables == {"TICKETS_AUTHORIZATION"}
    assert (servers["crm"].seconds, servers["tickets-2"].seconds) == (30, 12)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("crm: {}", "name either a `command` or a `url`"),
        ("crm: {command: python, url: 'https://crm.example.com'}", "name either a `command` or a `url`"),
        ("crm: {command: python, headers: {A: B}}", "`headers` go with `url`"),
        ("crm: {url: 'https://crm.example.com', env: [A]}", "`args` and `env` go with `command`"),
        ("crm: {url: 'http://crm.example.com'}", "`url` begins with https://"),
        ("crm: {url: 'https://me:pass@crm.example.com'}", "holds no password"),
        ("crm: {url: 'file:///etc/passwd'}", "`url` begins with https://"),
        ("crm: {url: 'https://crm.example.com', headers: {Authorization: 'Bearer x'}}", "headers.Authorization"),
        ("crm: {command: python, env: {CRM_TOKEN: x}}", "servers.crm.env"),
        ("crm: {command: python, seconds: 100}", "less than or equal to 40"),
        ("my_crm: {command: python}", "servers.my_crm"),
        ("crm: {command: python, shell: true}", "servers.crm.shell: Extra inputs are not permitted"),
        ("crm: [", "it is no YAML"),
    ],
)
def test_what_it_may_not_say_is_told(tmp_path: Path, server: str, says: str) -> None:
    (tmp_path / "mcp.yaml").write_text(f"servers:\n  {server}\n")
    with pytest.raises(BadServers) as error:
        load(tmp_path / "mcp.yaml")

    assert says in str(error.value)
    assert str(tmp_path / "mcp.yaml") in str(error.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_may_be_asked_without_tls(tmp_path: Path, host: str) -> None:
    (tmp_path / "mcp.yaml").write_text(f"servers:\n  crm: {{url: 'http://{host}:8000/mcp'}}\n")

    assert load(tmp_path / "mcp.yaml")["crm"].url == f"http://{host}:8000/mcp"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadServers, match="it cannot be read"):
        load(tmp_path / "mcp.yaml")
